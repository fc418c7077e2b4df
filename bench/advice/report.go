package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"probewise/trainer/dataset"
)

// report writes docs/results/advice-DATASET.json from what runs left behind, and the page of all data sets.
func report(_ context.Context, args []string, stdout, stderr io.Writer) error {
	f := flag.NewFlagSet("report", flag.ContinueOnError)
	f.SetOutput(stderr)
	name := f.String("dataset", "", "data set to summarise; without one the page alone is written again")
	set := f.String("set", testSet, "dev, test or test2")
	trainings := f.String("trainings", "", "files of trainings, with commas between them")
	revisions := f.String("revisions", "", "files of revisions, with commas between them")
	out := f.String("out", "docs/results", "folder that results are written to")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *name != "" {
		r, err := readResults(*name, *set, *trainings, *revisions)
		if err != nil {
			return err
		}
		s, err := summarise(r)
		if err != nil {
			return err
		}
		if err := s.describe(*name, *set, r.trainings); err != nil {
			return err
		}
		if err := s.write(filepath.Join(*out, "advice-"+*name)); err != nil {
			return err
		}
	}
	page, err := pageOf(*out)
	if err != nil {
		return err
	}
	file := filepath.Join(*out, "advice") + ".md"
	if err := os.WriteFile(file, page, 0o644); err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, file)
	return err
}

// readResults keeps what is about the set.
func readResults(name, set, trainings, revisions string) (results, error) {
	nets, err := netsOf(name, set)
	if err != nil {
		return results{}, err
	}
	of := map[string]bool{}
	for _, n := range nets {
		of[n.File] = true
	}
	r := results{nets: nets, classes: nets[0].Architecture.Classes}
	for file := range strings.SplitSeq(trainings, ",") {
		all, err := readLines[Training](file)
		if err != nil {
			return results{}, err
		}
		for _, t := range all {
			if of[t.Net] {
				r.trainings = append(r.trainings, t)
			}
		}
	}
	for file := range strings.SplitSeq(revisions, ",") {
		all, err := readLines[Revision](file)
		if err != nil {
			return results{}, err
		}
		for _, v := range all {
			if of[v.Net] {
				r.revisions = append(r.revisions, v)
			}
		}
	}
	if len(r.revisions) == 0 {
		return results{}, fmt.Errorf("no revision of a net of %s %s in %q", name, set, revisions)
	}
	return r, nil
}

// write writes the summary and, where gains were shown, the plot of them.
func (s Summary) write(name string) error {
	data, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if plot := calibrationPlot(s.Rows); plot != nil {
		if err := os.WriteFile(name+".svg", plot, 0o644); err != nil {
			return err
		}
	}
	return os.WriteFile(name+".json", append(data, '\n'), 0o644)
}

//go:embed page.tmpl
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"points":   func(x float64) string { return fmt.Sprintf("%+.1f", 100*x) },
	"percent":  func(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) },
	"two":      func(x float64) string { return fmt.Sprintf("%.2f", x) },
	"interval": intervalText,
	"by":       byNet,
}).Parse(pageText))

func intervalText(i *Interval) string {
	if i == nil {
		return "–"
	}
	return fmt.Sprintf("%+.1f … %+.1f", 100*i.Low, 100*i.High)
}

// NetRow is a net in the page's table: what ours made of it, over both seeds.
type NetRow struct {
	Net, Cause, Verdict string
	Before, After       float64
	Claim               *Claim
	Share               float64
}

// byNet are the rows of ours at the main budget, one a net.
func byNet(rows []Row) (list []NetRow) {
	at := map[string]int{}
	for _, r := range rows {
		if r.Arm != oursArm || r.Budget != mainBudget {
			continue
		}
		i, ok := at[r.Net]
		if !ok {
			i = len(list)
			at[r.Net] = i
			name := strings.TrimSuffix(strings.SplitN(r.Net, "/", 3)[2], ".json")
			list = append(list, NetRow{Net: name, Cause: string(r.Cause), Verdict: r.Verdict, Claim: r.Claim,
				Share: r.ComputeShare})
		}
		list[i].Before += r.Before / float64(len(proofSeeds))
		list[i].After += r.After / float64(len(proofSeeds))
	}
	return list
}

// Gain is what full training gained.
func (n NetRow) Gain() float64 { return n.After - n.Before }

// Shown is the gain that was shown, with its interval.
func (n NetRow) Shown() string {
	if n.Claim == nil {
		return "–"
	}
	return fmt.Sprintf("%+.1f (%s)", 100*n.Claim.Gain, intervalText(&Interval{n.Claim.Low, n.Claim.High}))
}

// pageOf renders the page from the summaries in the folder.
func pageOf(folder string) ([]byte, error) {
	var all []Summary
	for _, name := range []string{dataset.Sample, "cifar10"} {
		data, err := os.ReadFile(filepath.Join(folder, "advice-"+name+".json"))
		if os.IsNotExist(err) {
			continue
		} else if err != nil {
			return nil, err
		}
		var s Summary
		if err := json.Unmarshal(data, &s); err != nil {
			return nil, fmt.Errorf("summary of %s: %w", name, err)
		}
		all = append(all, s)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("no summary in %s: give -dataset, -trainings and -revisions", folder)
	}
	var page bytes.Buffer
	if err := pageTemplate.Execute(&page, all); err != nil {
		return nil, err
	}
	return page.Bytes(), nil
}
