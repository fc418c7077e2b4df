package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// result is what --json prints.
type result struct {
	RatePlanned float64              `json:"planned_requests_per_second"`
	ProbeEpochs int                  `json:"probe_epochs"`
	Seed        uint64               `json:"seed"`
	Machine     string               `json:"machine"`
	Alone       trial                `json:"readers_alone"`
	Probes      []trial              `json:"probes"`                // in the order in which they ran
	Rate        float64              `json:"requests_per_second"`   // answered without error while a probe trained
	Latency     latencies            `json:"latency"`               // all probes with readers together
	ByKind      map[string]latencies `json:"latency_by_kind"`       // the same
	Cached      float64              `json:"not_modified_share"`    // of the answers, 304
	Megabytes   float64              `json:"megabytes_per_second"`  // of bodies
	Late        latencies            `json:"sent_late"`             // how late this program sent; part of each latency
	Errors      int                  `json:"errors"`                // of all requests, readers alone included
	FirstErrors []string             `json:"first_errors"`          // what the first of them were
	Without     float64              `json:"probe_seconds_without"` // medians
	With        float64              `json:"probe_seconds_with"`
	Slowdown    float64              `json:"slowdown"`  // median over the pairs of with divided by without
	Slowdowns   []float64            `json:"slowdowns"` // of each pair
	// What a request cost the service: its processor time above that of a probe without readers, medians of both, shared
	// out among the requests. On a machine that others use too it is steadier than any time. 0: the system does not tell.
	Cost float64 `json:"processor_ms_per_request"`
}

// most errors that are told one by one.
const maxErrors = 5

// complete computes the figures of all probes together.
func (r *result) complete() {
	var with, without, busy, idle, requests []float64
	var all []answer
	var took time.Duration
	var bytes int64
	cached := 0
	for _, t := range r.Probes {
		if u := t.Processor; u != nil && t.Readers {
			busy, requests = append(busy, u.Service), append(requests, float64(len(t.answers)))
		} else if u != nil {
			idle = append(idle, u.Service)
		}
		if !t.Readers {
			without = append(without, t.Seconds)
			continue
		}
		with = append(with, t.Seconds)
		all = append(all, t.answers...)
		took += t.took
	}
	for i := range with {
		r.Slowdowns = append(r.Slowdowns, with[i]/without[i])
	}
	r.With, r.Without, r.Slowdown = median(with), median(without), median(r.Slowdowns)
	if n := median(requests); n > 0 {
		r.Cost = 1000 * (median(busy) - median(idle)) / n
	}
	latency := func(a answer) time.Duration { return a.latency }
	r.Latency, r.Late = summarise(all, latency), summarise(all, func(a answer) time.Duration { return a.late })
	r.Rate = float64(r.Latency.Requests) / took.Seconds()
	kinds := map[string][]answer{}
	for _, a := range all {
		kinds[a.kind] = append(kinds[a.kind], a)
		bytes += a.bytes
		if a.cached {
			cached++
		}
	}
	r.ByKind = map[string]latencies{}
	for kind, some := range kinds {
		r.ByKind[kind] = summarise(some, latency)
	}
	r.Cached = float64(cached) / float64(max(len(all), 1))
	r.Megabytes = float64(bytes) / 1e6 / took.Seconds()
	r.FirstErrors = []string{}
	for _, a := range append(slices.Clone(r.Alone.answers), all...) {
		if a.err == nil {
			continue
		}
		if r.Errors++; r.Errors <= maxErrors {
			r.FirstErrors = append(r.FirstErrors, a.err.Error())
		}
	}
}

func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// machine says what the figures were measured on.
func machine() string {
	said := fmt.Sprintf("%s/%s, %d processors", runtime.GOOS, runtime.GOARCH, runtime.NumCPU())
	if data, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, ok := strings.Cut(string(data), "model name\t: "); ok {
			name, _, _ := strings.Cut(rest, "\n")
			said += ", " + name
		}
	}
	if data, err := os.ReadFile("/proc/loadavg"); err == nil {
		said += "; load average before: " + strings.Join(strings.Fields(string(data))[:3], " ")
	}
	return said
}

// write prints the tables.
func (r *result) write(w io.Writer) error {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s\n\nTrials, in the order in which they ran; processor time in seconds\n\n", r.Machine)
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t,
		"training\treaders\tseconds\trequests/s\tp50 ms\tp90 ms\tp99 ms\tmax ms\terrors\tservice\tload\tothers\t")
	line := func(what string, x trial) {
		fmt.Fprintf(t, "%s\t%s\t%s\t", what, map[bool]string{true: "yes", false: "no"}[x.Readers], figure(x.Seconds, 1))
		if l := x.Latency; l != nil {
			fmt.Fprintf(t, "%.1f\t%.1f\t%.1f\t%.1f\t%.1f\t%d\t", x.Rate, l.P50, l.P90, l.P99, l.Max, x.Errors)
		} else {
			fmt.Fprint(t, "–\t–\t–\t–\t–\t–\t")
		}
		if u := x.Processor; u != nil {
			fmt.Fprintf(t, "%.1f\t%.1f\t%.1f\t\n", u.Service, u.Load, u.Others)
		} else {
			fmt.Fprint(t, "–\t–\t–\t\n")
		}
	}
	line("none", r.Alone)
	for _, p := range r.Probes {
		line("probe", p)
	}
	err := t.Flush()
	fmt.Fprintf(&b, "\nLatencies while a probe trains, from the time a request was due\n\n")
	t = tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\trequests\tp50 ms\tp90 ms\tp99 ms\tmax ms\t")
	row := func(name string, l latencies) {
		fmt.Fprintf(t, "%s\t%d\t%.1f\t%.1f\t%.1f\t%.1f\t\n", name, l.Requests, l.P50, l.P90, l.P99, l.Max)
	}
	kinds := make([]string, 0, len(r.ByKind))
	for kind := range r.ByKind {
		kinds = append(kinds, kind)
	}
	slices.Sort(kinds)
	for _, kind := range kinds {
		row(kind, r.ByKind[kind])
	}
	row("all", r.Latency)
	row("sent late", r.Late)
	if err == nil {
		err = t.Flush()
	}
	fmt.Fprintf(&b, "\n%.1f of %g requests/s answered, %.0f %% of them 304, %.1f MB/s; %d errors\n", r.Rate, r.RatePlanned,
		100*r.Cached, r.Megabytes, r.Errors)
	for _, e := range r.FirstErrors {
		fmt.Fprintln(&b, " ", e)
	}
	fmt.Fprintf(&b,
		"probe of %d epochs: %.1f s without readers, %.1f s with them (medians); slowdown %.2f (median of pairs: %s)\n",
		r.ProbeEpochs, r.Without, r.With, r.Slowdown, figures(r.Slowdowns))
	if r.Cost != 0 {
		fmt.Fprintf(&b, "a request costs the service %.2f ms of processor time: at %.0f requests/s that is %.2f processors\n",
			r.Cost, r.Rate, r.Cost*r.Rate/1000)
	}
	if err != nil {
		return err
	}
	_, err = w.Write(b.Bytes())
	return err
}

func figure(v float64, digits int) string {
	if v == 0 {
		return "–"
	}
	return fmt.Sprintf("%.*f", digits, v)
}

func figures(values []float64) string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = fmt.Sprintf("%.2f", v)
	}
	return strings.Join(all, ", ")
}
