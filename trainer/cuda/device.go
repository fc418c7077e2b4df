//go:build gpu

package cuda

import (
	"fmt"
	"strings"

	"gorgonia.org/cu"
)

// Info describes a device.
type Info struct {
	Number        int // gpu:0 is the first
	Name          string
	Major, Minor  int   // compute capability
	Memory        int64 // bytes
	Processors    int   // streaming multiprocessors
	DriverVersion int   // of CUDA that the driver knows: 12040 is 12.4
}

// Capability is the compute capability as compilers write it: "sm_90".
func (i Info) Capability() string { return fmt.Sprintf("sm_%d%d", i.Major, i.Minor) }

// Driver is the version of CUDA that the driver knows: "12.4".
func (i Info) Driver() string {
	return fmt.Sprintf("%d.%d", i.DriverVersion/1000, i.DriverVersion%1000/10)
}

// Software says whether the device is the one of the tests, which runs on the processor.
func (i Info) Software() bool { return strings.Contains(i.Name, "SOFTWARE DEVICE") }

// Unusable says why the kernels do not run on the device; empty: they do.
func (i Info) Unusable() string {
	if i.Major < oldest {
		return fmt.Sprintf("%s; the kernels need sm_%d0 or newer", i.Capability(), oldest)
	}
	return ""
}

// oldest compute capability that kernels.ptx is for: Volta.
const oldest = 7

// Devices lists what the driver shows, in the order of their numbers.
func Devices() ([]Info, error) {
	n, err := cu.NumDevices()
	if err != nil {
		return nil, fmt.Errorf("cuda: count the devices: %w", err)
	}
	all := make([]Info, n)
	for i := range all {
		if all[i], err = describeDevice(i); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// describe finds the device with the given number, which must be able to run the kernels.
func describe(number int) (Info, error) {
	n, err := cu.NumDevices()
	if err != nil {
		return Info{}, fmt.Errorf("cuda: count the devices: %w", err)
	}
	if number < 0 || number >= n {
		return Info{}, fmt.Errorf("cuda: there is no device gpu:%d; the driver shows %d", number, n)
	}
	i, err := describeDevice(number)
	if why := i.Unusable(); err == nil && why != "" {
		err = fmt.Errorf("cuda: gpu:%d %s is %s", number, i.Name, why)
	}
	return i, err
}

func describeDevice(number int) (Info, error) {
	i := Info{Number: number, DriverVersion: cu.Version()}
	device, err := cu.GetDevice(number)
	if err == nil {
		i.Name, err = device.Name()
	}
	if err == nil {
		i.Memory, err = device.TotalMem()
	}
	for to, what := range map[*int]cu.DeviceAttribute{&i.Major: cu.ComputeCapabilityMajor,
		&i.Minor: cu.ComputeCapabilityMinor, &i.Processors: cu.MultiprocessorCount} {
		if err == nil {
			*to, err = device.Attribute(what)
		}
	}
	if err != nil {
		return i, fmt.Errorf("cuda: device %d: %w", number, err)
	}
	return i, nil
}
