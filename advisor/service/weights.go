package service

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"probewise/advisor"
	"probewise/trainer"
)

// describe is what a file with weights says of itself: all that somebody needs to use them without this program. Equal
// trainings are described by equal texts: neither ids nor times are among them.
func describe(r advisor.Run, classes []string, best trainer.BestEpoch) map[string]string {
	list := func(values any) string {
		text, err := json.Marshal(values)
		if err != nil {
			panic(err) // lists of texts and numbers have JSON
		}
		return string(text)
	}
	number := func(n trainer.Number) string { return strconv.FormatFloat(float64(n), 'g', -1, 64) }
	height, width, channels := r.Architecture.Input[0], r.Architecture.Input[1], r.Architecture.Input[2]
	return map[string]string{
		"architecture":        string(r.Architecture.Canonical()),
		"architecture_id":     r.ArchitectureID,
		"classes":             list(classes),
		"dataset":             r.Dataset,
		"dataset_id":          r.DatasetID,
		"images":              strconv.Itoa(r.Budget.Images),
		"epochs":              strconv.Itoa(r.Budget.Epochs),
		"seed":                strconv.FormatUint(r.Seed, 10),
		"epoch":               strconv.Itoa(best.Epoch),
		"validation_accuracy": number(best.ValidationAccuracy),
		"validation_loss":     number(best.ValidationLoss),
		"test_accuracy":       number(best.TestAccuracy),
		"probewise_version":   r.Version,
		// what the net is fed: (pixel − mean) / deviation of pixels 0…255, by channel
		"input_mean":          list(slices.Repeat([]int{0}, channels)),
		"input_deviation":     list(slices.Repeat([]int{255}, channels)),
		"input_layout":        fmt.Sprintf("images, channels (%d), rows (%d), columns (%d)", channels, height, width),
		"conv_kernel_layout":  "filters, channels, rows, columns; cross-correlation",
		"dense_kernel_layout": "inputs, units; what flatten gives is in the order channels, rows, columns",
	}
}
