package graph

import (
	"fmt"
	"slices"

	"probewise/trainer"
)

// Weights returns a copy of all weights and running statistics as they stand, in the order of the layers: what a net
// needs to be used elsewhere. It may be called between the stretches of a run and by its Observer.
func (s *session) Weights() ([]trainer.Tensor, error) {
	var all []trainer.Tensor
	running := s.norms.running
	for i, p := range s.net.params {
		values, err := s.read(p.name, s.params[i])
		if err != nil {
			return nil, err
		}
		if p.role != batchNormRole {
			all = append(all, trainer.Tensor{Name: p.name, Shape: slices.Clone(p.node.Shape()), Values: values})
			continue
		}
		statistics, err := s.read(p.name, running[0]) // there is one for each of these params, in their order
		if err != nil {
			return nil, err
		}
		running = running[1:]
		all = append(all, halves(p.layer.Name, values, "gamma", "beta")...)
		all = append(all, halves(p.layer.Name, statistics, "running_mean", "running_variance")...)
	}
	return all, nil
}

func (s *session) read(name string, b trainer.Buffer) ([]float32, error) {
	values := make([]float32, b.Len())
	if err := s.backend.Download(values, b); err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return values, nil
}

// halves are the two rows of a (2, C) array.
func halves(layer string, values []float32, first, second string) []trainer.Tensor {
	n := len(values) / 2
	return []trainer.Tensor{
		{Name: layer + "/" + first, Shape: []int{n}, Values: values[:n:n]},
		{Name: layer + "/" + second, Shape: []int{n}, Values: values[n:]},
	}
}
