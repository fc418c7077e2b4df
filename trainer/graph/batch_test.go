package graph

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"probewise/trainer"
	"probewise/trainer/kernel"
)

// device is a CPU with memory of its own for so many values; it counts what a session sends there.
type device struct {
	trainer.Backend
	room      int
	sent      int
	refusals  int
	gatherers int
}

func (d *device) Fits(buffers []int, calls []trainer.Call) error {
	d.gatherers = 0
	for _, c := range calls {
		if _, ok := c.Op.(trainer.GatherOp); ok {
			d.gatherers++
		}
	}
	sum := 0
	for _, n := range buffers {
		sum += n
	}
	if sum > d.room {
		d.refusals++
		return &trainer.MemoryError{On: "device", Needed: int64(sum), Limit: int64(d.room)}
	}
	return nil
}

func (d *device) Upload(dst trainer.Buffer, src []float32) error {
	d.sent += len(src)
	return d.Backend.Upload(dst, src)
}

// TestKeptImages: a backend with room for the images is sent them once, and what is learnt and recorded is the same bit
// by bit; one with less room is sent batches; one with too little is refused.
func TestKeptImages(t *testing.T) {
	a := parse(t, nets["norm"], `"batch_size":16,"augment":{"flip":true,"crop":2}`)
	train := func(open func(int) (trainer.Backend, error)) (*session, string) {
		t.Helper()
		s, err := Trainer{Open: open}.Start(t.Context(), specOf(a))
		if err != nil {
			t.Fatal(err)
		}
		n := &notebook{}
		trainTo(t, s.(*session), 2, n)
		for i := range n.records {
			n.records[i].Seconds = 0
		}
		text, err := json.Marshal(n.records) // missing numbers are not equal to themselves
		if err != nil {
			t.Fatal(err)
		}
		return s.(*session), string(text)
	}
	open := func(room int) (*device, func(int) (trainer.Backend, error)) {
		d := &device{room: room}
		return d, func(int) (_ trainer.Backend, err error) { d.Backend, err = kernel.New(1); return d, err }
	}
	plain, records := train(func(int) (trainer.Backend, error) { return kernel.New(1) })
	roomy, keeps := open(1 << 30)
	kept, keptRecords := train(keeps)
	_, all, err := rehearsed(specOf(a), true)
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, n := range all.sizes {
		total += n
	}
	narrow, sends := open(total - 1)
	sent, sentRecords := train(sends)
	for name, other := range map[string]struct {
		s       *session
		records string
	}{"kept": {kept, keptRecords}, "sent": {sent, sentRecords}} {
		if !reflect.DeepEqual(weights(t, other.s), weights(t, plain)) {
			t.Errorf("images %s: other weights", name)
		}
		if other.records != records {
			t.Errorf("images %s: other records", name)
		}
	}
	if roomy.refusals != 0 || roomy.gatherers < 3 || narrow.refusals != 1 || narrow.gatherers != 0 {
		t.Errorf("with room %d refusals and %d calls that gather, with less %d and %d", roomy.refusals, roomy.gatherers,
			narrow.refusals, narrow.gatherers)
	}
	if roomy.sent > narrow.sent/2 {
		t.Errorf("%d values were sent with the images kept, %d without", roomy.sent, narrow.sent)
	}
	none, fails := open(100)
	var memory *trainer.MemoryError
	if _, err := (Trainer{Open: fails}).Start(t.Context(), specOf(a)); !errors.As(err, &memory) ||
		memory.Architecture != a.Name || none.refusals != 2 || none.sent != 0 {
		t.Errorf("with room for nothing: %v after %d refusals", err, none.refusals)
	}
}
