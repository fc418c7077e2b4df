package api

import "probewise/advisor"

// adviceRequest is what POST /v1/advice takes.
type adviceRequest struct {
	Architecture architectureJSON `json:"architecture"`
	Dataset      string           `json:"dataset,omitempty" doc:"default: fashion-mnist-sample"`
	Probe        struct {
		Epochs int    `json:"epochs,omitempty" minimum:"1" doc:"default: 3"`
		Images int    `json:"images,omitempty" minimum:"1" doc:"training and validation together; default: 10,000, or all where there are fewer"`
		Seed   uint64 `json:"seed,omitempty" maximum:"9007199254740991" doc:"default: the architecture's"`
		Seeds  int    `json:"seeds,omitempty" minimum:"1" maximum:"8" doc:"probes of the architecture, each with a seed of its own, that the prediction is the mean of; default: 1"`
	} `json:"probe,omitempty"`
	Epochs      int               `json:"epochs,omitempty" minimum:"1" maximum:"10000" doc:"of the full run that is predicted; default: the architecture's"`
	Suggestions int               `json:"suggestions,omitempty" minimum:"1" maximum:"100" doc:"at most this many; default: 8"`
	Verify      *bool             `json:"verify,omitempty" doc:"try the suggestions; default: true. Without it they are listed, with the gain that is foretold before any trial"`
	Train       bool              `json:"train,omitempty" doc:"train the revised architecture in full"`
	Budget      float64           `json:"budget,omitempty" exclusiveMinimum:"0" maximum:"20" example:"1.5" doc:"what the answer may cost, in full trainings of the architecture, the probe included; default: that of the effort"`
	Effort      advisor.Effort    `json:"effort,omitempty" example:"standard"`
	Seeds       int               `json:"seeds,omitempty" minimum:"1" maximum:"8" example:"2" doc:"fresh seeds that confirm a gain, as far as the budget allows; default: 2"`
	Goal        advisor.Goal      `json:"goal,omitempty" example:"accuracy"`
	Target      float64           `json:"target,omitempty" exclusiveMinimum:"0" exclusiveMaximum:"1" example:"0.9" doc:"test accuracy that is to be reached; for the goal target alone"`
	Metric      advisor.Metric    `json:"metric,omitempty" example:"accuracy"`
	Constraints adviceConstraints `json:"constraints,omitempty"`
}

// adviceConstraints are advisor.Constraints with what the document says of them.
type adviceConstraints struct {
	MaxParameters    int64    `json:"max_parameters,omitempty" minimum:"0" example:"100000" doc:"that a revised architecture may have; 0: any number. One that is above already must not grow"`
	MaxTrainingFLOPs int64    `json:"max_training_flops,omitempty" minimum:"0" example:"50000000" doc:"floating-point operations of a training step, for each image; 0: any number"`
	MaxMemory        int64    `json:"max_memory,omitempty" minimum:"0" example:"500000000" doc:"bytes that a training step takes; 0: any number"`
	Frozen           []string `json:"frozen,omitempty" example:"[\"conv1\"]" doc:"layers, by name, that stay as they are"`
	Forbid           []string `json:"forbid,omitempty" example:"[\"optimizer\"]" doc:"knobs that may not be turned: probewise knobs lists them"`
}

func (r adviceRequest) request() advisor.Request {
	return advisor.Request{
		Dataset:     r.Dataset,
		Epochs:      r.Epochs,
		Suggestions: r.Suggestions,
		Verify:      r.Verify == nil || *r.Verify,
		Train:       r.Train,
		Probe: advisor.ProbeRequest{Epochs: r.Probe.Epochs, Images: r.Probe.Images, Seed: r.Probe.Seed,
			Seeds: r.Probe.Seeds},
		Budget:      r.Budget,
		Effort:      r.Effort,
		Seeds:       r.Seeds,
		Goal:        r.Goal,
		Target:      r.Target,
		Metric:      r.Metric,
		Constraints: advisor.Constraints(r.Constraints),
	}
}
