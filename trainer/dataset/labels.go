package dataset

import (
	"cmp"
	"slices"
	"strconv"
)

// setClasses makes classes of the labels of pictures, in the order of the numbers that they are, or of their names.
// names, where there are any, say what numbers from 0 mean. A picture with a problem has no label: "".
func (a *album) setClasses(labels, names []string) error {
	numbers := true
	value := make(map[string]int, len(names))
	given := slices.DeleteFunc(slices.Clone(labels), func(label string) bool { return label == "" })
	for _, label := range given {
		n, err := strconv.Atoi(label)
		numbers = numbers && err == nil && strconv.Itoa(n) == label
		value[label] = n
	}
	a.classes = slices.Compact(slices.Sorted(slices.Values(given)))
	if numbers {
		slices.SortFunc(a.classes, func(x, y string) int { return cmp.Compare(value[x], value[y]) })
	}
	place := make(map[string]int, len(a.classes))
	for i, class := range a.classes {
		place[class] = i
	}
	for i, label := range labels {
		a.pictures[i].class = place[label] // 0 for one without, which has a problem
	}
	if !numbers || names == nil {
		return nil
	}
	for i, class := range a.classes {
		n := value[class]
		if n >= len(names) {
			first := slices.Index(labels, class)
			return badInput(a.pictures[first].name, "label %d, but there are names for 0 to %d", n, len(names)-1)
		}
		a.classes[i] = names[n]
	}
	if again := duplicateName(a.classes); again != "" {
		return badInput("class names", "%q stands for two labels", again)
	}
	return nil
}

func duplicateName(names []string) string {
	sorted := slices.Sorted(slices.Values(names))
	for i := 1; i < len(sorted); i++ {
		if sorted[i] == sorted[i-1] {
			return sorted[i]
		}
	}
	return ""
}
