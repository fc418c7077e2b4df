package pages

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"probewise/advisor/figure"
	"probewise/advisor/report"
	"probewise/advisor/report/html"
	"probewise/api"
	"probewise/trainer/dataset"
)

// datasetsPage lists the data sets, with the form that adds one.
type datasetsPage struct {
	chrome
	Datasets []listedDataset
	Errors   []formError
	Problems map[string]string // by field
	Fields   map[string]string // what was typed
	Fits     []choice
	Copies   []choice
	Most     string // bytes of an upload
	More     bool   // open the further settings
}

// listedDataset is a row of the list.
type listedDataset struct{ Name, Size, Classes, Train, Test, Format string }

// datasets lists the data sets.
func (p *Pages) datasets(c *fiber.Ctx) error {
	return p.listDatasets(c, http.StatusOK, datasetsPage{Fields: map[string]string{}, Problems: map[string]string{}})
}

func (p *Pages) listDatasets(c *fiber.Ctx, status int, page datasetsPage) error {
	page.chrome = p.chrome("Data sets")
	manifests, err := p.Datasets.List()
	if err != nil {
		return p.fail(c, err)
	}
	for _, m := range manifests {
		page.Datasets = append(page.Datasets, listedDataset{
			Name:    m.Name,
			Size:    size([3]int{m.Height, m.Width, m.Channels}),
			Classes: figure.Count(len(m.Classes)),
			Train:   figure.Count(m.Train),
			Test:    figure.Count(m.Test),
			Format:  m.Format,
		})
	}
	page.Fits = choices([]string{dataset.FitCrop, dataset.FitLetterbox}, page.Fields["fit"], func(s string) string {
		return map[string]string{dataset.FitCrop: "Cut out the middle part", dataset.FitLetterbox: "Add black bars"}[s]
	})
	page.Copies = choices([]string{"", dataset.DuplicatesDrop, dataset.DuplicatesKeep}, page.Fields["duplicates"],
		func(s string) string {
			return map[string]string{"": "Leave them out where the split is drawn", dataset.DuplicatesDrop: "Leave them out",
				dataset.DuplicatesKeep: "Keep them"}[s]
		})
	page.Most = fmt.Sprintf("%d MiB", p.Server.LargestUpload()>>20)
	for _, field := range moreFields {
		page.More = page.More || page.Fields[field] != "" || page.Problems[field] != ""
	}
	return p.show(c, status, "datasets", page)
}

// datasetPage shows one data set.
type datasetPage struct {
	chrome
	Name    string
	Lead    string
	Facts   []report.Fact
	Notes   []note
	Counts  html.Table
	Samples sheetView
	Means   sheetView
	Remove  bool
}

// note is a sentence about what was done, and the files that it lists.
type note struct {
	Text    string
	Warning bool
	Files   []string
}

// sheetView is a sheet and how large it is shown, in pixels.
type sheetView struct {
	Source        string
	Width, Height int
	Rows          []string // classes in the order of its rows
}

// dataset shows one: what is in it, and what was done on the way in.
func (p *Pages) dataset(c *fiber.Ctx) error {
	d, err := p.Datasets.Details(c.UserContext(), c.Params("name"))
	if err != nil {
		return p.failDataset(c, err)
	}
	page := datasetPage{
		chrome: p.chrome(d.Name),
		Name:   d.Name,
		Lead: fmt.Sprintf("%s training and %s test images of %s in %s classes.", figure.Count(d.Train), figure.Count(d.Test),
			size([3]int{d.Height, d.Width, d.Channels}), figure.Count(len(d.Classes))),
		Notes:  notesOf(d.Notes),
		Counts: counts(d),
		Remove: d.Name != dataset.Sample,
	}
	page.Facts = []report.Fact{
		{Word: "Always answering the largest class", Text: "reaches a test accuracy of " + figure.Share(d.Chance)},
		{Word: "Read from", Text: d.Source + " (" + d.Format + ")"},
		{Word: "Split",
			Text: fmt.Sprintf("seed %d; each run draws a tenth of its training images for validation", d.SplitSeed)},
		{Word: "Mean and deviation", Text: channels(d.Mean) + "; " + channels(d.Deviation) + " of pixel/255"},
		{Word: "Content", Text: d.ID},
	}
	if !d.Added.IsZero() {
		page.Facts = append(page.Facts, report.Fact{Word: "Added", Text: age(time.Now(), d.Added)})
	}
	base := "/v1/datasets/" + d.Name + "/"
	page.Samples = enlarged(base+string(dataset.SheetSamples), d, dataset.SheetColumnsShown, len(d.Classes))
	page.Means = enlarged(base+string(dataset.SheetMean), d, min(len(d.Classes)+1, dataset.SheetColumnsShown),
		(len(d.Classes)+dataset.SheetColumnsShown)/dataset.SheetColumnsShown)
	return p.show(c, http.StatusOK, "dataset", page)
}

// enlarged shows small images larger, in whole steps.
func enlarged(source string, d dataset.Details, columns, rows int) sheetView {
	const wide = 640 // pixels, at most, that a whole row of something small is enlarged to
	width, height := columns*(d.Width+1)-1, rows*(d.Height+1)-1
	times := max(1, wide/(dataset.SheetColumnsShown*(d.Width+1)))
	return sheetView{Source: source, Width: width * times, Height: height * times, Rows: d.Classes}
}

func channels(values []float64) string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = figure.Share(v)
	}
	return strings.Join(texts, ", ")
}

func counts(d dataset.Details) html.Table {
	t := html.Table{ID: "counts", Caption: "Images by class",
		Columns: []html.Column{{Title: "Class"}, {Title: "Training images"}, {Title: "Test images"},
			{Title: "Share of training"}}}
	for _, k := range d.Counts {
		t.Rows = append(t.Rows, []html.Cell{{Text: k.Class}, {Text: figure.Count(k.Train)}, {Text: figure.Count(k.Test)},
			{Text: figure.Share(float64(k.Train) / float64(d.Train))}})
	}
	return t
}

// notesOf gathers the lines that belong to a sentence, which are indented.
func notesOf(lines []string) []note {
	var notes []note
	for _, line := range lines {
		if file, ok := strings.CutPrefix(line, "  "); ok && len(notes) > 0 {
			last := &notes[len(notes)-1]
			last.Files = append(last.Files, file)
			continue
		}
		text, warning := strings.CutPrefix(line, "warning: ")
		notes = append(notes, note{Text: figure.Capital(text), Warning: warning})
	}
	for i, n := range notes {
		if n.Files == nil {
			notes[i].Text = figure.Sentence(n.Text)
		}
	}
	return notes
}

// removeDataset removes one and shows the list.
func (p *Pages) removeDataset(c *fiber.Ctx) error {
	if err := p.Datasets.Remove(c.Params("name")); err != nil {
		return p.failDataset(c, err)
	}
	return c.Redirect(api.UploadPath, http.StatusSeeOther)
}

// failDataset answers for a data set that is the page itself.
func (p *Pages) failDataset(c *fiber.Ctx, err error) error {
	if unknown := new(dataset.UnknownError); errors.As(err, &unknown) || errors.Is(err, dataset.ErrName) {
		return p.Fail(c, api.NewProblem(http.StatusNotFound, "not-found", "There is no such data set", err.Error()))
	}
	return p.fail(c, err)
}

// moreFields are the settings that most people do not need.
var moreFields = []string{"test_share", "split_seed", "duplicates", "image_column", "label_column", "split_column"}

// datasetFields are all fields but the archive.
var datasetFields = slices.Concat([]string{"name", "size", "fit", "skip_broken"}, moreFields)
