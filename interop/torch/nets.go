package main

import (
	"fmt"
	"os"
	"slices"

	"probewise/advisor/corpus"
	"probewise/trainer"
)

// space is what nets are sampled from: small ones.
var space = corpus.Space{
	Input:         [3]int{28, 28, 1},
	Classes:       10,
	Epochs:        steps,
	MultiplyAdds:  3_000_000,
	MaxParameters: 500_000,
}

// What the sampled nets have to show together.
var wanted = []string{"sgd with momentum", "adam", "rmsprop", "relu", "leaky_relu", "elu", "tanh", "sigmoid",
	"l1", "l2", "batch norm", "dropout", "global_avg_pool", "kernel 5", "clip_norm", "cosine"}

const (
	sampleSeed = 1
	// of which two learn so fast (RMSprop at 0.012 and 0.017) that rounding alone decides their later steps
	sampleNets  = 7
	sampleDraws = 1000
)

// read parses the files of architectures.
func read(files []string) ([]trainer.Architecture, error) {
	var nets []trainer.Architecture
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		parsed, err := trainer.Parse(text, trainer.ParseOptions{})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		nets = append(nets, parsed.Architecture)
	}
	return nets, nil
}

// sample picks the nets by what they have, before anything is known of how they train: of the sampler's first draws,
// again and again the one that shows most of what is still wanted.
func sample() ([]trainer.Architecture, error) {
	missing := map[string]bool{}
	for _, trait := range wanted {
		missing[trait] = true
	}
	draws := make([]trainer.Architecture, sampleDraws)
	for i := range draws {
		var err error
		if draws[i], err = corpus.Sample(space, sampleSeed, i); err != nil {
			return nil, err
		}
	}
	var picked []trainer.Architecture
	for range sampleNets {
		best, most := 0, -1
		for i, a := range draws {
			shows := 0
			for trait := range traits(a) {
				if missing[trait] {
					shows++
				}
			}
			if shows > most {
				best, most = i, shows
			}
		}
		for trait := range traits(draws[best]) {
			delete(missing, trait)
		}
		picked = append(picked, draws[best])
		draws = slices.Delete(draws, best, best+1)
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("no %d of the first %d nets of seed %d were found that show %v", sampleNets,
			sampleDraws, sampleSeed, missing)
	}
	return picked, nil
}

// traits are what a net has of what is wanted, and more.
func traits(a trainer.Architecture) map[string]bool {
	t := a.Training
	has := map[string]bool{
		string(t.Optimizer.Type): t.Optimizer.Type != trainer.SGD,
		"sgd with momentum":      t.Optimizer.Type == trainer.SGD && t.Optimizer.Momentum > 0,
		"clip_norm":              t.ClipNorm > 0,
		string(t.Schedule.Type):  true,
	}
	for l := range a.All() {
		has["l1"] = has["l1"] || l.L1 > 0
		has["l2"] = has["l2"] || l.L2 > 0
		has["batch norm"] = has["batch norm"] || l.BatchNorm
		has["kernel 5"] = has["kernel 5"] || l.Kernel[0] == 5
		has[string(l.Type)] = true
		has[string(l.Activation)] = true
	}
	for trait, shown := range has {
		if !shown {
			delete(has, trait)
		}
	}
	return has
}
