package knob

import (
	"testing"
)

// tuned are settings of the training on a small net: what is in its "training" before and after.
var tuned = []struct{ setting, training, want string }{
	{"learning-rate ×3", `"optimizer":{"type":"adam","learning_rate":0.0004}`,
		`"optimizer":{"type":"adam","learning_rate":0.0012}`},
	{"learning-rate ×30", `"optimizer":{"type":"sgd","learning_rate":0.001}`,
		`"optimizer":{"type":"sgd","learning_rate":0.03}`},
	{"learning-rate usual", `"optimizer":{"type":"rmsprop","learning_rate":0.004}`,
		`"optimizer":{"type":"rmsprop","learning_rate":0.001}`},
	{"learning-rate usual", `"optimizer":{"type":"sgd","learning_rate":0.001}`,
		`"optimizer":{"type":"sgd","learning_rate":0.1}`},
	{"learning-rate usual", `"optimizer":{"type":"sgd","learning_rate":0.001,"momentum":0.5}`,
		`"optimizer":{"type":"sgd","learning_rate":0.02,"momentum":0.5}`},
	{"optimizer adam", `"optimizer":{"type":"sgd","learning_rate":0.3,"momentum":0.5}`, `"optimizer":"adam"`},
	{"optimizer adamw", `"optimizer":{"type":"rmsprop","learning_rate":0.3,"momentum":0.5}`, `"optimizer":"adamw"`},
	{"optimizer sgd", `"optimizer":"adam"`, `"optimizer":{"type":"sgd","learning_rate":0.02,"momentum":0.9}`},
	{"optimizer rmsprop", `"optimizer":"adam"`, `"optimizer":"rmsprop"`},
	{"momentum 0.9", `"optimizer":"sgd"`, `"optimizer":{"type":"sgd","momentum":0.9}`},
	{"momentum 0.9 nesterov", `"optimizer":"sgd"`, `"optimizer":{"type":"sgd","momentum":0.9,"nesterov":true}`},
	{"momentum off", `"optimizer":{"type":"sgd","momentum":0.9,"nesterov":true}`, `"optimizer":"sgd"`},
	{"weight-decay ×10", `"optimizer":{"type":"adamw","weight_decay":0.01}`,
		`"optimizer":{"type":"adamw","weight_decay":0.1}`},
	{"weight-decay on", `"optimizer":{"type":"adamw","weight_decay":0}`, `"optimizer":"adamw"`},
	{"schedule cosine", `"schedule":{"type":"step","every":2,"warmup":1.5}`, `"schedule":{"type":"cosine","warmup":1.5}`},
	{"schedule step", `"epochs":10`, `"epochs":10,"schedule":{"type":"step","every":4,"factor":0.2}`},
	{"schedule constant", `"schedule":{"type":"cosine"}`, ``},
	{"warm-up on", `"schedule":{"type":"cosine"}`, `"schedule":{"type":"cosine","warmup":1}`},
	{"warm-up off", `"schedule":{"type":"cosine","warmup":3}`, `"schedule":{"type":"cosine"}`},
	{"batch-size ÷4", `"batch_size":512`, `"batch_size":128`},
	{"batch-size ÷4, rate ÷2", `"batch_size":64`,
		`"batch_size":16,"optimizer":{"type":"adam","learning_rate":0.0005}`},
	{"batch-size 64", `"batch_size":512`, ``},
	{"clipping on", `"clip_norm":5`, `"clip_norm":1`},
	{"clipping off", `"clip_norm":0.01`, ``},
	{"flip off", `"augment":{"flip":true}`, ``},
	{"crop 2", `"augment":{"crop":4}`, `"augment":{"crop":2}`},
	{"recipe usual", `"optimizer":{"type":"sgd","learning_rate":0.0001},"clip_norm":1,"batch_size":512,
		"schedule":{"type":"step","every":2,"warmup":1}`, `"schedule":{"type":"cosine","warmup":1}`},
}

func TestTrainingSettingsMakeWhatTheySay(t *testing.T) {
	layers := join(conv8, pool, flatten)
	for _, r := range tuned {
		check(t, parse(t, layers, r.training), r.setting, parse(t, layers, r.want))
	}
}

// TestRecipes makes those of a net with much that is unusual.
func TestRecipes(t *testing.T) {
	a := parse(t, join(`{"type":"conv","filters":64,"kernel":5,"padding":"same","activation":"sigmoid","l2":0.01}`,
		`{"type":"dropout","rate":0.4,"name":"drop"}`, `{"type":"avg_pool"}`, flatten,
		`{"type":"dense","units":64,"activation":"relu","l1":0.01,"name":"features"}`, `{"type":"dropout","rate":0.8}`),
		`"optimizer":{"type":"sgd","learning_rate":0.5},"batch_size":256`)
	const training = `"schedule":{"type":"cosine"}`
	conv := `{"type":"conv","filters":64,"kernel":5,"padding":"same","activation":"relu","initializer":"he_uniform"`
	dense := `{"type":"dense","units":64,"activation":"relu"}`
	check(t, a, "recipe usual", parse(t, join(conv+"}", `{"type":"avg_pool"}`, flatten, dense,
		`{"type":"dropout","rate":0.8}`), training))
	check(t, a, "recipe usual, batch norm, dropout", parse(t, join(conv+`,"batch_norm":true}`, `{"type":"avg_pool"}`,
		flatten, dense, `{"type":"dropout","rate":0.3}`), training))
	standard := func(filters, more string) string {
		return `{"type":"conv","kernel":3,"padding":"same","activation":"relu","initializer":"he_uniform","filters":` +
			filters + more + `}`
	}
	// 44.5 million FLOPs from 32 filters on, 25.5 from 24 on: four times the 9.8 million of before are 39.4.
	hidden := `{"type":"dense","units":128,"activation":"relu","initializer":"he_uniform"}`
	check(t, a, "standard-net large", parse(t, join(standard("24", ""), pool, standard("48", ""), pool,
		standard("96", ""), pool, flatten, hidden), training))
	const norm = `,"batch_norm":true`
	check(t, a, "standard-net large, batch norm", parse(t, join(standard("24", norm), pool, standard("48", norm), pool,
		standard("96", norm), pool, flatten, hidden), training))
	check(t, a, "standard-net small", parse(t, join(standard("16", ""), pool, standard("32", ""), pool,
		standard("64", ""), pool, flatten, hidden), training)) // 11.7 million FLOPs, at most 19.7

	// Its layers are those of the net, as far as there are such: a frozen one forbids it.
	if !(Constraints{Frozen: []string{"drop"}}).Allows(a, a) {
		t.Error("nothing is changed")
	}
	for _, s := range Settings(a, Constraints{Frozen: []string{"features"}}) {
		if s.Knob == "recipe" || s.Knob == "standard-net" {
			t.Errorf("%s changes features", s.Name)
		}
	}
}
