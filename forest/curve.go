package forest

// Curve gives the features of a learning curve so far, accuracies of 0…1, one
// for each of the first epochs: where it stands, in accuracy and in logits, and
// how fast it rises. They are few and all for the linear part: each says much
// the same, and every one more costs accuracy on a few dozen runs (DESIGN.md).
// What needs more epochs than there are is left out, so the names depend on the
// number of epochs alone. NaN stays NaN.
func Curve(accuracy []float64) (names []string, values []float64) {
	add := func(name string, value float64) {
		names, values = append(names, name), append(values, value)
	}
	n := len(accuracy)
	if n == 0 {
		return nil, nil
	}
	last := accuracy[n-1]
	add(CurrentAccuracy, last)
	add("logit_accuracy", logit(last))
	if n > 1 {
		add("accuracy_step", last-accuracy[n-2])
	}
	if n > 2 {
		add("accuracy_rise", last-accuracy[0])
		add("accuracy_mean_3", mean(accuracy[n-3:]))
		add("accuracy_slope_3", (last-accuracy[n-3])/2) // least squares over three equidistant points
	}
	return names, values
}

// CurrentAccuracy is the feature of Curve that holds the last accuracy.
const CurrentAccuracy = "accuracy"
