package figure

import (
	"strings"
	"unicode/utf8"
)

// Capital begins a text with a capital letter: "linear" as "Linear".
func Capital(s string) string {
	_, size := utf8.DecodeRuneInString(s)
	return strings.ToUpper(s[:size]) + s[size:]
}

// Sentence ends a text with a full stop: "no past runs" as "no past runs.".
func Sentence(s string) string {
	if s = strings.TrimSpace(s); s == "" || strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

// Words writes the name of a column as words: "weight_variance" as "weight variance".
func Words(name string) string { return strings.ReplaceAll(name, "_", " ") }

// List joins words as in a sentence: "a", "a and b", "a, b and c".
func List(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
