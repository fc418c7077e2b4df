package html

import (
	"strings"
	"testing"

	"probewise/advisor/report/reporttest"
	"probewise/trainer"
)

func TestViewOfClasses(t *testing.T) {
	run, records := reporttest.Trained(t)
	v := ViewRun(run, records, "").Classes
	if v == nil || len(v.Table.Rows) != 4 || v.Confusion == nil {
		t.Fatalf("classes %+v", v)
	}
	if boot := v.Table.Rows[3]; boot[0].Text != "Ankle boot" || boot[2].Text != "0.290" ||
		boot[5].Text != "T-shirt/top (31)" {
		t.Errorf("row of the rare class: %+v", boot)
	}
	if table := v.Confusion.Table; table.Rows[3][1].Text != "31" || table.Columns[1].Title != "taken for T-shirt/top" {
		t.Errorf("confusion matrix %+v", table)
	}
	if svg := string(v.Confusion.Map); !strings.Contains(svg, "Ankle boot, taken for Ankle boot: 0.29") {
		t.Errorf("the map has no cell of the rare class: %s", svg)
	}
}

// TestManyClasses: no matrix of so many that nobody can see it, and the classes that are told worst.
func TestManyClasses(t *testing.T) {
	const many = 60
	confusion, images := make([]int, many*many), make([]int, many)
	for class := range many {
		images[class], confusion[class*many+class] = 100, 99-class
	}
	s := trainer.NewClassScores(confusion, images)
	s.Keep(confusion, nil)
	v := viewClasses(trainer.Outcome{ValidationByClass: s})
	if v.Confusion != nil || len(v.Table.Rows) != 20 || v.Table.Rows[0][0].Text != "59" ||
		!strings.Contains(v.Note, "20 of 60 classes") || !strings.Contains(v.Table.Caption, "validation images") {
		t.Errorf("%+v", v)
	}
	if viewClasses(trainer.Outcome{}) != nil {
		t.Error("classes of a run of an older version")
	}
}
