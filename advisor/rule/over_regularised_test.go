package rule

import (
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

const dropped = `{"type":"conv","filters":8,"kernel":3,"activation":"relu"},{"type":"max_pool"},
	{"type":"dropout","rate":0.5},{"type":"flatten"},{"type":"dense","units":64,"activation":"relu"},
	{"type":"dropout","rate":%},{"type":"dense","units":10,"activation":"softmax"}`

const penalised = `{"type":"conv","filters":8,"kernel":3,"activation":"relu","l2":%},{"type":"max_pool"},
	{"type":"flatten"},{"type":"dense","units":64,"activation":"relu","l1":1e-5},{"type":"dense","units":10}`

func overRegularisedFixtures(t *testing.T) []fixture {
	decayed := func(decay string) advisor.Case {
		return inFull(untrained(t, trained(t, `"optimizer":{"type":"adamw","learning_rate":0.001,"weight_decay":`+decay+
			`},"batch_size":90,"epochs":10`)), 10_000, 10)
	}
	heavy := parse(t, filled(dropped, "0.6"), "")
	runs := probed(t, heavy, at(3, func(r *trainer.EpochRecord) { r.TrainAccuracy, r.ValidationAccuracy = 0.4, 0.6 }))
	return []fixture{
		{"over-regularised", "dropout", untrained(t, heavy),
			[]want{{"dropout2", "kept_share", 0.2, 0.3, null, null, advisor.Medium}},
			[]string{"conv-dropout off", "dense-dropout off", "conv-dropout ×0.5", "dense-dropout ×0.5"}},
		{"over-regularised", "dropout as it runs", runs,
			[]want{{"dropout2", "kept_share", 0.2, 0.3, null, 3, advisor.Medium}},
			[]string{"conv-dropout off", "dense-dropout off", "conv-dropout ×0.5", "dense-dropout ×0.5"}},
		{"over-regularised", "l2", probed(t, parse(t, filled(penalised, "0.01"), "")),
			[]want{{"conv1", "l2", 0.01, 0.003, null, 3, advisor.Medium}}, []string{"l2 off", "l2 ×0.1"}},
		{"over-regularised", "decay", decayed("0.6"), // 0.001 · 0.6 · 100 · 10
			[]want{{"", "decay_in_all", 0.6, 0.5, null, null, advisor.Medium}},
			[]string{"weight-decay ×0.1", "weight-decay off"}},
		{"over-regularised", "shifts", untrained(t, trained(t, `"augment":{"crop":7}`)),
			[]want{{"", "crop_share", 0.25, 0.2, null, null, advisor.Medium}}, []string{"crop off", "crop 4"}},
		{"over-regularised", "some dropout", untrained(t, parse(t, filled(dropped, "0.3"), "")), nil, nil},
		{"over-regularised", "some l2", untrained(t, parse(t, filled(penalised, "0.001"), "")), nil, nil},
		{"over-regularised", "usual decay", decayed("0.01"), nil, nil},
		{"over-regularised", "usual shifts", untrained(t, trained(t, `"augment":{"crop":4}`)), nil, nil},
	}
}
