package main

import (
	"fmt"
	"strings"

	"github.com/schollz/progressbar/v3"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

// watch shows events: a progress bar, one per phase, where the standard error is a terminal, else a line per record.
// Runs of one phase that stand side by side share its bar.
func (a *app) watch() advisor.Watcher {
	if a.Quiet {
		return nil
	}
	if _, ok := terminal(a.errOut); !ok {
		return a.lines
	}
	var bar *progressbar.ProgressBar
	phase, runs := "", map[string]trainer.Progress{}
	return func(e advisor.Event) {
		switch e.Type {
		case advisor.EventProgress:
			kind, _, _ := strings.Cut(e.Phase, ",") // "search", however far it is
			if bar == nil || kind != phase {
				phase = kind
				clear(runs)
				bar = a.bar(int64(e.Progress.Batches), phase)
			}
			runs[e.Run] = *e.Progress
			done, all := 0, 0
			for _, p := range runs {
				done, all = done+min(p.Batch, p.Batches), all+p.Batches
			}
			bar.ChangeMax(all)
			_ = bar.Set(done) // a bar that cannot be drawn is no reason to stop
		case advisor.EventDone:
			if bar != nil {
				_ = bar.Finish()
			}
		}
	}
}

func (a *app) lines(e advisor.Event) {
	if e.Type == advisor.EventEpoch {
		fmt.Fprintf(a.errOut, "%s: epoch %s, validation accuracy %s\n", e.Phase, figure.Setting(e.Record.Epoch),
			figure.Share(e.Record.ValidationAccuracy))
	}
}

// bar is a progress bar on the standard error; a silent one where that is no terminal.
func (a *app) bar(total int64, title string) *progressbar.ProgressBar {
	if _, ok := terminal(a.errOut); !ok || a.Quiet {
		return progressbar.DefaultSilent(total)
	}
	return progressbar.NewOptions64(total, progressbar.OptionSetWriter(a.errOut), progressbar.OptionSetDescription(title),
		progressbar.OptionSetWidth(30), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(),
		progressbar.OptionThrottle(65e6), progressbar.OptionSetPredictTime(true))
}
