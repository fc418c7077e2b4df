package main

import (
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"

	"probewise/trainer/dataset"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "safetensors:", err)
		os.Exit(1) //nolint:forbidigo // this is main
	}
}

func run(ctx context.Context, args []string, errOut io.Writer) error {
	f := flag.NewFlagSet("safetensors", flag.ContinueOnError)
	f.SetOutput(errOut)
	out := f.String("out", "", "the folder to write to")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *out == "" {
		return errors.New("-out says where to write")
	}
	data, err := dataset.Open(*out).Load(ctx, dataset.Sample)
	if err != nil {
		return err
	}
	labels := make([]byte, 0, 2*data.Test.Len())
	for _, l := range data.Test.Labels {
		labels = binary.LittleEndian.AppendUint16(labels, l)
	}
	return errors.Join(os.WriteFile(filepath.Join(*out, "pixels.u8"), data.Test.Pixels, 0o644),
		os.WriteFile(filepath.Join(*out, "labels.u16"), labels, 0o644))
}
