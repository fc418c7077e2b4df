//go:build gpu && softcuda

package selftest

import (
	"errors"
	"testing"
	"unsafe"

	"gorgonia.org/cu"
)

const uploadsVariable = "PROBEWISE_SOFTCUDA_UPLOADS"

// An upload that is read when somebody waits, so that a program which does not wait before it fills its memory anew has
// wrong values.
func TestUploadWithoutWaitShows(t *testing.T) {
	uploaded := func(when string, wait bool) (got float32) {
		t.Setenv(uploadsVariable, when)
		err := onDevice(func(d device) error {
			x, err := cu.MemAlloc(4)
			stream, err2 := cu.MakeStream(cu.NonBlocking)
			if err := errors.Join(err, err2); err != nil {
				return err
			}
			values := []float32{1}
			err = cu.MemcpyHtoDAsync(x, unsafe.Pointer(&values[0]), 4, stream)
			if wait {
				err = errors.Join(err, stream.Synchronize())
			}
			values[0] = 2
			err = errors.Join(err, stream.Synchronize())
			back, err2 := read(x, 1)
			got = back[0]
			return errors.Join(err, err2, stream.Destroy(), cu.MemFree(x))
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if early, late, waited := uploaded("", false), uploaded("late", false),
		uploaded("late", true); early != 1 || late != 2 || waited != 1 {
		t.Errorf("uploaded 1, then the memory got 2: the device has %v where uploads are read at once, %v where late, %v "+
			"where late but waited for; want 1, 2, 1", early, late, waited)
	}
	t.Log("caught fault=upload-without-wait: the device has what the memory got afterwards")
}

// Memory is taken as a driver does it: 2 MiB pages, which allocations of up to 1 MiB share.
func TestMemoryIsChargedInPages(t *testing.T) {
	const grain, page = 512, 2 << 20
	err := onDevice(func(device) error {
		free := func() int64 {
			n, _, err := cu.MemInfo()
			if err != nil {
				t.Error(err)
			}
			return n
		}
		var held []cu.DevicePtr
		begin := free()
		for _, c := range []struct{ bytes, pages int64 }{
			{1, 1}, {page/2 - grain, 1}, {page / 2, 1}, {1, 2}, // the first three fill a page
			{page/2 + 1, 3}, {page, 4}, {page + 1, 6}, {page - grain, 7},
		} {
			at, err := cu.MemAlloc(c.bytes)
			if err != nil {
				return err
			}
			held = append(held, at)
			if took := begin - free(); took != c.pages*page {
				t.Errorf("after %d bytes more, %d are taken, want %d pages", c.bytes, took, c.pages)
			}
		}
		var err error
		for _, at := range held {
			err = errors.Join(err, cu.MemFree(at))
		}
		if left := begin - free(); left != 0 {
			t.Errorf("%d bytes are taken when all is free again", left)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
