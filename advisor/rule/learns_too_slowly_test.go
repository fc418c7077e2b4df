package rule

import (
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

func learnsTooSlowlyFixtures(t *testing.T) []fixture {
	slow := []want{{"", "update_ratio", 2e-4, 1e-3, null, 3, advisor.Medium}}
	steep := trained(t, `"optimizer":{"type":"adam","learning_rate":0.001},"epochs":15,`+
		`"schedule":{"type":"step","every":1,"factor":0.1}`)
	late := func(r *trainer.EpochRecord) { r.LearningRate = 1e-5 }
	return []fixture{
		{"learns-too-slowly", "small rate", probed(t, trained(t, filled(adam, "0.0001")), moves(2e-4)), slow,
			[]string{"learning-rate ×10", "learning-rate ×3", "batch-norm all"}},
		{"learns-too-slowly", "plain sgd", probed(t, trained(t, filled(sgd, "0.01")), moves(2e-4)), slow,
			[]string{"momentum 0.9", "optimizer adam", "learning-rate ×10", "learning-rate ×3", "batch-norm all"}},
		{"learns-too-slowly", "early steps", probed(t, steep, moves(2e-4), at(3, late)), slow,
			[]string{"schedule constant", "schedule cosine"}},
		{"learns-too-slowly", "choked by clipping",
			probed(t, trained(t, filled(sgd, "0.1")+`,"clip_norm":0.001`), moves(2e-4)), slow,
			[]string{"clipping off"}},
		{"learns-too-slowly", "stands still", probed(t, trained(t, filled(adam, "0.0005")), moves(2e-5)),
			[]want{{"", "update_ratio", 2e-5, 1e-3, null, 3, advisor.High}},
			[]string{"learning-rate ×3", "batch-norm all"}},
		{"learns-too-slowly", "moves", probed(t, trained(t, filled(adam, "0.0001")), moves(2e-3)), nil, nil},
		{"learns-too-slowly", "has learnt", probed(t, trained(t, filled(adam, "0.0001")), moves(2e-4),
			at(3, func(r *trainer.EpochRecord) { r.TrainAccuracy = 0.995 })), nil, nil},
		{"learns-too-slowly", "stands still at a high rate",
			probed(t, trained(t, filled(adam, "0.01")), moves(2e-4)), nil, nil},
		{"learns-too-slowly", "without a probe", untrained(t, trained(t, filled(adam, "0.0001"))), nil, nil},
	}
}
