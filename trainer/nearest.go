package trainer

import (
	"slices"
	"strings"
)

// Suggest ends a message about an unknown word: the nearest known one, or all of them.
func Suggest(word string, known []string) string {
	if near := nearest(word, known); near != "" {
		return "; did you mean " + quote(near) + "?"
	}
	sorted := slices.Sorted(slices.Values(known))
	return "; known here: " + strings.Join(sorted, ", ")
}

// nearest returns the known word with the smallest edit distance, "" where none is near. A known word that is part
// of the unknown one (kernel_size, Conv2D) counts as near.
func nearest(word string, known []string) string {
	if len(word) > 64 {
		return ""
	}
	word = strings.ToLower(strings.ReplaceAll(word, "-", "_"))
	best, least := "", 0
	for _, k := range known {
		distance := EditDistance(word, k)
		if len(k) > 2 && strings.Contains(word, k) {
			distance = min(distance, 2)
		}
		if distance <= max(2, len(k)/3) && distance < len(k) && (best == "" || distance < least) {
			best, least = k, distance
		}
	}
	return best
}

// EditDistance is the Levenshtein distance in bytes.
func EditDistance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
