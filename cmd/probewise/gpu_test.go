//go:build gpu && softcuda

package main

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestDevicesOfTheGPUBuild: doctor lists both devices with their driver, and a command trains on the one that it is
// told, or says that there is none with that number.
func TestDevicesOfTheGPUBuild(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PROBEWISE_SOFTCUDA_DEVICES", "2")
	said, err := subprocess(t.Context(), t, "doctor", "--json", "--data-dir", dir).Output()
	var c checkup
	if err != nil || json.Unmarshal(said, &c) != nil {
		t.Fatalf("%v: %s", err, said)
	}
	var listed []string
	for _, d := range c.Devices {
		listed = append(listed, d.Device)
		if d.Device != cpuName &&
			(!strings.HasPrefix(d.Driver, "CUDA ") || !strings.Contains(d.Detail, "sm_") || d.Memory == 0 || d.Unusable != "") {
			t.Errorf("%+v", d)
		}
	}
	if strings.Join(listed, " ") != "cpu gpu:0 gpu:1" || !c.GPU {
		t.Errorf("devices %v", listed)
	}
	net := write(t, "tiny.json", tiny)
	for device, want := range map[string]string{"auto": "device auto: gpu:0 SOFTWARE DEVICE",
		"gpu:1": "device gpu:1: gpu:1 SOFTWARE DEVICE", "gpu:2": "the driver shows 2 devices", "cpu": ""} {
		command := subprocess(t.Context(), t, "train", net, "--device", device, "--images", "60", "--epochs", "1", "--json",
			"--data-dir", t.TempDir())
		var errOut strings.Builder
		command.Stderr = &errOut
		out, err := command.Output()
		if fails := device == "gpu:2"; fails != (err != nil) || !strings.Contains(errOut.String(), want) {
			t.Errorf("--device %s: %v: %s", device, err, errOut.String())
		}
		if on := strings.Contains(string(out), "SOFTWARE DEVICE"); on != (device == "auto" || device == "gpu:1") {
			t.Errorf("--device %s: trained on the device: %t", device, on)
		}
	}
}

// TestOldCards: devices that the kernels do not run on are listed with the reason, auto trains on the CPU, and who
// names one is told.
func TestOldCards(t *testing.T) {
	t.Setenv("PROBEWISE_SOFTCUDA_CAPABILITY", "61")
	said, err := subprocess(t.Context(), t, "doctor", "--data-dir", t.TempDir()).Output()
	if err != nil || !strings.Contains(string(said), "cannot be used: sm_61; the kernels need sm_70 or newer") {
		t.Errorf("%v: %s", err, said)
	}
	net := write(t, "tiny.json", tiny)
	for device, want := range map[string]string{"auto": "training on the CPU",
		"gpu:0": "is sm_61; the kernels need sm_70 or newer"} {
		out, err := subprocess(t.Context(), t, "train", net, "--device", device, "--images", "60", "--epochs", "1",
			"--data-dir", t.TempDir()).CombinedOutput()
		if (device == "auto") != (err == nil) || !strings.Contains(string(out), want) {
			t.Errorf("--device %s: %v: %s", device, err, out)
		}
	}
}
