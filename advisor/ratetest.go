package advisor

import "probewise/trainer"

// RateTest is a learning-rate range test (Smith 2017) on a throw-away copy of a probe's net.
type RateTest struct {
	Points    []RatePoint    `json:"points"`           // at most some hundred, evenly among all updates
	Suggested trainer.Number `json:"suggested"`        // learning rate; null with a reason
	Reason    string         `json:"reason,omitempty"` // why the suggestion is not tried, or there is none
	Epochs    float64        `json:"epochs"`           // of training that it took
	FLOPs     float64        `json:"flops"`            // the same, as Compute counts them; part of what the search took
}

// RatePoint is one update of a range test.
type RatePoint struct {
	trainer.SweepPoint
	Smoothed trainer.Number `json:"smoothed"` // loss, averaged over this update and those before
}
