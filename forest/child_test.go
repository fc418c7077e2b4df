package forest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
)

// ask sends a request through the encoded forms, as a parent and its child do.
func ask(t *testing.T, q Request) (Response, error) {
	t.Helper()
	var in, out bytes.Buffer
	if err := q.Encode(&in); err != nil {
		t.Fatal(err)
	}
	if err := ServeChild(&in, &out); err != nil {
		t.Fatal(err)
	}
	return DecodeResponse(&out)
}

func TestChildFits(t *testing.T) {
	set := curves(25, 2, 6, 1)
	set.X[3][4] = math.NaN()
	set.Groups = cycle(25, "a", "b", "c", "d", "")
	answer, err := ask(t, Request{Table: set, Options: small})
	if err != nil {
		t.Fatal(err)
	}
	if here := fit(t, set, small); answer.Model.ID() != here.ID() {
		t.Errorf("child fitted %s, parent %s", answer.Model.ID(), here.ID())
	}
}

func TestChildCrossValidates(t *testing.T) {
	set := curves(25, 2, 6, 1)
	answer, err := ask(t, Request{Table: set, Options: small, Repeats: 1})
	if err != nil {
		t.Fatal(err)
	}
	if here := score(t, set, small, 1); answer.Score != here || answer.Model != nil {
		t.Errorf("child scored %+v, parent %+v", answer.Score, here)
	}
}

func TestChildIsolates(t *testing.T) {
	set := curves(25, 2, 6, 1)
	m := fit(t, set, small)
	query := []float64{1, 1, 1, 1, 1, 1}
	answer, err := ask(t, Request{Model: m, Query: query, Trees: 20})
	if err != nil {
		t.Fatal(err)
	}
	if here, err := m.Isolation(context.Background(), query, 20); err != nil || answer.Isolation != here {
		t.Errorf("child %g, parent %g, %v", answer.Isolation, here, err)
	}
}

// Sentinels and texts cross the border between processes.
func TestChildErrors(t *testing.T) {
	set := curves(25, 2, 6, 1)
	infinite := set.pick([]int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19})
	infinite.X[2] = []float64{0, 0, math.Inf(1), 0, 0, 0}
	for _, c := range []struct {
		q    Request
		want error
		text string
	}{
		{Request{}, ErrTooFewRuns, "0, want at least 20"},
		{Request{Table: infinite}, ErrBadTable, `row 2, column "c2": +Inf`},
		{Request{Table: set, Options: Options{Rate: 7}}, ErrBadOptions, "rate 7"},
		{Request{Table: set, Repeats: -1}, ErrBadOptions, "-1 repeats"},
		{Request{Model: fit(t, set, small), Trees: 3}, ErrBadQuery, "0 values, want 6"},
	} {
		if _, err := ask(t, c.q); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.text) {
			t.Errorf("%v, want %v with %q", err, c.want, c.text)
		}
	}
}

func TestChildGarbage(t *testing.T) {
	for _, in := range []string{"", "garbage", "\x07\xff\xff"} {
		var out bytes.Buffer
		if err := ServeChild(strings.NewReader(in), &out); err != nil {
			t.Fatal(err)
		}
		if _, err := DecodeResponse(&out); !errors.Is(err, ErrBadRequest) {
			t.Errorf("request %q: %v, want ErrBadRequest", in, err)
		}
		if _, err := DecodeResponse(strings.NewReader(in)); !errors.Is(err, ErrBadRequest) {
			t.Errorf("response %q: %v, want ErrBadRequest", in, err)
		}
	}
	r, w := io.Pipe()
	r.Close()
	if err := ServeChild(strings.NewReader(""), w); !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("closed pipe: %v", err)
	}
}
