package features

import (
	"slices"
	"testing"

	"probewise/trainer"
)

func TestTraits(t *testing.T) {
	for text, want := range map[string][]string{
		`{"input":[8,8,1],"classes":3,"layers":[
			{"type":"conv","filters":2,"kernel":3,"padding":"same","batch_norm":true,"activation":"relu"},{"type":"flatten"},
			{"type":"dense","units":3,"activation":"softmax"}],"training":{"optimizer":"sgd"}}`: {
			"conv layers", "kernels of 3×3", "the initializer glorot_uniform", "the activation relu", "dense layers",
			"the activation softmax", "the optimizer sgd", "the schedule constant"},
		`{"input":[8,8,1],"classes":3,"layers":[{"type":"residual",
				"body":[{"type":"conv","filters":2,"kernel":5,"stride":2,"padding":"same"}],
				"shortcut":[{"type":"conv","filters":2,"kernel":1,"stride":2}]},
			{"type":"batch_norm"},{"type":"global_avg_pool"},
			{"type":"dense","units":3,"activation":"softmax","initializer":"he_normal"}],
			"training":{"optimizer":{"type":"adamw","weight_decay":0.01},
				"schedule":{"type":"step","every":2,"factor":0.5,"warmup":1},"augment":{"flip":true,"crop":2}}}`: {
			"residual layers", "conv layers", "kernels of 5×5", "strides of 2×2 in convolutions",
			"the initializer glorot_uniform", "kernels of 1×1", "global_avg_pool layers", "dense layers",
			"the initializer he_normal", "the activation softmax", "the optimizer adamw", "decoupled weight decay",
			"the schedule step", "warm-up of the learning rate", "flipped images", "shifted images"},
	} {
		p, err := trainer.Parse([]byte(text), trainer.ParseOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := Traits(p.Architecture); !slices.Equal(got, want) {
			t.Errorf("%s\ngot  %q\nwant %q", text, got, want)
		}
	}
}
