package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"probewise/advisor"
)

// Summary is docs/results/advice-DATASET.json: what the arms made of one set. Accuracies and gains are shares, .01 is
// one point.
type Summary struct {
	Dataset    string      `json:"dataset"`
	Set        string      `json:"set"`
	Images     int         `json:"images"`
	Epochs     int         `json:"epochs"`
	Seeds      []uint64    `json:"seeds"`       // of the trainings in full
	TestImages int         `json:"test_images"` // that they are judged on
	Flawed     Gains       `json:"flawed"`      // what ours makes of them at a budget of one full training
	Sound      Sound       `json:"sound"`
	Arms       []ArmResult `json:"arms"` // every arm at every budget, ours among them
	// null: no net of these was looked at
	Calibration *Calibration `json:"calibration"`
	Identical   *Identical   `json:"identical"`
	Broken      *Broken      `json:"broken"`
	Rows        []Row        `json:"rows"`
}

// Gains are those of one arm on the nets of a group. A net's gain is the difference of its mean accuracies over the
// seeds; a net that is left alone has gained nothing, and has not won.
type Gains struct {
	Nets         int       `json:"nets"`
	Revised      int       `json:"revised"` // the others are left as they are
	WinRate      float64   `json:"win_rate"`
	MeanGain     float64   `json:"mean_gain"`
	MedianGain   float64   `json:"median_gain"`
	GainInterval *Interval `json:"gain_interval"` // of the mean, bootstrapped over nets; null of fewer than two nets
	HarmRate     float64   `json:"harm_rate"`     // more than one point lower
	ComputeShare float64   `json:"compute_share"` // mean
}

// Sound are the gains on sound nets, and how many of them were said to have a severe fault.
type Sound struct {
	Gains
	SevereDiagnoses int `json:"severe_diagnoses"`
}

// ArmResult is one arm at one budget.
type ArmResult struct {
	Arm    string  `json:"arm"`
	Budget float64 `json:"budget"`
	Flawed Gains   `json:"flawed"`
	Sound  Gains   `json:"sound"`
	// ours at a budget of one full training minus this arm, on the flawed nets that both have; null for ours itself
	Difference *Difference `json:"difference"`
}

// Difference is the mean of what one arm gains more than another, net by net.
type Difference struct {
	Nets     int       `json:"nets"`
	Mean     float64   `json:"mean"`
	Interval *Interval `json:"interval"`
}

// Calibration compares the gains that ours shows with those that full training reaches, on all nets that it revised.
type Calibration struct {
	Nets     int     `json:"nets"`
	Slope    float64 `json:"slope"`    // of reached on shown, least squares
	Bias     float64 `json:"bias"`     // mean of shown minus reached
	Coverage float64 `json:"coverage"` // share of the reached gains that are in their interval
	Nominal  float64 `json:"nominal"`  // what the intervals promise, mean
}

// Identical is the null experiment: the net itself is offered as a candidate.
type Identical struct {
	Nets         int     `json:"nets"`
	CalledBetter int     `json:"called_better"`
	Rate         float64 `json:"rate"`
}

// Broken says how many broken nets are seen to be so, and of how many the cause is named.
type Broken struct {
	Nets      int     `json:"nets"`
	Seen      int     `json:"seen"`
	Named     int     `json:"named"`
	SeenRate  float64 `json:"seen_rate"`
	NamedRate float64 `json:"named_rate"`
}

// mainBudget is what arms are compared at.
const mainBudget = 1

// harm is how much lower a net must end to count as harmed.
const harm = 0.01

// setting is an arm at a budget.
type setting struct {
	arm    string
	budget float64
}

// outcome is what an arm made of one net.
type outcome struct {
	group         Group
	before, after []float64 // by seed
	revised       bool
	share         float64
	claim         *Claim
}

func (o outcome) gain() float64 { return mean(o.after) - mean(o.before) }

// summarise computes everything but the description of the set.
func summarise(r results) (Summary, error) {
	rows, err := r.rows()
	if err != nil {
		return Summary{}, err
	}
	by := map[setting]map[string]outcome{}
	for _, row := range rows {
		s := setting{row.Arm, row.Budget}
		if by[s] == nil {
			by[s] = map[string]outcome{}
		}
		o := by[s][row.Net]
		o.group, o.share, o.claim = row.Group, row.ComputeShare, row.Claim
		o.before, o.after = append(o.before, row.Before), append(o.after, row.After)
		o.revised = o.revised || row.Revised != nil
		by[s][row.Net] = o
	}
	ours := by[setting{oursArm, mainBudget}]
	s := Summary{
		Images:      images,
		Epochs:      epochs,
		Seeds:       proofSeeds,
		Flawed:      gains(ours, flawed),
		Sound:       Sound{gains(ours, sound), r.severe()},
		Arms:        []ArmResult{},
		Calibration: calibration(ours),
		Identical:   r.identical(),
		Broken:      r.broken(),
		Rows:        rows,
	}
	for _, at := range slices.SortedFunc(maps.Keys(by), compareSettings) {
		a := ArmResult{Arm: at.arm, Budget: at.budget, Flawed: gains(by[at], flawed), Sound: gains(by[at], sound)}
		if (at != setting{oursArm, mainBudget}) {
			a.Difference = difference(ours, by[at])
		}
		s.Arms = append(s.Arms, a)
	}
	return s, nil
}

