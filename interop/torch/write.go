package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"probewise/trainer"
	"probewise/trainer/dataset"
)

// writer writes a net's folder and keeps the first error. It observes the run.
type writer struct {
	folder  string
	records []trainer.EpochRecord
	tensors []shape
	err     error
}

// document is run.json.
type document struct {
	Architecture trainer.Architecture  `json:"architecture"`
	Steps        int                   `json:"steps"`
	Device       string                `json:"device"`
	Tensors      []shape               `json:"tensors"` // of weights.f32
	Records      []trainer.EpochRecord `json:"records"`
}

type shape struct {
	Name  string `json:"name"`
	Shape []int  `json:"shape"`
}

func newWriter(folder string) (*writer, error) {
	return &writer{folder: folder}, os.Mkdir(folder, 0o755)
}

// Progress implements trainer.Observer.
func (w *writer) Progress(trainer.Progress) {}

// Record implements trainer.Observer.
func (w *writer) Record(_ context.Context, r trainer.EpochRecord) error {
	w.records = append(w.records, r)
	return w.err
}

// images appends training images as a net is fed them.
func (w *writer) images(name string, d *trainer.Dataset, indices []int, a dataset.Augmentation) {
	pixels, labels := make([]float32, len(indices)*d.ImageSize()), make([]float32, len(indices))
	dataset.Fill(pixels, labels, d, d.Train, indices, a)
	w.append(name, pixels)
	w.append(name+"-labels", labels)
}

// weights appends the weights as they are.
func (w *writer) weights(s weighted) {
	tensors, err := s.Weights()
	w.err = errors.Join(w.err, err)
	w.tensors = nil
	for _, t := range tensors {
		w.tensors = append(w.tensors, shape{t.Name, t.Shape})
		w.append("weights", t.Values)
	}
}

func (w *writer) append(name string, values []float32) {
	if w.err != nil {
		return
	}
	f, err := os.OpenFile(filepath.Join(w.folder, name+".f32"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		w.err = err
		return
	}
	w.err = errors.Join(binary.Write(f, binary.LittleEndian, values), f.Close())
}

func (w *writer) finish(a trainer.Architecture, device string) error {
	text, err := json.Marshal(document{
		Architecture: a,
		Steps:        steps,
		Device:       device,
		Tensors:      w.tensors,
		Records:      w.records,
	})
	if err := errors.Join(w.err, err); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(w.folder, "run.json"), text, 0o644)
}
