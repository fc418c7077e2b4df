package db_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"go.uber.org/goleak"

	"probewise/advisor/process"
	"probewise/db"
	"probewise/db/dbtest"
)

// The test binary is also the other processes of the tests: the switch names what such a process does, the second
// variable the database.
const (
	childSwitch   = "PROBEWISE_DB_TEST_CHILD"
	childDatabase = "PROBEWISE_DB_TEST_DATABASE"
)

func TestMain(m *testing.M) {
	if task := os.Getenv(childSwitch); task != "" {
		if err := childMain(task, os.Getenv(childDatabase)); err != nil {
			panic(err)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// childMain starts when a line comes in, prints what it did as one JSON value a line, and ends with its input.
func childMain(task, path string) error {
	ctx := context.Background()
	in := bufio.NewReader(os.Stdin)
	if _, err := in.ReadString('\n'); err != nil {
		return err
	}
	d, err := db.Open(ctx, path)
	if err != nil {
		return err
	}
	out := json.NewEncoder(os.Stdout)
	switch task {
	case "claim all":
		for {
			l, found, err := d.Claim(ctx, process.This(), time.Now().Add(time.Hour))
			if err != nil {
				return err
			}
			if !found {
				break
			}
			if err := out.Encode(l); err != nil {
				return err
			}
		}
	case "begin the probe":
		l, found, err := d.Claim(ctx, process.This(), time.Now().Add(time.Hour))
		if err != nil || !found {
			return fmt.Errorf("claim: found %v, %w", found, err)
		}
		a, err := d.Advice(ctx, l.ID)
		if err != nil {
			return err
		}
		if err := d.StartRun(ctx, l, a.ProbeRun); err != nil {
			return err
		}
		if err := d.AppendRecord(ctx, l, a.ProbeRun, dbtest.Record(0)); err != nil {
			return err
		}
		if err := out.Encode(l); err != nil {
			return err
		}
	case "write weights":
		l, found, err := d.Claim(ctx, process.This(), time.Now().Add(time.Hour))
		if err != nil || !found {
			return fmt.Errorf("claim: found %v, %w", found, err)
		}
		return d.KeepWeights(ctx, l, l.ID, 1, func(w io.Writer) error {
			_, err := io.WriteString(w, "a part")
			if err := errors.Join(err, out.Encode("began")); err != nil {
				return err
			}
			_, err = io.Copy(io.Discard, in) // until it is killed
			return errors.Join(err, errors.New("nobody killed this process"))
		})
	default:
		return fmt.Errorf("unknown task %q", task)
	}
	_, err = io.Copy(io.Discard, in)
	return err
}

// child is another process at work on a database.
type child struct {
	*exec.Cmd
	in  io.WriteCloser
	out *json.Decoder
}

func startChild(t *testing.T, task, path string) child {
	t.Helper()
	c := child{Cmd: exec.Command(os.Args[0])}
	c.Env = append(os.Environ(), childSwitch+"="+task, childDatabase+"="+path)
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	c.in, c.out = in, json.NewDecoder(out)
	return c
}

// begin lets the child go to work.
func (c child) begin(t *testing.T) {
	t.Helper()
	if _, err := io.WriteString(c.in, "\n"); err != nil {
		t.Fatal(err)
	}
}
