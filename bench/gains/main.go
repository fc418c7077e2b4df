package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"

	"probewise/advisor/corpus"
	"probewise/advisor/gain"
	"probewise/forest"
	"probewise/forest/childprocess"
)

type only struct{ member string }

func (o only) Fit(ctx context.Context, t forest.Table, opt forest.Options) (*forest.Model, error) {
	opt.Only = o.member
	return childprocess.Fitter{}.Fit(ctx, t, opt)
}

func main() {
	if childprocess.Is(os.Args[1:]) {
		childprocess.Serve(os.Stdin, os.Stdout)
		return
	}
	dir := flag.String("pairs", "/tmp/exp/pairs", "")
	member := flag.String("only", "", "")
	few := flag.Bool("few", false, "")
	flag.Parse()
	entries, err := corpus.Read(os.DirFS(*dir))
	if err != nil {
		fmt.Println(err)
	}
	pairs := gain.Pairs(entries)
	fmt.Println(len(entries), "entries", len(pairs), "pairs")
	for _, p := range pairs {
		if flag.NArg() > 0 {
			fmt.Printf("%-40s %-60s %.3f %+.3f  obs", p.Family, strings.Join(p.Settings, "; "), p.Base.Outcome.TestAccuracy, p.Gain())
			fmt.Println()
		}
	}
	for _, m := range gain.Moments {
		for _, without := range [][]gain.Group{nil, {gain.OfStatistics}, {gain.OfStatistics, gain.OfCurve}} {
			if *few && (without != nil || m == 2) {
				continue
			}
			s, _, err := gain.Scored(context.Background(), only{*member}, pairs, m, without...)
			fmt.Printf("%g without %v: R2 %.2f MAE %.3f rank %.2f (%.2f %.2f) regret %.3f (%.3f %.3f) bias %+.3f cov %.2f width %.3f %v\n", m, without, s.R2, s.MAE, s.Rank.Mean, s.Rank.Low, s.Rank.High, s.Regret.Mean, s.Regret.Low, s.Regret.High, s.Bias, s.Coverage, s.Width, err)
		}
	}
}
