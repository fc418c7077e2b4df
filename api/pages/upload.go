package pages

import (
	"errors"
	"fmt"
	"io"
	"math"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"probewise/advisor/figure"
	"probewise/api"
	"probewise/trainer/dataset"
)

// silence is how long a browser may send nothing of an archive, however long it takes as a whole.
const silence = time.Minute

// patient reads a body that takes longer than other requests may.
type patient struct {
	c    *fiber.Ctx
	from io.Reader
}

// Read implements io.Reader.
func (r patient) Read(b []byte) (int, error) {
	if conn := r.c.Context().Conn(); conn != nil {
		_ = conn.SetReadDeadline(time.Now().Add(silence)) // a connection that has no deadlines does without
	}
	return r.from.Read(b)
}

// addDataset takes the form. The archive is its last field, and is read as it comes.
func (p *Pages) addDataset(c *fiber.Ctx) error {
	page := datasetsPage{Fields: map[string]string{}, Problems: map[string]string{}}
	_, parameters, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	stream := c.Context().RequestBodyStream()
	if err != nil || parameters["boundary"] == "" || stream == nil {
		return fiber.NewError(http.StatusBadRequest)
	}
	form := multipart.NewReader(patient{c, stream}, parameters["boundary"])
	for {
		part, err := form.NextPart()
		if err != nil && !errors.Is(err, io.EOF) {
			return fiber.NewError(http.StatusBadRequest)
		}
		if err != nil || part.FormName() == "file" && part.FileName() == "" {
			page.complain("file", "Choose a file")
			return p.listDatasets(c, http.StatusUnprocessableEntity, page)
		}
		if part.FormName() == "file" {
			return p.take(c, page, part)
		}
		if name := part.FormName(); slices.Contains(datasetFields, name) {
			const most = 1000 // bytes of a field
			value, err := io.ReadAll(io.LimitReader(part, most))
			if err != nil {
				return fiber.NewError(http.StatusBadRequest)
			}
			page.Fields[name] = strings.TrimSpace(string(value))
		}
	}
}

// take adds what the form has, or shows it again.
func (p *Pages) take(c *fiber.Ctx, page datasetsPage, archive io.Reader) error {
	options := page.options()
	name := page.Fields["name"]
	if name == "" {
		page.complain("name", "Give it a name")
	}
	if len(page.Errors) > 0 {
		// A browser sees the answer only when it has sent all.
		_, _ = io.CopyN(io.Discard, archive, p.Server.LargestUpload())
		return p.listDatasets(c, http.StatusUnprocessableEntity, page)
	}
	m, err := p.Server.AddDataset(c.UserContext(), name, archive, options, nil)
	if err == nil {
		return c.Redirect(api.UploadPath+"/"+m.Name, http.StatusSeeOther)
	}
	problem := p.Server.Problem(err)
	if problem.Status == http.StatusRequestEntityTooLarge || problem.Status >= http.StatusInternalServerError {
		return p.fail(c, err)
	}
	option := new(dataset.OptionError)
	switch {
	case errors.As(err, &option):
		field := strings.ReplaceAll(option.Option, "-", "_")
		if !slices.Contains(datasetFields, field) {
			field = "file"
		}
		page.complain(field, problem.Errors[0].Message)
	case errors.Is(err, dataset.ErrName), errors.Is(err, dataset.ErrExists):
		page.complain("name", problem.Detail)
	default:
		page.complain("file", problem.Detail)
	}
	return p.listDatasets(c, http.StatusUnprocessableEntity, page)
}

// complain notes what is wrong with a field: the first line in the summary, all of it beside the field.
func (f *datasetsPage) complain(field, message string) {
	message = figure.Sentence(figure.Capital(message))
	first, _, more := strings.Cut(message, "\n")
	if more {
		first = strings.TrimSuffix(first, ":") + ": see below"
	}
	f.Errors = append(f.Errors, formError{Field: field, Message: first})
	f.Problems[field] = message
}

// options reads what was typed.
func (f *datasetsPage) options() (o dataset.Options) {
	number := func(field string, least, most float64, whole bool) float64 {
		text := f.Fields[field]
		v, err := strconv.ParseFloat(text, 64)
		if text != "" && (err != nil || !(v >= least && v <= most) || whole && v != math.Trunc(v)) {
			what := "a number"
			if whole {
				what = "a whole number"
			}
			f.complain(field, fmt.Sprintf("Expected %s from %s to %s", what, figure.Setting(least), figure.Setting(most)))
			return 0
		}
		return v
	}
	o = dataset.Options{
		TestShare:   number("test_share", 0.001, 0.999, false),
		Seed:        uint64(number("split_seed", 1, 1<<53-1, true)),
		Fit:         f.Fields["fit"],
		SkipBroken:  int(number("skip_broken", 0, math.MaxInt32, true)),
		Duplicates:  f.Fields["duplicates"],
		ImageColumn: f.Fields["image_column"],
		LabelColumn: f.Fields["label_column"],
		SplitColumn: f.Fields["split_column"],
	}
	text := f.Fields["size"]
	if text == "" {
		o.Fit = "" // a choice that is always made
		return o
	}
	var err error
	if o.Height, o.Width, err = dataset.ParseSize(text); err != nil {
		f.complain("size", strings.TrimPrefix(err.Error(), "size: "))
	}
	return o
}