// compareSettings puts ours first, then arms by name, each with its budgets.
func compareSettings(x, y setting) int {
	rank := func(s setting) string {
		if s.arm == oursArm {
			return ""
		}
		return s.arm
	}
	return cmp.Or(cmp.Compare(rank(x), rank(y)), cmp.Compare(x.budget, y.budget))
}

func gains(of map[string]outcome, g Group) Gains {
	var gained, shares []float64
	revised := 0
	for _, net := range slices.Sorted(maps.Keys(of)) {
		o := of[net]
		if o.group != g {
			continue
		}
		gained, shares = append(gained, o.gain()), append(shares, o.share)
		if o.revised {
			revised++
		}
	}
	return Gains{
		Nets:         len(gained),
		Revised:      revised,
		WinRate:      share(gained, func(x float64) bool { return x > 0 }),
		MeanGain:     mean(gained),
		MedianGain:   median(gained),
		GainInterval: bootstrap(gained),
		HarmRate:     share(gained, func(x float64) bool { return x < -harm }),
		ComputeShare: mean(shares),
	}
}

func difference(ours, other map[string]outcome) *Difference {
	var more []float64
	for _, net := range slices.Sorted(maps.Keys(other)) {
		if o, ok := ours[net]; ok && o.group == flawed {
			more = append(more, o.gain()-other[net].gain())
		}
	}
	return &Difference{len(more), mean(more), bootstrap(more)}
}

func calibration(ours map[string]outcome) *Calibration {
	var shown, reached, inside, promised []float64
	for _, net := range slices.Sorted(maps.Keys(ours)) {
		o := ours[net]
		if o.claim == nil || !o.revised {
			continue
		}
		shown, reached = append(shown, o.claim.Gain), append(reached, o.gain())
		in := 0.0
		if o.claim.Low <= o.gain() && o.gain() <= o.claim.High {
			in = 1
		}
		inside, promised = append(inside, in), append(promised, o.claim.Confidence)
	}
	if len(shown) == 0 {
		return nil
	}
	return &Calibration{
		Nets:     len(shown),
		Slope:    slope(shown, reached),
		Bias:     mean(shown) - mean(reached),
		Coverage: mean(inside),
		Nominal:  mean(promised),
	}
}

func (r results) identical() *Identical {
	var i Identical
	for _, v := range r.revisions {
		if v.Arm == identicalArm {
			i.Nets++
			if v.Better {
				i.CalledBetter++
			}
		}
	}
	if i.Nets == 0 {
		return nil
	}
	i.Rate = float64(i.CalledBetter) / float64(i.Nets)
	return &i
}

// looked are the nets of a group with what ours says of them.
func (r results) looked(g Group) (nets []Net, findings [][]Finding) {
	for _, v := range r.revisions {
		for _, n := range r.nets {
			if v.Arm == oursArm && v.Budget == mainBudget && n.File == v.Net && n.Group() == g {
				nets, findings = append(nets, n), append(findings, v.Findings)
			}
		}
	}
	return nets, findings
}

// severe counts the sound nets that are said to have a fault of high severity.
func (r results) severe() (n int) {
	_, all := r.looked(sound)
	for _, list := range all {
		if slices.ContainsFunc(list, func(f Finding) bool { return f.Severity == advisor.High }) {
			n++
		}
	}
	return n
}

func (r results) broken() *Broken {
	nets, all := r.looked(broken)
	if len(nets) == 0 {
		return nil
	}
	b := Broken{Nets: len(nets)}
	for i, n := range nets {
		if seenBroken(all[i]) {
			b.Seen++
		}
		if named(n, all[i]) {
			b.Named++
		}
	}
	b.SeenRate = float64(b.Seen) / float64(b.Nets)
	b.NamedRate = float64(b.Named) / float64(b.Nets)
	return &b
}

// describe fills in which set it was.
func (s *Summary) describe(dataset, set string, trainings []Training) error {
	s.Dataset, s.Set = dataset, set
	for _, t := range trainings {
		if s.TestImages != 0 && s.TestImages != t.TestImages {
			return fmt.Errorf("trainings were judged on %d and on %d test images", s.TestImages, t.TestImages)
		}
		s.TestImages = t.TestImages
	}
	return nil
}
