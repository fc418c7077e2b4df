package main

import (
	"fmt"
	"math"
	"strings"

	"probewise/trainer"
	"probewise/trainer/cuda"
)

// card is what a data sheet says.
type card struct {
	Name       string  `json:"name"`
	TFLOPS     float64 `json:"tflops"` // float32, without tensor cores
	GBs        float64 `json:"gb_per_second"`
	DoubleRate float64 `json:"double_rate"` // of float64 against float32
	Processors int     `json:"processors"`  // streaming multiprocessors
	Registers  int     `json:"-"`           // of a multiprocessor
	Shared     int     `json:"-"`           // bytes of it
	// bytes of shared memory that a block takes beside its own (CUDA C++ Programming Guide: from sm_80 on)
	Reserved int `json:"-"`
	Threads  int `json:"-"` // of it
	hopper   bool
}

var cards = []card{
	{
		Name:       "12-TFLOP card",
		TFLOPS:     12,
		GBs:        448,
		DoubleRate: 1. / 32,
		Processors: 46,
		Registers:  65536,
		Shared:     64 << 10,
		Threads:    1024,
	},
	{
		Name:       "H100 SXM",
		TFLOPS:     67,
		GBs:        3350,
		DoubleRate: 1. / 2,
		Processors: 132,
		Registers:  65536,
		Shared:     228 << 10,
		Reserved:   1 << 10,
		Threads:    2048,
		hopper:     true,
	},
}

// What is assumed. Times in seconds.
const (
	largeShare  = 0.6 // of the peak that a product reaches with 8×8 values a thread
	mediumShare = 0.5 // with 4×8
	smallShare  = 0.4 // with 4×4: half of its instructions read shared memory
	// with 4×4 and half as many steps for each tile that is fetched: 43 of 100 instructions multiply, not 54
	deepShare  = 0.3
	otherShare = 0.25 // of the peak for the rest: few of their instructions are fused multiply-adds
	// of the peak in double precision: half of the instructions are additions or conversions, which count for one
	doubleShare = 0.5
	memoryShare = 0.75   // of the bandwidth
	minKernel   = 2e-6   // a kernel takes so long however little it does
	launchHost  = 2.6e-6 // of the host for a launch: driver, and 354 ns of the binding
	readHost    = 10e-6  // of the host for a small copy that it waits for: the queue runs dry
	reads       = 2      // loss with the count of correct rows, and whether labels were classes

	torchForward   = 9e-6   // of the host for an operation of PyTorch's forward pass, in eager mode
	torchBackward  = 14e-6  // of the host for one of its backward pass
	torchOptimizer = 250e-6 // of the host for a step of the optimizer over all parameters
	torchProducts  = 0.8    // of the peak that cuDNN and cuBLAS reach in float32
)

var assumptions = []string{
	fmt.Sprintf("products reach %.0f, %.0f or %.0f %% of the float32 peak (8×8, 4×8, 4×4 values a thread; %.0f %% in "+
		"32×32 tiles), other kernels %.0f %%, memory %.0f %% of its bandwidth", 100*largeShare, 100*mediumShare,
		100*smallShare, 100*deepShare, 100*otherShare, 100*memoryShare),
	fmt.Sprintf(
		"double precision reaches %.0f %% of its own peak, and its time is added to that of float32", 100*doubleShare),
	"a kernel is as slow as the slowest of arithmetic and memory, on the multiprocessors that its blocks reach, in " +
		"whole waves; L2 is ignored, and so is occupancy, which is shown",
	fmt.Sprintf("no kernel is shorter than %.1f µs; the host needs %.1f µs a launch "+
		"and waits %.0f µs for which images come next and for each of %d reads", 1e6*minKernel, 1e6*launchHost, 1e6*readHost,
		reads),
	fmt.Sprintf("PyTorch eager: %.0f µs of the host an operation forward, %.0f backward, %.0f for the optimizer; "+
		"products at %.0f %% of the peak, neither TF32 nor Winograd (which cuDNN may use for 3×3)", 1e6*torchForward,
		1e6*torchBackward, 1e6*torchOptimizer, 100*torchProducts),
	"the images are on the card; PyTorch's batch is there already, " +
		"and it reads the loss (as bench/step/peer_torch.py has it)",
	"products compute whole tiles, also where they reach beyond the result; PyTorch's are reckoned like ours",
	"nothing of this was measured",
}

// launch is a kernel's line.
type launch struct {
	Op        string  `json:"op"`
	Kernel    string  `json:"kernel"`
	Blocks    int     `json:"blocks"`
	Bytes     int64   `json:"bytes"`
	FLOPs     int64   `json:"flops"`
	Double    int64   `json:"double_flops"` // of them, those in double precision
	Occupancy float64 `json:"occupancy"`    // share of a multiprocessor's threads, where there are enough blocks
	Seconds   float64 `json:"seconds"`
	Bound     string  `json:"bound"` // arithmetic, memory or launch
}

