package advisor

// Constraints is what users fix, forbid and bound in a revised architecture. Zero: nothing. The package advisor/knob
// checks and keeps them.
type Constraints struct {
	MaxParameters    int64    `json:"max_parameters,omitempty"`
	MaxTrainingFLOPs int64    `json:"max_training_flops,omitempty"` // per image: Cost.TrainingFLOPs
	MaxMemory        int64    `json:"max_memory,omitempty"`         // bytes of a training step: Cost.PeakMemory
	Frozen           []string `json:"frozen,omitempty"`             // layers
	Forbid           []string `json:"forbid,omitempty"`             // knobs; nothing that they stand for may change
}
