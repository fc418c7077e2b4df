package knob

import (
	"testing"

	"probewise/trainer"
	"probewise/trainer/patch"
)

const (
	conv8   = `{"type":"conv","filters":8,"kernel":3,"padding":"same","activation":"relu"}`
	conv16  = `{"type":"conv","filters":16,"kernel":3,"padding":"same","activation":"relu"}`
	pool    = `{"type":"max_pool"}`
	flatten = `{"type":"flatten"}`
	dense32 = `{"type":"dense","units":32,"activation":"relu"}`
	relu    = `{"type":"activation","activation":"relu"}`
	// bare convolutions and their batch norm as a layer of its own
	bare8   = `{"type":"conv","filters":8,"kernel":3,"padding":"same"}`
	bare16  = `{"type":"conv","filters":16,"kernel":3,"padding":"same"}`
	norm    = `{"type":"batch_norm"}`
	normed8 = `{"type":"conv","filters":8,"kernel":3,"padding":"same","activation":"relu","batch_norm":true}`
)

// join makes a list of layers that ends in the output layer.
func join(layers ...string) string {
	all := ""
	for _, l := range layers {
		all += l + ","
	}
	return all + softmax
}

// result is what a setting makes of a net, names apart.
type result struct{ setting, layers, want string }

// results are of settings that must find their way around other layers.
var results = []result{
	// Batch norm never doubles: conv1 has one behind it, conv2 one behind the pool.
	{"batch-norm all", join(bare8, norm, relu, conv8, pool, norm, flatten, dense32),
		join(bare8, norm, relu, conv8, pool, norm, flatten,
			`{"type":"dense","units":32,"activation":"relu","batch_norm":true}`)},
	{"batch-norm off all", join(bare8, norm, relu, conv8, pool, norm, flatten, dense32),
		join(bare8, relu, conv8, pool, flatten, dense32)},
	{"batch-norm off higher", join(normed8, pool, normed8, pool, flatten), join(normed8, pool, conv8, pool, flatten)},
	// The batch norm in the block belongs to the layer before it; that in front of the net to none.
	{"batch-norm all", join(norm, bare8, `{"type":"residual","body":[`+norm+`,`+relu+`,`+bare8+`]}`, pool, flatten),
		join(norm, bare8, `{"type":"residual","body":[`+norm+`,`+relu+`,{"type":"conv","filters":8,"kernel":3,`+
			`"padding":"same","batch_norm":true}]}`, pool, flatten)},
	{"batch-norm off all", join(norm, bare8, `{"type":"residual","body":[`+norm+`,`+relu+`,`+bare8+`]}`, flatten),
		join(norm, bare8, `{"type":"residual","body":[`+relu+`,`+bare8+`]}`, flatten)},

	// Dropout behind pools, and none where it follows already; what follows flatten is on features.
	{"conv-dropout 0.2 all", join(conv8, conv8, pool, conv16, pool, `{"type":"dropout","rate":0.1}`, conv16, flatten),
		join(conv8, conv8, pool, `{"type":"dropout","rate":0.2}`, conv16, pool, `{"type":"dropout","rate":0.1}`, conv16,
			`{"type":"dropout","rate":0.2}`, flatten)},
	{"conv-dropout off", join(conv8, `{"type":"spatial_dropout","rate":0.1}`, flatten, `{"type":"dropout","rate":0.5}`),
		join(conv8, flatten, `{"type":"dropout","rate":0.5}`)},
	{"dense-dropout off", join(conv8, `{"type":"spatial_dropout","rate":0.1}`, flatten, `{"type":"dropout","rate":0.5}`),
		join(conv8, `{"type":"spatial_dropout","rate":0.1}`, flatten)},
	{"dense-dropout ×1.5",
		join(flatten, dense32, `{"type":"dropout","rate":0.5}`, dense32, `{"type":"dropout","rate":0.2}`),
		join(flatten, dense32, `{"type":"dropout","rate":0.7}`, dense32, `{"type":"dropout","rate":0.3}`)},
	{"dense-dropout 0.25 first", join(flatten, `{"type":"dense","units":32}`, relu, dense32),
		join(flatten, `{"type":"dense","units":32}`, relu, `{"type":"dropout","rate":0.25}`, dense32)},

	// Penalties: the output's too is taken off, but none is added to it.
	{"l2 off", flatten + `,{"type":"dense","units":32,"l2":0.01},{"type":"dense","units":10,"l2":0.01,"l1":0.1}`,
		flatten + `,{"type":"dense","units":32},{"type":"dense","units":10,"l1":0.1}`},
	{"l2 0.0005 all", join(conv8, flatten, `{"type":"dense","units":32,"l2":0.01}`),
		join(`{"type":"conv","filters":8,"kernel":3,"padding":"same","activation":"relu","l2":0.0005}`, flatten,
			`{"type":"dense","units":32,"l2":0.01}`)},

	// Widths: sums stay sums.
	{"filters ×2", join(bare8, `{"type":"residual","body":[`+conv8+`,`+bare8+`]}`, pool, flatten),
		join(bare16, `{"type":"residual","body":[`+conv16+`,`+bare16+`]}`, pool, flatten)},
	{"filters doubling", join(conv8, conv8, pool, conv8, pool, conv16, flatten),
		join(conv8, conv8, pool, conv16, pool, `{"type":"conv","filters":32,"kernel":3,"padding":"same","activation":"relu"}`,
			flatten)},
	{"filters bottleneck", join(conv16, pool, `{"type":"conv","filters":4,"kernel":3,"padding":"same"}`, pool, conv16,
		flatten), join(conv16, pool, bare16, pool, conv16, flatten)},
	{"dense-width bottleneck", join(flatten, dense32, `{"type":"dense","units":4}`, dense32),
		join(flatten, dense32, `{"type":"dense","units":32}`, dense32)},
	{"dense-width ×0.5", join(flatten, `{"type":"dense","units":30}`, `{"type":"dense","units":64}`),
		join(flatten, `{"type":"dense","units":20}`, `{"type":"dense","units":32}`)},
	{"dense-layers −1", join(flatten, dense32, `{"type":"dense","units":32}`, relu, `{"type":"dropout","rate":0.5}`),
		join(flatten, dense32)},
	// 128 units behind flatten would multiply the net's 48,672 multiply-adds of conv1 and 54,080 of the output.
	{"dense-layers +1", join(`{"type":"conv","filters":8,"kernel":3,"initializer":"he_normal","l2":0.01}`, norm,
		`{"type":"activation","activation":"elu"}`, flatten),
		join(`{"type":"conv","filters":8,"kernel":3,"initializer":"he_normal","l2":0.01}`, norm,
			`{"type":"activation","activation":"elu"}`, flatten, `{"type":"dense","units":32,"initializer":"he_normal",`+
				`"l2":0.01,"batch_norm":true,"activation":"elu"}`)},

	// Stages. Sixteen filters behind the first pool would be too expensive.
	{"conv-layers +1 stage", join(conv8, pool, conv8, pool, flatten),
		join(conv8, pool, conv8, pool, conv16, pool, flatten)},
	{"conv-layers +1 stage", join(bare8, norm, relu, pool, flatten),
		join(bare8, norm, relu, pool, `{"type":"conv","filters":8,"kernel":3,"padding":"same","batch_norm":true,`+
			`"activation":"relu"}`, pool, flatten)},
	{"conv-layers −1 stage", join(conv8, pool, `{"type":"residual","body":[`+conv8+`,`+bare8+`]}`, relu, pool,
		`{"type":"dropout","rate":0.2}`, flatten, dense32), join(conv8, pool, flatten, dense32)},
	{"conv-layers doubled", join(`{"type":"conv","filters":8,"kernel":5,"stride":2}`, relu,
		`{"type":"dropout","rate":0.2}`, pool, conv16, flatten),
		join(`{"type":"conv","filters":8,"kernel":5,"stride":2}`, relu,
			`{"type":"conv","filters":8,"kernel":5,"padding":"same","activation":"relu"}`, `{"type":"dropout","rate":0.2}`,
			pool, conv16, conv16, flatten)},
	{"pools +all", join(bare8, relu, `{"type":"dropout","rate":0.2}`, conv8, pool, conv8, flatten),
		join(bare8, relu, pool, `{"type":"dropout","rate":0.2}`, conv8, pool, conv8, pool, flatten)},
	{"pools −1 first", join(conv8, `{"type":"avg_pool"}`, conv8, pool, flatten), join(conv8, conv8, pool, flatten)},
	{"strides to pools", join(`{"type":"conv","filters":8,"kernel":3,"stride":2,"padding":"same"}`, norm, relu, flatten),
		join(bare8, norm, relu, `{"type":"max_pool","padding":"same"}`, flatten)},
	{"strides to strides",
		join(conv8, `{"type":"avg_pool"}`, bare8, relu, `{"type":"max_pool","size":3,"stride":2}`, flatten),
		join(`{"type":"conv","filters":8,"kernel":3,"stride":2,"padding":"same","activation":"relu"}`,
			`{"type":"conv","filters":8,"kernel":3,"stride":2,"padding":"same"}`, relu, flatten)},
	{"kernel-size 1→3", join(conv16, `{"type":"residual","body":[`+conv8+`,{"type":"conv","filters":16,"kernel":1}],`+
		`"shortcut":[{"type":"conv","filters":16,"kernel":1}]}`, flatten),
		join(conv16, `{"type":"residual","body":[`+conv8+`,`+bare16+`],"shortcut":[{"type":"conv","filters":16,"kernel":1}]}`,
			flatten)},
	{"padding same", join(`{"type":"zero_pad"},{"type":"conv","filters":8,"kernel":3}`, pool,
		`{"type":"conv","filters":8,"kernel":3}`, flatten),
		join(`{"type":"zero_pad"},{"type":"conv","filters":8,"kernel":3}`, pool, bare8, flatten)},
	{"head average", join(conv8, flatten, dense32), join(conv8, `{"type":"global_avg_pool"}`, dense32)},
	{"head flatten", join(conv8, pool, `{"type":"global_max_pool"}`), join(conv8, pool, flatten)},

	// Activations behind a pool and behind a sum; the output's softmax stays.
	{"activation elu", join(bare8, pool, relu, `{"type":"residual","body":[`+conv8+`,`+bare8+`]}`, relu, flatten),
		join(bare8, pool, `{"type":"activation","activation":"elu"}`, `{"type":"residual","body":[{"type":"conv",`+
			`"filters":8,"kernel":3,"padding":"same","activation":"elu"},`+bare8+`]}`,
			`{"type":"activation","activation":"elu"}`, flatten)},
	{"activation relu for saturating", join(`{"type":"conv","filters":8,"kernel":3,"activation":"elu"}`, flatten,
		`{"type":"dense","units":32,"activation":"softmax"}`, `{"type":"dense","units":32}`),
		join(`{"type":"conv","filters":8,"kernel":3,"activation":"elu"}`, flatten, dense32, `{"type":"dense","units":32}`)},
	{"initializer he", join(`{"type":"conv","filters":8,"kernel":3,"activation":"relu","initializer":"glorot_normal"}`,
		flatten, `{"type":"dense","units":32,"activation":"tanh"}`, `{"type":"dense","units":32}`, relu),
		join(`{"type":"conv","filters":8,"kernel":3,"activation":"relu","initializer":"he_normal"}`, flatten,
			`{"type":"dense","units":32,"activation":"tanh"}`, `{"type":"dense","units":32,"initializer":"he_uniform"}`, relu)},

	// Shortcuts: around conv2 and conv3, whose channels differ; around conv4 and conv5, with the batch norm but without
	// the activation that are layers of their own.
	{"shortcuts all", join(conv8, conv16, `{"type":"dropout","rate":0.1}`, conv16, pool, bare16, relu, bare16, norm, relu,
		flatten),
		join(conv8, `{"type":"residual","body":[`+conv16+`,{"type":"dropout","rate":0.1},`+bare16+`],"shortcut":[`+
			`{"type":"conv","filters":16,"kernel":1}]}`, relu, pool, `{"type":"residual","body":[`+bare16+`,`+relu+`,`+bare16+
			`,`+norm+`]}`, relu, flatten)},
}

func TestSettingsMakeWhatTheySay(t *testing.T) {
	for _, r := range results {
		a, want := parse(t, r.layers, ""), parse(t, r.want, "")
		check(t, a, r.setting, want)
	}
}

// check makes a setting of a net and wants another, names apart.
func check(t *testing.T, a trainer.Architecture, setting string, want trainer.Architecture) {
	t.Helper()
	revised := a
	found := false
	for _, k := range All() {
		for _, s := range k.Settings(a) {
			if s.Name == setting {
				s.Revise(&revised)
				found = true
			}
		}
	}
	if !found {
		t.Errorf("%s is not offered", setting)
	} else if revised.ID() != want.ID() {
		edits, err := patch.Diff(a, revised)
		t.Errorf("%s makes\n%s\nwant\n%s\nby %v, %v", setting, revised.Canonical(), want.Canonical(), edits, err)
	}
}
