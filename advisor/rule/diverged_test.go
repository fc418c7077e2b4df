package rule

import (
	"math"
	"testing"

	"probewise/advisor"
	"probewise/trainer"
)

func divergedFixtures(t *testing.T) []fixture {
	plain := parse(t, plainLayers, "")
	fast := parse(t, plainLayers, `"clip_norm":0.5,"optimizer":{"type":"sgd","learning_rate":1}`)
	he := parse(t,
		`{"type":"conv","filters":8,"kernel":3,"activation":"elu","initializer":"he_normal"},{"type":"flatten"},
			{"type":"dense","units":10}`, "")
	top := 1.5 * math.Log(10)

	broken := probed(t, plain)
	broken.Outcome = trainer.Outcome{Diverged: true, DivergedEpoch: 2}
	broken = stopped(broken, 1.25)
	early := probed(t, he)
	early.Outcome = trainer.Outcome{Diverged: true, DivergedEpoch: 1}
	early.Records = nil

	const (
		heAll = "Initialise conv1, conv2 and dense1 after He | conv1.Initializer glorot_uniform→he_uniform, " +
			"conv2.Initializer glorot_uniform→he_uniform, dense1.Initializer glorot_uniform→he_uniform"
		calm = "Lower the learning rate to 0.0003 and clip gradients at norm 1 | Training.Optimizer.LearningRate " +
			"0.001→0.0003, Training.ClipNorm 0→1"
	)
	return []fixture{
		{"diverged", "outcome", broken, []want{{"", "train_loss", null, top, null, 2, advisor.High}}, []string{calm, heAll}},
		{"diverged", "before any record, initialised after He", early,
			[]want{{"", "train_loss", null, top, null, 1, advisor.High}}, []string{calm}},
		{"diverged", "loss", probed(t, fast, at(3, func(r *trainer.EpochRecord) { r.TrainLoss = 3.5 })),
			[]want{{"", "train_loss", 3.5, top, null, 3, advisor.High}},
			[]string{"Lower the learning rate to 0.3 and clip gradients at norm 1 | Training.Optimizer.LearningRate 1→0.3",
				heAll}},
		{"diverged", "loss below 1.5·ln 10",
			probed(t, plain, at(3, func(r *trainer.EpochRecord) { r.TrainLoss = 3.4 })), nil, nil},
		{"diverged", "loss high only in the first quarters",
			stopped(probed(t, plain, at(0.75, func(r *trainer.EpochRecord) { r.TrainLoss = 5 })), 0.75), nil, nil},
		{"diverged", "no probe", untrained(t, plain), nil, nil},
	}
}
