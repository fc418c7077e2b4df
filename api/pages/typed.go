package pages

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/advisor/service"
	"probewise/api"
	"probewise/trainer"
	"probewise/trainer/dataset"
)

// efforts, goals and metrics are what the form offers.
func efforts(chosen advisor.Effort) []choice {
	return choices([]advisor.Effort{advisor.Standard, advisor.Quick}, chosen, func(e advisor.Effort) string {
		if e == advisor.Quick {
			return fmt.Sprintf("Quick: %s of one, nothing confirmed", figure.Setting(advisor.QuickBudget))
		}
		return "Standard: " + figure.Counted(int(advisor.DefaultBudget), "full training") + ", confirmed with fresh seeds"
	})
}

func goals(chosen advisor.Goal) []choice {
	words := map[advisor.Goal]string{
		advisor.GoalAccuracy: "More accuracy",
		advisor.GoalShrink:   "A smaller network, as accurate",
		advisor.GoalTarget:   "A test accuracy to reach",
	}
	return choices([]advisor.Goal{advisor.GoalAccuracy, advisor.GoalShrink, advisor.GoalTarget}, chosen,
		func(g advisor.Goal) string { return words[g] })
}

func metrics(chosen advisor.Metric) []choice {
	words := map[advisor.Metric]string{
		advisor.Accuracy:         "Accuracy: the share of the images that are right",
		advisor.BalancedAccuracy: "Balanced accuracy: the mean recall of the classes",
		advisor.MacroF1:          "Macro F1: the mean F1 of the classes",
	}
	return choices(advisor.Metrics(), chosen, func(m advisor.Metric) string { return words[m] })
}

// typed reads what stands in the form. A file goes before the text.
func typed(c *fiber.Ctx) (formPage, []byte, error) {
	if _, err := c.Request().MultipartFormWithLimit(api.MaxBody); err != nil &&
		!errors.Is(err, fasthttp.ErrNoMultipartForm) {
		return formPage{}, nil, fmt.Errorf("read the form: %w", err)
	}
	f := formPage{
		Architecture: c.FormValue("architecture"),
		Fields:       map[string]string{},
		Problems:     map[string]string{},
		Verify:       c.FormValue("verify") != "",
		Train:        c.FormValue("train") != "",
	}
	for _, name := range []string{"probe_epochs", "images", "suggestions", "target"} {
		f.Fields[name] = strings.TrimSpace(c.FormValue(name))
	}
	f.More = f.Fields["images"] != "" || f.Fields["suggestions"] != "" ||
		advisor.Metric(c.FormValue("metric")).Other()
	if header, err := c.FormFile("file"); err == nil && header.Size > 0 {
		file, err := header.Open()
		if err != nil {
			return f, nil, fmt.Errorf("open the uploaded file: %w", err)
		}
		defer file.Close()
		data, err := io.ReadAll(file)
		if err != nil {
			return f, nil, fmt.Errorf("read the uploaded file: %w", err)
		}
		f.Architecture = string(data)
	}
	document := []byte(f.Architecture)
	f.Architecture = strings.ReplaceAll(f.Architecture, "\r\n", "\n")
	return f, document, nil
}

// number reads a whole number; an empty field is 0, which stands for the default.
func (f *formPage) number(name string) int {
	text := f.Fields[name]
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		f.complain(name, "Expected a whole number from 1")
		return 0
	}
	return n
}

// share reads a number between 0 and 1.
func (f *formPage) share(name string) float64 {
	v, err := strconv.ParseFloat(f.Fields[name], 64)
	if err != nil || !(v > 0 && v < 1) {
		f.complain(name, "Expected a test accuracy between 0 and 1, such as 0.9")
		return 0
	}
	return v
}

// complain notes what is wrong with a field.
func (f *formPage) complain(field, message string) {
	f.Errors = append(f.Errors, formError{Field: field, Message: message})
	if field != "architecture" {
		f.Problems[field] = figure.Sentence(figure.Capital(message))
	}
}

// refuse notes why the desk refused the request; false where it is not the user's to correct.
func (f *formPage) refuse(document []byte, err error) bool {
	var invalid *trainer.InvalidError
	var request *service.RequestError
	var unknown *dataset.UnknownError
	switch {
	case errors.As(err, &invalid):
		f.Findings = locate(document, invalid.Findings)
		for _, l := range f.Findings {
			f.Errors = append(f.Errors, formError{"architecture", strings.TrimSpace(l.Pointer + " " + l.Message), l.Line})
		}
	case errors.As(err, &request):
		field := fieldOf[request.Pointer]
		if field == "" {
			field = "architecture"
			f.Findings = []located{{Finding: trainer.Finding{Message: request.Problem}}}
		}
		f.complain(field, request.Problem)
	case errors.As(err, &unknown):
		f.complain("dataset", unknown.Error())
	case errors.Is(err, dataset.ErrName):
		f.complain("dataset", dataset.ErrName.Error())
	default:
		return false
	}
	return true
}
