package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
)

// weightsFlag adds --weights to a command that trains in full.
func weightsFlag(c *cobra.Command, file *string) {
	c.Flags().StringVar(file, "weights", "", "write the weights of the best epoch to this file (safetensors)")
}

// checkWeights says, before anything is trained, why no weights could be written to the file; "" asks for none.
func checkWeights(file string) error {
	if file == "" {
		return nil
	}
	if i, err := os.Stat(file); err == nil && i.IsDir() {
		return fmt.Errorf("--weights %s: that is a folder: give the name of a file", file)
	}
	folder := filepath.Dir(file)
	if i, err := os.Stat(folder); err != nil || !i.IsDir() {
		return fmt.Errorf("--weights %s: there is no folder %s: make it first", file, folder)
	}
	return nil
}

// writeWeights writes the weights of a run's best epoch to a file, whole or not at all.
func (s *program) writeWeights(ctx context.Context, run, file string) error {
	weights, about, err := s.db.Weights(ctx, run)
	if err != nil {
		return &exitError{exitUnevaluated, fmt.Errorf("--weights %s: %w", file, err)}
	}
	part := file + ".part"
	err = errors.Join(copyTo(part, weights), weights.Close())
	if err == nil {
		err = os.Rename(part, file)
	}
	if err != nil {
		_ = os.Remove(part)
		return &exitError{exitUnevaluated, fmt.Errorf("--weights %s: %d bytes: %w", file, about.Bytes, err)}
	}
	return nil
}

func copyTo(file string, from io.Reader) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Sync(), f.Close())
}
