package rule

import (
	"math"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

// inFull gives a case its full run.
func inFull(c advisor.Case, images, epochs int) advisor.Case {
	c.Full = trainer.Budget{Images: images, Epochs: epochs}
	return c
}

func laggingBatchNormFixtures(t *testing.T) []fixture {
	const (
		own = `{"type":"conv","filters":8,"kernel":3,"batch_norm":true,"activation":"leaky_relu"},{"type":"max_pool"},
			{"type":"residual","body":{"type":"conv","filters":8,"kernel":3,"padding":"same","batch_norm":true}},
			{"type":"flatten"},{"type":"dense","units":10,"activation":"softmax"}`
		apart = `{"type":"conv","filters":8,"kernel":3},{"type":"batch_norm","momentum":0.9},
			{"type":"activation","activation":"relu"},{"type":"flatten"},{"type":"dense","units":32},
			{"type":"batch_norm","momentum":0.999},{"type":"dense","units":10,"activation":"softmax"}`
		output = `{"type":"flatten"},{"type":"dense","units":10,"batch_norm":true,"activation":"softmax"}`
	)
	// of 1,000 images 900 are trained on: eight batches of 128
	large := parse(t, own, `"batch_size":128`)
	small := parse(t, apart, `"batch_size":32`)
	return []fixture{
		{"lagging-batch-norm", "few updates of large batches", inFull(untrained(t, large), 1000, 15),
			[]want{{"conv1", "running_start_left", math.Pow(0.99, 120), 0.01, null, null, advisor.High}},
			[]string{"Lower the momentum of batch norm in conv1 and conv2 to 0.94 | conv1.BatchNorm true→false, " +
				"conv1.Activation leaky_relu→linear, conv1.NegativeSlope 0.3→0, conv1.Momentum 0.99→0, conv1.Epsilon 0.001→0, " +
				"+batch_norm1 after conv1, +activation1 after batch_norm1, conv2.BatchNorm true→false, conv2.Momentum " +
				"0.99→0, conv2.Epsilon 0.001→0, +batch_norm2 after conv2"}},
		{"lagging-batch-norm", "one of two, some of its start", inFull(untrained(t, small), 10_000, 12),
			[]want{{"batch_norm2", "running_start_left", math.Pow(0.999, 12*282), 0.01, null, null, advisor.Medium}},
			[]string{"Lower the momentum of batch norm in batch_norm2 to 0.99 | batch_norm2.Momentum 0.999→0.99"}},
		{"lagging-batch-norm", "a single update", inFull(untrained(t, parse(t, apart, `"batch_size":1024`)), 1000, 1),
			[]want{{"batch_norm2", "running_start_left", 0.999, 0.01, null, null, advisor.High}},
			[]string{"Lower the momentum of batch norm in batch_norm1 and batch_norm2 to 0 | batch_norm1.Momentum 0.9→0, " +
				"batch_norm2.Momentum 0.999→0"}},
		{"lagging-batch-norm", "the output layer's own stays",
			inFull(untrained(t, parse(t, output, `"batch_size":128`)), 1000, 5),
			[]want{{"dense1", "running_start_left", math.Pow(0.99, 40), 0.01, null, null, advisor.High}}, nil},
		{"lagging-batch-norm", "enough updates", inFull(untrained(t, large), 10_000, 15), nil, nil},
		{"lagging-batch-norm", "no batch norm", inFull(untrained(t, parse(t, plainLayers, "")), 20, 1), nil, nil},
		{"lagging-batch-norm", "unknown length", untrained(t, large), nil, nil},
	}
}
