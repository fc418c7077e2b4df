package main

import (
	"fmt"

	"probewise/advisor"
	"probewise/trainer"
)

// The arms that have a place of their own in the results. An arm is one way to spend the compute.
const (
	oursArm      = "ours"      // what the program advises
	identicalArm = "identical" // ours, with the net itself among the candidates: nothing can be gained
)

// Revision is what an arm made of a net.
type Revision struct {
	Net    string  `json:"net"` // its file
	Arm    string  `json:"arm"`
	Budget float64 `json:"budget"` // full trainings of the net that the arm might spend
	Seed   uint64  `json:"seed"`   // of the arm's own choices and trainings
	// what the arm spent, all of it, as a share of one full training of the net
	ComputeShare float64   `json:"compute_share"`
	Verdict      string    `json:"verdict,omitempty"`
	Better       bool      `json:"better"` // the arm says that the revision is better
	Claim        *Claim    `json:"claim,omitempty"`
	Findings     []Finding `json:"findings,omitempty"` // ours: what it says is wrong
	Change       string    `json:"change,omitempty"`   // in words
	Steps        []string  `json:"steps,omitempty"`    // of the search, for people
	// null: the arm leaves the net as it is
	Revised *trainer.Architecture `json:"revised"`
}

// Claim is the gain in accuracy that an arm shows for its revision, as a share, with its interval.
type Claim struct {
	Gain       float64 `json:"gain"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	Confidence float64 `json:"confidence"` // of the interval
}

// Finding is one thing that an arm says is wrong.
type Finding struct {
	Rule     string           `json:"rule"`
	Severity advisor.Severity `json:"severity"`
}

// work names what one arm makes of one net: what is there is not made again.
func (r Revision) work() string { return fmt.Sprint(r.Net, " ", r.Arm, " ", r.Budget, " ", r.Seed) }

// Row is one full training of what an arm made of a net beside the net's own with the same seed.
type Row struct {
	Net          string                `json:"net"`
	Group        Group                 `json:"group"`
	Cause        Cause                 `json:"cause,omitempty"`
	Arm          string                `json:"arm"`
	Budget       float64               `json:"budget"`
	Seed         uint64                `json:"seed"`
	Before       float64               `json:"before"` // test accuracy, as a share
	After        float64               `json:"after"`
	ComputeShare float64               `json:"compute_share"`
	Verdict      string                `json:"verdict,omitempty"`
	Claim        *Claim                `json:"claim,omitempty"`
	Revised      *trainer.Architecture `json:"revised"`
}

// results are what the runs of a proof on one set left behind.
type results struct {
	nets      []Net
	trainings []Training
	revisions []Revision
	classes   int
}

// rows joins revisions with the trainings before and after. A training that is missing is an error: a proof leaves
// nothing out.
func (r results) rows() ([]Row, error) {
	type key struct {
		net, architecture string
		seed              uint64
	}
	accuracy := map[key]float64{}
	for _, t := range r.trainings {
		accuracy[key{t.Net, t.ArchitectureID, t.Seed}] = t.accuracy(r.classes)
	}
	nets := map[string]Net{}
	for _, n := range r.nets {
		nets[n.File] = n
	}
	var rows []Row
	for _, v := range r.revisions {
		n, ok := nets[v.Net]
		if !ok {
			return nil, fmt.Errorf("revision by %s of %s: no net of the set", v.Arm, v.Net)
		}
		if v.Arm == identicalArm || n.Group() == broken {
			continue
		}
		after := n.Architecture
		if v.Revised != nil {
			after = *v.Revised
		}
		for _, seed := range proofSeeds {
			row := Row{
				Net: n.File, Group: n.Group(), Cause: n.Cause, Arm: v.Arm, Budget: v.Budget, Seed: seed,
				ComputeShare: v.ComputeShare, Verdict: v.Verdict, Claim: v.Claim, Revised: v.Revised,
			}
			if row.Before, ok = accuracy[key{n.File, seedlessID(n.Architecture), seed}]; !ok {
				return nil, fmt.Errorf("%s: no training with seed %d; run the baseline", n.File, seed)
			}
			if row.After, ok = accuracy[key{n.File, seedlessID(after), seed}]; !ok {
				return nil, fmt.Errorf("%s as revised by %s: no training with seed %d; run train", n.File, v.Arm, seed)
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}
