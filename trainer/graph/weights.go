package graph

import (
	"fmt"
	"slices"

	"probewise/trainer"
)

// Weights returns a copy of all weights and running statistics as they stand, in the order of the layers: what a net
// needs to be used elsewhere. It may be called between the stretches of a run and by its Observer.
func (s *session) Weights() ([]trainer.Tensor, error) {
	state := slices.Concat(s.params, s.norms.running)
	values := make([][]float32, len(state))
	for i, buffer := range state {
		values[i] = make([]float32, buffer.Len())
		if err := s.backend.Download(values[i], buffer); err != nil {
			return nil, fmt.Errorf("read the weights: %w", err)
		}
	}
	return s.tensors(values), nil
}

// tensors names the values of the params, followed by the statistics of the batch norms.
func (s *session) tensors(values [][]float32) []trainer.Tensor {
	var all []trainer.Tensor
	statistics := values[len(s.params):]
	for i, p := range s.net.params {
		if p.role != batchNormRole {
			all = append(all, trainer.Tensor{Name: p.name, Shape: slices.Clone(p.node.Shape()), Values: values[i]})
			continue
		}
		all = append(all, halves(p.layer.Name, values[i], "gamma", "beta")...)
		// there is one for each of these params, in their order
		all = append(all, halves(p.layer.Name, statistics[0], "moving_mean", "moving_variance")...)
		statistics = statistics[1:]
	}
	return all
}

// halves are the two rows of a (2, C) array.
func halves(layer string, values []float32, first, second string) []trainer.Tensor {
	n := len(values) / 2
	return []trainer.Tensor{
		{Name: layer + "." + first, Shape: []int{n}, Values: values[:n:n]},
		{Name: layer + "." + second, Shape: []int{n}, Values: values[n:]},
	}
}
