package main

import (
	"bytes"
	"context"
	"fmt"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"probewise/advisor/figure"
	"probewise/trainer/dataset"
)

func (a *app) datasetShow() *cobra.Command {
	c := &cobra.Command{
		Use:   "show NAME",
		Short: "Show a data set: images by class, what was done to them, samples as a picture",
		Args:  cobra.ExactArgs(1),
	}
	samples := c.Flags().String("samples", "", "write a PNG with a row of training images for each class to this file")
	mean := c.Flags().String("mean", "",
		"write a PNG with the mean of the training images, and behind it that of each class, to this file")
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.showDataset(c.Context(), args[0], *samples, *mean)
	}
	return c
}

func (a *app) showDataset(ctx context.Context, name, samples, mean string) error {
	library := dataset.Open(a.DataDir)
	details, _, err := library.Show(ctx, name)
	var written string
	for _, sheet := range []struct {
		kind             dataset.Sheet
		file, flag, what string
	}{{dataset.SheetSamples, samples, "--samples", "training images of %d of %d classes, a row each"},
		{dataset.SheetMean, mean, "--mean", "the mean training image, and that of %d of %d classes"}} {
		var content []byte
		var classes int
		if err == nil && sheet.file != "" {
			content, classes, err = library.Sheet(ctx, name, sheet.kind)
		}
		if err != nil {
			if ctx.Err() != nil {
				return &exitError{exitInterrupted, err}
			}
			return err
		}
		if sheet.file == "" {
			continue
		}
		if err := copyTo(sheet.file, bytes.NewReader(content)); err != nil {
			return fmt.Errorf("%s: %w", sheet.flag, err) // names the file
		}
		written += fmt.Sprintf("%s: "+sheet.what+"\n", sheet.file, classes, len(details.Classes))
	}
	if a.JSON {
		return a.printJSON(details)
	}
	if err := a.printDataset(details.Manifest); err != nil {
		return err
	}
	fmt.Fprintf(a.out, "  id %s, from %s\n", details.ID, details.Source)
	fmt.Fprintf(a.out, "  always answering the largest class reaches a test accuracy of %s\n",
		figure.Share(details.Chance))
	t := table.NewWriter()
	t.SetOutputMirror(a.out)
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(table.Row{"class", "training images", "test images", "share of training"})
	for _, count := range details.Counts {
		share := float64(count.Train) / float64(details.Train)
		t.AppendRow(table.Row{count.Class, count.Train, count.Test, figure.Share(share)})
	}
	t.Render()
	_, err = fmt.Fprint(a.out, written)
	return err
}

func (a *app) datasetRemove() *cobra.Command {
	return &cobra.Command{
		Use:   "remove NAME",
		Short: "Remove a data set; its runs and what was learnt from them stay",
		Long: `Remove a data set from the library; the files it was added from stay. Past runs made with it stay too, and
go by its name: add other images under another name.`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			library := dataset.Open(a.DataDir)
			m, err := library.Manifest(args[0])
			if err != nil {
				return err
			}
			if err := library.Remove(args[0]); err != nil {
				return err
			}
			if a.JSON {
				return a.printJSON(m)
			}
			_, err = fmt.Fprintf(a.out, "%s: removed, %d images from %s\n", m.Name, m.Train+m.Test, m.Source)
			return err
		},
	}
}
