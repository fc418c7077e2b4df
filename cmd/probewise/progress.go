package main

import (
	"fmt"

	"github.com/schollz/progressbar/v3"

	"probewise/advisor"
	"probewise/advisor/figure"
)

// watch shows events: a progress bar, one per phase, where the standard error is a terminal, else a line per record.
func (a *app) watch() advisor.Watcher {
	if a.Quiet {
		return nil
	}
	if _, ok := terminal(a.errOut); !ok {
		return a.lines
	}
	var bar *progressbar.ProgressBar
	phase, run, total := "", "", 0
	return func(e advisor.Event) {
		switch e.Type {
		case advisor.EventProgress:
			if bar == nil || e.Phase != phase || e.Run != run || e.Progress.Batches != total {
				phase, run, total = e.Phase, e.Run, e.Progress.Batches
				bar = a.bar(int64(e.Progress.Batches), phase)
			}
			_ = bar.Set(min(e.Progress.Batch, e.Progress.Batches)) // a bar that cannot be drawn is no reason to stop
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
