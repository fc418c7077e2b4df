package dataset

// Duplicates counts images of an image folder that have the same pixels in the data set.
type Duplicates struct {
	// Across are training images that are test images too; Dropped says that they were left out.
	Across  int    `json:"across,omitempty"`
	Dropped bool   `json:"dropped,omitempty"`
	Pairs   []Pair `json:"pairs,omitempty"` // the first 20 of them
	// Within are images that are there once more in the same part.
	Within int `json:"within,omitempty"`
	// Contradictions are images that are there with several classes too.
	Contradictions int `json:"contradictions,omitempty"`
	// Contradiction is the first of them.
	Contradiction *Pair `json:"contradiction,omitempty"`
}

// Pair names two files of the same pixels.
type Pair struct {
	First  string `json:"first"`  // of a training image where one is
	Second string `json:"second"` // of the test image, or the later one
}

// duplicates compares the pixels of pictures, training images first. It returns nil where all differ.
func duplicates(pictures []picture) *Duplicates {
	type seen struct{ test, first int } // places from 1; 0: none
	found := map[[32]byte]seen{}
	var d Duplicates
	for i, p := range pictures {
		s := found[p.hash]
		earlier := s.first
		if p.test {
			earlier = max(s.first, s.test)
		}
		if earlier > 0 && pictures[earlier-1].class != p.class {
			d.Contradictions++
			if d.Contradiction == nil {
				d.Contradiction = &Pair{pictures[earlier-1].name, p.name}
			}
		}
		switch {
		case !p.test && s.first > 0 || p.test && s.test > 0:
			d.Within++
		case p.test:
			s.test = i + 1
		default:
			s.first = i + 1
		}
		found[p.hash] = s
	}
	for _, p := range pictures {
		if s := found[p.hash]; !p.test && s.test > 0 {
			if d.Across++; len(d.Pairs) < maxListed {
				d.Pairs = append(d.Pairs, Pair{p.name, pictures[s.test-1].name})
			}
		}
	}
	if d.Across == 0 && d.Within == 0 && d.Contradictions == 0 {
		return nil
	}
	return &d
}

// leaked are the hashes of test images.
func leaked(pictures []picture) map[[32]byte]bool {
	tests := map[[32]byte]bool{}
	for _, p := range pictures {
		if p.test {
			tests[p.hash] = true
		}
	}
	return tests
}
