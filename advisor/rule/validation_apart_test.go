package rule

import (
	"math"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

func validationApartFixtures(t *testing.T) []fixture {
	loss := func(training, validation trainer.Number) change {
		return at(3, func(r *trainer.EpochRecord) { r.TrainLoss, r.ValidationLoss = training, validation })
	}
	threshold := 2 * math.Log(10)
	return []fixture{
		{"validation-apart", "sure of wrong answers", probed(t, trained(t, ""), loss(0.4, 9)),
			[]want{{"", "validation_loss", 9, threshold, null, 3, advisor.Medium}}, []string{"learning-rate ×0.3"}},
		{"validation-apart", "huge", probed(t, trained(t, ""), loss(1.5, 4000)),
			[]want{{"", "validation_loss", 4000, threshold, null, 3, advisor.Medium}}, []string{"learning-rate ×0.3"}},
		{"validation-apart", "some way apart", probed(t, trained(t, ""), loss(0.4, 2)), nil, nil},
		{"validation-apart", "neither learns", probed(t, trained(t, ""), loss(2.3, 9)), nil, nil},
	}
}
