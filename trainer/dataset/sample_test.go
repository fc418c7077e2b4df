package dataset

import (
	"context"
	"errors"
	"testing"

	"probewise/trainer"
)

// The sample's content as it was first cut. Past runs are keyed by it: a new value means new past runs.
const sampleID = "b2528d8d23437565e3fc2aad4054eb0ce7e10249516a7541f9b0a91e67cad120"

func sample(t *testing.T) *trainer.Dataset {
	t.Helper()
	d, err := Open(t.TempDir()).Load(t.Context(), Sample)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSampleContent(t *testing.T) {
	d := sample(t)
	if d.ID != sampleID || contentID(d) != sampleID {
		t.Errorf("id %s, content %s, want %s", d.ID, contentID(d), sampleID)
	}
	if d.Name != Sample || d.Height != 28 || d.Width != 28 || d.Channels != 1 || len(d.Classes) != 10 ||
		d.Classes[9] != "Ankle boot" {
		t.Errorf("name %q, shape %d×%d×%d, classes %q", d.Name, d.Channels, d.Height, d.Width, d.Classes)
	}
	for _, part := range []struct {
		name     string
		images   trainer.Images
		perClass int
	}{{"train", d.Train, 1000}, {"test", d.Test, 200}} {
		counts := make([]int, 10)
		for _, l := range part.images.Labels {
			counts[l]++
		}
		for class, n := range counts {
			if n != part.perClass {
				t.Errorf("%s: %d images of class %d, want %d", part.name, n, class, part.perClass)
			}
		}
		if len(part.images.Pixels) != part.images.Len()*784 {
			t.Errorf("%s: %d bytes of pixels for %d images", part.name, len(part.images.Pixels), part.images.Len())
		}
	}
}

func TestSampleHasNoImageTwice(t *testing.T) {
	d := sample(t)
	seen := map[string]bool{}
	for _, images := range []trainer.Images{d.Train, d.Test} {
		for i := range images.Len() {
			seen[string(images.Pixels[i*784:(i+1)*784])] = true
		}
	}
	if len(seen) != 12000 {
		t.Errorf("%d different images, want 12000", len(seen))
	}
}

func TestSampleManifestFollowsFromContent(t *testing.T) {
	m, err := Open(t.TempDir()).Manifest(Sample)
	if err != nil {
		t.Fatal(err)
	}
	want := Describe(sample(t))
	if m.Mean[0] != want.Mean[0] || m.Deviation[0] != want.Deviation[0] || m.Train != want.Train ||
		m.Test != want.Test || m.Scale != "pixel/255" {
		t.Errorf("manifest %+v, content gives %+v", m, want)
	}
	// The whole of Fashion-MNIST is known to have mean 0.2860 and deviation 0.3530.
	if m.Mean[0] < 0.281 || m.Mean[0] > 0.291 || m.Deviation[0] < 0.348 || m.Deviation[0] > 0.358 {
		t.Errorf("mean %v and deviation %v are not those of Fashion-MNIST", m.Mean, m.Deviation)
	}
}

func TestLoadSampleHeedsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Open(t.TempDir()).Load(ctx, Sample); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func BenchmarkLoadSample(b *testing.B) {
	l := Open(b.TempDir())
	for b.Loop() {
		if _, err := l.Load(b.Context(), Sample); err != nil {
			b.Fatal(err)
		}
	}
}
