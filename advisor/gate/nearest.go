package gate

import (
	"strings"

	"probewise/trainer"
)

// suggest ends a message about an unknown key: the nearest known one, or all of them.
func suggest(word string, known []string) string {
	best, least := "", 0
	for _, k := range known {
		distance := trainer.EditDistance(strings.ToLower(strings.ReplaceAll(word, "_", "-")), k)
		if distance <= max(2, len(k)/3) && distance < len(k) && (best == "" || distance < least) {
			best, least = k, distance
		}
	}
	if best == "" {
		return "; known here: " + strings.Join(known, ", ")
	}
	return `; did you mean "` + best + `"?`
}
