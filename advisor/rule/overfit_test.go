package rule

import (
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

func overfitFixtures(t *testing.T) []fixture {
	plain := parse(t, plainLayers, "")
	done := parse(t,
		`{"type":"conv","filters":8,"kernel":3,"batch_norm":true},{"type":"flatten"},{"type":"dense","units":256},
		{"type":"dropout","rate":0.5},{"type":"dense","units":10}`, `"augment":{"flip":true}`)
	wide := parse(t,
		`{"type":"conv","filters":8,"kernel":3,"l2":0.001},{"type":"global_avg_pool"},{"type":"dense","units":300},
			{"type":"dense","units":10}`, "")
	gap := func(epoch float64, gap trainer.Number) change {
		return at(epoch, func(r *trainer.EpochRecord) { r.TrainAccuracy, r.ValidationAccuracy = 0.7+gap, 0.7 })
	}
	const (
		drop = "Add dropout 0.25 after dense1 | +dropout1 after dense1"
		l2   = "Add L2 0.0003 to conv2 and dense1 | conv2.L2 0→0.0003, dense1.L2 0→0.0003"
		flip = "Flip training images left to right | Training.Augment.Flip false→true"
	)
	return []fixture{
		{"overfit", "gap grows", probed(t, plain, gap(1, 0.01), gap(2, 0.03), gap(3, 0.08)),
			[]want{{"", "accuracy_gap", 0.08, 0.05, null, 3, advisor.Low}}, []string{drop, l2, flip}},
		{"overfit", "severe, one layer free", probed(t, wide, gap(1, -0.02), gap(2, 0.2), gap(3, 0.25)),
			[]want{{"", "accuracy_gap", 0.25, 0.05, null, 3, advisor.Medium}},
			[]string{"Add dropout 0.5 after dense1 | +dropout1 after dense1", "Add L2 0.0003 to dense1 | dense1.L2 0→0.0003",
				flip}},
		{"overfit", "all is done already", probed(t, done, gap(1, 0), gap(2, 0.02), gap(3, 0.06)),
			[]want{{"", "accuracy_gap", 0.06, 0.05, null, 3, advisor.Low}}, nil},
		{"overfit", "quarters of a short probe",
			stopped(probed(t, plain, gap(0.25, -0.05), gap(0.5, 0), gap(0.75, 0.03), gap(1, 0.06)), 1),
			[]want{{"", "accuracy_gap", 0.06, 0.05, null, 1, advisor.Low}}, []string{drop, l2, flip}},
		{"overfit", "validation swings",
			probed(t, plain, gap(1, 0), gap(2, 0.03), gap(3, 0.09),
				at(3, func(r *trainer.EpochRecord) { r.TrainAccuracy, r.ValidationAccuracy = 0.735, 0.645 })), nil, nil},
		{"overfit", "batch norm lags",
			probed(t, plain, func(r *trainer.EpochRecord) {
				r.TrainAccuracy, r.ValidationAccuracy = 0.2+trainer.Number(r.Epoch)/10, 0.2
			}), nil, nil},
		{"overfit", "small gap", probed(t, plain, gap(1, 0), gap(2, 0.02), gap(3, 0.049)), nil, nil},
		{"overfit", "gap narrows at the end", probed(t, plain, gap(1, 0.01), gap(2, 0.09), gap(3, 0.08)), nil, nil},
		{"overfit", "gap stays", probed(t, plain, gap(1, 0.06), gap(2, 0.06), gap(3, 0.07)), nil, nil},
		{"overfit", "accuracy unknown",
			probed(t, plain, func(r *trainer.EpochRecord) { r.ValidationAccuracy = trainer.Missing }), nil, nil},
	}
}
