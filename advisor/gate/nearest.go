package gate

import (
	"strings"
)

// suggest ends a message about an unknown key: the nearest known one, or all of them.
func suggest(word string, known []string) string {
	best, least := "", 0
	for _, k := range known {
		distance := editDistance(strings.ToLower(strings.ReplaceAll(word, "_", "-")), k)
		if distance <= max(2, len(k)/3) && distance < len(k) && (best == "" || distance < least) {
			best, least = k, distance
		}
	}
	if best == "" {
		return "; known here: " + strings.Join(known, ", ")
	}
	return `; did you mean "` + best + `"?`
}

// editDistance is the Levenshtein distance in bytes; words that are far too long are as far as they are long.
func editDistance(a, b string) int {
	if len(a) > 64 {
		return len(a)
	}
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
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
