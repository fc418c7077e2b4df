package web

import (
	"io/fs"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// read returns the files of ours by path, without what is vendored.
func read(t *testing.T, extensions ...string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.Contains(path, "/vendor/") {
			return err
		}
		for _, e := range extensions {
			if strings.HasSuffix(path, e) {
				data, err := fs.ReadFile(Files, path)
				if err != nil {
					return err
				}
				files[path] = string(data)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(files) == 0 {
		t.Fatalf("no files of %v", extensions)
	}
	return files
}

// What default-src 'self' forbids, and what would load from elsewhere.
func TestNothingNeedsALaxerPolicy(t *testing.T) {
	forbidden := map[string]*regexp.Regexp{
		"an inline style":    regexp.MustCompile(`(?i)\sstyle\s*=|<style|setAttribute\(["']style`),
		"an inline script":   regexp.MustCompile(`(?i)<script(?:[^>]*)>\s*\S[^<]*</script>`),
		"an event attribute": regexp.MustCompile(`(?i)<[^>{]*\son[a-z]+\s*=`),
		"evaluated text":     regexp.MustCompile(`\beval\(|new Function|innerHTML|document\.write`),
		"another origin":     regexp.MustCompile(`(?i)(?:src|href|url|import|from)[\s=("']+(?:https?:)?//`),
		"an image as data":   regexp.MustCompile(`url\(["']?data:`),
	}
	for path, text := range read(t, ".html", ".js", ".css", ".svg") {
		for what, pattern := range forbidden {
			if found := pattern.FindString(text); found != "" {
				t.Errorf("%s has %s: %q", path, what, found)
			}
		}
	}
}

// Every file that a page or a script asks for is there.
func TestReferencesResolve(t *testing.T) {
	reference := regexp.MustCompile(`["'(]/(static/[^"')]+)["')]`)
	found := 0
	for path, text := range read(t, ".html", ".js", ".css") {
		for _, m := range reference.FindAllStringSubmatch(text, -1) {
			found++
			if _, err := fs.Stat(Files, m[1]); err != nil {
				t.Errorf("%s asks for /%s: %v", path, m[1], err)
			}
		}
	}
	if found < 8 {
		t.Errorf("only %d references were found", found)
	}
	if _, err := fs.Stat(Files, "static/vendor/uplot/LICENSE"); err != nil {
		t.Error(err)
	}
}

var property = regexp.MustCompile(`--([a-z0-9-]+):\s*(#[0-9a-f]{6})`)

// palettes returns the light and the dark set of colours.
func palettes(t *testing.T) map[string]map[string]string {
	t.Helper()
	css := read(t, ".css")["static/style.css"]
	light, rest, ok := strings.Cut(css, "@media (prefers-color-scheme: dark)")
	if !ok {
		t.Fatal("there is no dark set")
	}
	dark, _, _ := strings.Cut(rest, "\n}\n")
	sets := map[string]map[string]string{"light": {}, "dark": {}}
	for name, text := range map[string]string{"light": light, "dark": dark} {
		for _, m := range property.FindAllStringSubmatch(text, -1) {
			sets[name][m[1]] = m[2]
		}
	}
	return sets
}

// luminance and contrast as WCAG 2.2 defines them.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	if len(hex) != 7 {
		t.Fatalf("colour %q", hex)
	}
	var sum float64
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		v, err := strconv.ParseUint(hex[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(v) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestContrastIsTheOneThatWCAGDefines(t *testing.T) {
	if got := contrast(t, "#ffffff", "#000000"); math.Abs(got-21) > 1e-9 {
		t.Errorf("white on black %g, want 21", got)
	}
	if got := contrast(t, "#777777", "#ffffff"); math.Abs(got-4.48) > 0.005 { // the well-known grey that just fails
		t.Errorf("#777 on white %g, want 4.48", got)
	}
}

// Texts have a contrast of 4.5, lines and marks of 3 (WCAG 2.2, 1.4.3 and 1.4.11). The style sheet writes dark text on
// h0…h5 of the light set and on h5…h8 of the dark one, and so on for the signed scale.
func TestContrastIsSufficient(t *testing.T) {
	cells := map[string]map[string]string{
		"light": {"h": "ddddddlll", "n": "lldddddll"},
		"dark":  {"h": "llllldddd", "n": "ddllllldd"},
	}
	for set, colours := range palettes(t) {
		for _, paper := range []string{"paper", "panel"} {
			for _, text := range []string{"ink", "soft", "accent", "good", "warn", "bad"} {
				atLeast(t, set, colours, text, paper, 4.5)
			}
			for _, mark := range []string{"n1", "n7", "strong-line", "series-train", "series-validation", "series-test",
				"low-layer", "middle-layer", "high-layer",
				"c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7"} {
				atLeast(t, set, colours, mark, paper, 3)
			}
		}
		atLeast(t, set, colours, "accent-ink", "accent", 4.5)
		atLeast(t, set, colours, "ink", "accent-wash", 4.5)
		atLeast(t, set, colours, "ink", "bad-wash", 4.5)
		atLeast(t, set, colours, "bad", "bad-wash", 4.5)
		for scale, inks := range cells[set] {
			for i, ink := range inks {
				atLeast(t, set, colours, map[rune]string{'d': "cell-dark", 'l': "cell-light"}[ink], scale+strconv.Itoa(i), 4.5)
			}
		}
	}
}

func atLeast(t *testing.T, set string, colours map[string]string, a, b string, want float64) {
	t.Helper()
	if got := contrast(t, colours[a], colours[b]); got < want {
		t.Errorf("%s: --%s on --%s has a contrast of %.2f, want %g", set, a, b, got, want)
	}
}
