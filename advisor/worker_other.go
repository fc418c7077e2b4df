//go:build !unix

package advisor

import "os"

// ThisWorker describes the running process.
func ThisWorker() Worker {
	host, err := os.Hostname()
	if err != nil {
		host = ""
	}
	return Worker{Host: host, PID: os.Getpid()}
}

// Gone says whether the process has surely ended. On this system that cannot be told: the lease has to expire.
func (w Worker) Gone() bool { return false }
