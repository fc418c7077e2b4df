package main

import (
	"context"
	"fmt"
	"io"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"probewise/trainer/dataset"
)

func (a *app) datasetCommand() *cobra.Command {
	return group("dataset", "List, show, fetch, add and remove data sets",
		&cobra.Command{
			Use:   "list",
			Short: "List the data sets that are there",
			Args:  cobra.NoArgs,
			RunE:  func(*cobra.Command, []string) error { return a.datasetList() },
		},
		&cobra.Command{
			Use:   "get NAME",
			Short: "Fetch an official data set: fashion-mnist, mnist, cifar10 or cifar100",
			Args:  cobra.ExactArgs(1),
			RunE: func(c *cobra.Command, args []string) error {
				return a.datasetStore(c.Context(),
					func(l *dataset.Library, progress func(done, total int64)) (dataset.Manifest, error) {
						return l.Get(c.Context(), args[0], progress)
					})
			},
		},
		a.datasetAdd(), a.datasetShow(), a.datasetRemove(),
	)
}

func (a *app) datasetAdd() *cobra.Command {
	var o dataset.Options
	c := &cobra.Command{
		Use:   "add NAME PATH",
		Short: "Add a data set: image folder, CSV, NumPy, Parquet, CIFAR binary or IDX files, or an archive of them",
		Long: `Add a data set under a name of your choice. PATH is a folder, a zip or tar.gz archive, or a file, with

  CLASS/*.jpg|png           folders of classes: a test set is drawn from each
  train/CLASS/…, test/…     a split that you made; without test/, val/ is the test set. With all
                            three, val/ joins the training images: runs draw their own validation images
  labels.csv                paths and labels of images beside it; or a label and pixel values in each line
  data.npz, x_train.npy …   NumPy arrays: x_train, y_train, x_test, y_test, or images and labels
  train-*.parquet …         images and labels as hubs publish them
  data_batch_1.bin …        CIFAR-10 or CIFAR-100 binaries
  train-images-idx3-ubyte … the four IDX files of MNIST and its successors

Images are JPEG, PNG, WebP, GIF (the first frame), BMP or TIFF, turned as Exif says. Are any of them colour, all
become colour; transparent pixels are laid over white; of 16 bits a value the upper 8 are taken. Images of several
sizes need --size. Files that are no images are ignored and counted. Training images that have the pixels of a test
image are left out where the split is drawn, and reported where it was there. The answer, and the manifest, say
what was done.

A table's columns (of paths or images, of labels, and of train, val or test) are found by their names and by what is
in them; where that fails, the options name them, or say their numbers from 1 where the first line has no names. Paths
of a table in a folder or archive are looked for there, with or without their ending; those of a table that PATH names
itself begin beside it, or in --images.`,
		Args: cobra.ExactArgs(2),
	}
	c.Flags().Float64Var(&o.TestShare, "test-share", 0,
		fmt.Sprintf("share of each class drawn as test images where the folders have no split (default %v)",
			dataset.DefaultTestShare))
	c.Flags().Uint64Var(&o.Seed, "split-seed", 1, "seed that draws them, and the validation images of runs")
	size := c.Flags().String("size", "", "HEIGHTxWIDTH in pixels that all images are scaled to, such as 64x64")
	c.Flags().StringVar(&o.Fit, "fit", "", "what happens to images of another shape: crop (the middle part is cut out) "+
		"or letterbox (black bars) (default crop)")
	c.Flags().IntVar(&o.SkipBroken, "skip-broken", 0,
		"go on without files that cannot be read, if there are at most so many")
	c.Flags().StringVar(&o.Duplicates, "duplicates", "", "training images that are test images too: drop or keep "+
		"(default: drop where the split is drawn, keep otherwise)")
	c.Flags().StringVar(&o.ImageColumn, "image-column", "", "column of a table with the paths, or the images")
	c.Flags().StringVar(&o.LabelColumn, "label-column", "", "column of a table with the labels")
	c.Flags().StringVar(&o.SplitColumn, "split-column", "", "column of a table that says train, val or test")
	c.Flags().StringVar(&o.Images, "images", "", "folder in which the paths of a CSV file begin (default: its own)")
	c.RunE = func(c *cobra.Command, args []string) error {
		if *size != "" {
			var err error
			if o.Height, o.Width, err = dataset.ParseSize(*size); err != nil {
				return err
			}
		}
		return a.datasetStore(c.Context(),
			func(l *dataset.Library, progress func(done, total int64)) (dataset.Manifest, error) {
				return l.Add(c.Context(), args[0], args[1], o, progress)
			})
	}
	return c
}

func (a *app) datasetList() error {
	manifests, err := dataset.Open(a.DataDir).List()
	if err != nil {
		return err
	}
	if a.JSON {
		return a.printJSON(manifests)
	}
	t := table.NewWriter()
	t.SetOutputMirror(a.out)
	t.SetStyle(table.StyleLight)
	t.Style().Format.Header = text.FormatDefault
	t.AppendHeader(table.Row{"name", "training images", "test images", "size", "classes", "format"})
	for _, m := range manifests {
		size := fmt.Sprintf("%d×%d×%d", m.Height, m.Width, m.Channels)
		t.AppendRow(table.Row{m.Name, m.Train, m.Test, size, len(m.Classes), m.Format})
	}
	t.Render()
	return nil
}

func (a *app) datasetStore(ctx context.Context,
	store func(*dataset.Library, func(done, total int64)) (dataset.Manifest, error)) error {
	var bar *progressbar.ProgressBar
	m, err := store(dataset.Open(a.DataDir), func(done, total int64) {
		if bar == nil || bar.GetMax64() != total {
			bar = a.bar(total, "data set")
		}
		_ = bar.Set64(done)
	})
	if err != nil {
		if ctx.Err() != nil {
			return &exitError{exitInterrupted, err}
		}
		return err
	}
	if a.JSON {
		return a.printJSON(m)
	}
	return a.printDataset(m)
}

func (a *app) printDataset(m dataset.Manifest) error {
	text := fmt.Sprintf("%s: %d training and %d test images of %d×%d×%d in %d classes (%s)\n",
		m.Name, m.Train, m.Test, m.Height, m.Width, m.Channels, len(m.Classes), m.Format)
	for _, note := range m.Notes() {
		text += "  " + note + "\n"
	}
	_, err := io.WriteString(a.out, text)
	return err
}
