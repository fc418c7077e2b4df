package rule

import (
	"testing"

	"probewise/advisor"
)

func unevenClassesFixtures(t *testing.T) []fixture {
	plain := parse(t, plainLayers, "")
	uneven := []int{470, 100, 90, 80, 70, 60, 50, 40, 20, 20}
	hidden := []int{470, 60, 50, 40, 30, 30, 20, 10, 4, 4}   // accuracy .718, mean recall .463
	fair := []int{470, 80, 72, 64, 56, 48, 40, 32, 16, 16}   // .894, .821
	milder := []int{190, 90, 90, 90, 90, 90, 90, 90, 90, 90} // below twice an even share
	mildly := []int{190, 60, 40, 40, 40, 40, 40, 40, 40, 40} // .57, .53
	gap := 0.718 - (1+0.6+5.0/9+0.5+3.0/7+0.5+0.4+0.25+0.2+0.2)/10
	found := []want{{"", "hidden_gap", gap, 0.1, null, 3, advisor.Medium}}
	return []fixture{
		{"uneven-classes", "the largest is told best", probed(t, plain, told(uneven, hidden)), found,
			[]string{weighted, moreWeighted}},
		{"uneven-classes", "weighted already by the root",
			probed(t, parse(t, plainLayers, `"class_weights":"balanced_root"`), told(uneven, hidden)), found,
			[]string{moreWeighted}},
		{"uneven-classes", "all are told alike", probed(t, plain, told(uneven, fair)), nil, nil},
		{"uneven-classes", "not that uneven", probed(t, plain, told(milder, mildly)), nil, nil},
		{"uneven-classes", "before the first epoch ends", stopped(probed(t, plain, told(uneven, hidden)), 0.75), nil, nil},
	}
}
