// Package search decides what to try on a net, how long, and what to believe: it spends a budget of training on
// candidates, nets that differ from the base by settings of knobs, in rungs of successive halving (Jamieson & Talwalkar
// 2016). Many are trained for a quarter of an epoch, fewer for half of one and for a whole one; a judge foretells from
// each trial what full training would gain, and says who goes on. The best is then trained again beside the base with
// seeds that did not choose it, and what those show is the gain that is believed. Where that is above zero beyond
// doubt, the winner is the next base, as long as the budget lasts.
//
// It trains nothing and stores nothing itself: a Lab does. The same probe, candidates and judge give the same
// decisions, so that a search that was interrupted comes to the same end with what its lab has kept.
//
// Read next: search.go (the rounds), rung.go (one race), order.go (what goes on), confirm.go
// (what is believed), combine.go (packages).
package search
