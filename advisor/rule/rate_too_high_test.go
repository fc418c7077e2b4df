package rule

import (
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

func rateTooHighFixtures(t *testing.T) []fixture {
	diverged := probed(t, trained(t, filled(adam, "0.004")))
	diverged.Outcome = trainer.Outcome{Diverged: true, DivergedEpoch: 2}
	return []fixture{
		{"rate-too-high", "the loss stands still", probed(t, trained(t, filled(adam, "0.004")), losses(1.6, 1.5, 1.44)),
			[]want{{"", "relative_rate", 4, 3, null, 3, advisor.Medium}},
			[]string{"learning-rate ×0.1", "learning-rate ×0.3", "learning-rate usual", "schedule cosine"}},
		{"rate-too-high", "diverged", diverged, []want{{"", "relative_rate", 4, 3, null, 2, advisor.Medium}},
			[]string{"learning-rate ×0.1", "learning-rate ×0.3", "learning-rate usual", "schedule cosine"}},
		{"rate-too-high", "an update replaces a layer",
			probed(t, trained(t, filled(adam, "0.001")), at(0.25, of("conv2", func(_ float64, l *trainer.LayerStatistics) {
				l.UpdateRatio = 0.75
			}))), []want{{"conv2", "update_ratio", 0.75, 0.5, null, 0.25, advisor.Medium}},
			[]string{"learning-rate ×0.1", "learning-rate ×0.3", "schedule cosine"}},
		{"rate-too-high", "rmsprop with momentum",
			probed(t, trained(t, `"optimizer":{"type":"rmsprop","learning_rate":0.002,"momentum":0.9}`)),
			[]want{{"", "relative_rate", 20, 10, null, 3, advisor.Low}},
			[]string{"learning-rate ×0.1", "learning-rate ×0.3", "schedule cosine"}},
		{"rate-too-high", "penalties leave little to move",
			probed(t, parse(t, filled(penalised, "0.1"), ""), at(0.25, moves(0.75))), nil, nil},
		{"rate-too-high", "high, and learns", probed(t, trained(t, filled(adam, "0.009"))), nil, nil},
		{"rate-too-high", "usual, and stands still", probed(t, trained(t, filled(adam, "0.001")), losses(1.6, 1.5, 1.5)),
			nil, nil},
		{"rate-too-high", "sgd with its own usual rate", probed(t, trained(t, filled(sgd, "0.1"))), nil, nil},
	}
}