// report is a step on one card.
type report struct {
	Card     card     `json:"card"`
	Launches []launch `json:"launches"`
	Device   float64  `json:"device_seconds"` // of all kernels
	Host     float64  `json:"host_seconds"`   // of launching and reading
	Step     float64  `json:"step_seconds"`
	Torch    float64  `json:"pytorch_eager_seconds"`
	// TorchHost and TorchDevice are what bounds PyTorch's step.
	TorchHost   float64 `json:"pytorch_host_seconds"`
	TorchDevice float64 `json:"pytorch_device_seconds"`
}

// reckon estimates the step on a card.
func reckon(c card, s step) (report, error) {
	r := report{Card: c, TorchHost: torchOptimizer}
	backward := false
	for i, call := range s.calls {
		torch := 0.0
		for _, l := range s.works[i].Launches {
			line, err := c.launch(trainer.OpName(call.Op), l)
			if err != nil {
				return r, err
			}
			r.Launches = append(r.Launches, line)
			r.Device += line.Seconds
			r.Host += launchHost
			if l.Kernel != "pw_join" { // theirs has no need of it, as far as we know
				seconds := line.Seconds
				if product(l.Kernel) && line.Bound == "arithmetic" {
					seconds *= shareOf(l.Kernel) / torchProducts
				}
				torch += seconds
			}
		}
		if _, ours := call.Op.(trainer.GatherOp); ours {
			continue
		}
		backward = backward || isBackward(call.Op)
		switch {
		case isUpdate(call.Op): // reckoned once
		case backward:
			r.TorchHost += torchBackward
		default:
			r.TorchHost += torchForward
		}
		r.TorchDevice += torch
	}
	r.Host += reads * readHost
	// The queue runs dry where values are read, in the middle of the step, and before it, where something is uploaded;
	// before and after that the host is ahead or it is not.
	r.Step = math.Max(r.Device+reads*readHost, r.Host) + readHost
	r.Torch = math.Max(r.TorchDevice, r.TorchHost) + readHost
	return r, nil
}

func isBackward(op trainer.Op) bool {
	_, ok := op.(trainer.CrossEntropyGrad)
	return ok
}

func isUpdate(op trainer.Op) bool {
	switch op.(type) {
	case trainer.SGDOp, trainer.RMSpropOp, trainer.AdamOp:
		return true
	}
	return false
}

func product(kernel string) bool {
	return strings.HasPrefix(kernel, "pw_gemm") || strings.HasPrefix(kernel, "pw_conv")
}

// shareOf is the part of the peak that a kernel may reach.
func shareOf(kernel string) float64 {
	switch {
	case !product(kernel):
		return otherShare
	case strings.HasSuffix(kernel, "_large"):
		return largeShare
	case strings.HasSuffix(kernel, "_medium"):
		return mediumShare
	case strings.HasSuffix(kernel, "_deep"):
		return deepShare
	}
	return smallShare
}

// launch estimates one kernel.
func (c card) launch(op string, l cuda.Launch) (launch, error) {
	need, ok := resources[l.Kernel]
	if !ok {
		return launch{}, fmt.Errorf("kernel %s has no line in resources.go", l.Kernel)
	}
	registers := (need.registers(c) + 7) &^ 7 // given out by eights
	resident := min(c.Threads/l.Block, c.Registers/(registers*l.Block), 32)
	if need.shared > 0 {
		resident = min(resident, c.Shared/(need.shared+c.Reserved))
	}
	blocks := l.Grid[0] * l.Grid[1] * l.Grid[2]
	out := launch{
		Op:        op,
		Kernel:    l.Kernel,
		Blocks:    blocks,
		Bytes:     l.Bytes,
		FLOPs:     l.FLOPs,
		Double:    l.Double,
		Occupancy: float64(resident*l.Block) / float64(c.Threads),
		Bound:     "launch",
	}

	// In whole waves: the last one takes as long as a full one. Blocks that share a multiprocessor share its arithmetic.
	busy := float64(blocks) / (math.Ceil(float64(blocks)/float64(c.Processors)) * float64(c.Processors))
	single := float64(max(l.FLOPs, l.Padded)-l.Double) / shareOf(l.Kernel)
	arithmetic := (single + float64(l.Double)/(doubleShare*c.DoubleRate)) / (c.TFLOPS * 1e12 * busy)
	// A third of the multiprocessors draws about all of the bandwidth.
	reach := math.Min(1, 3*float64(blocks)/float64(c.Processors))
	memory := float64(l.Bytes) / (c.GBs * 1e9 * memoryShare * reach)
	out.Seconds = minKernel
	for _, t := range []struct {
		seconds float64
		name    string
	}{{arithmetic, "arithmetic"}, {memory, "memory"}} {
		if t.seconds > out.Seconds {
			out.Seconds, out.Bound = t.seconds, t.name
		}
	}
	return out, nil
}
