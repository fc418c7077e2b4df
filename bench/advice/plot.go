package main

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
)

// plotSide is the side of the plot's square, in pixels, and plotEdge what is left around it for the axes.
const (
	plotSide = 400
	plotEdge = 50
)

// calibrationPlot is an SVG of the gains that ours shows, with their intervals, against those that full training
// reached, in points; on the diagonal they are equal. It is nil where no gain was shown.
func calibrationPlot(rows []Row) []byte {
	type point struct {
		net            string
		reached        float64
		gain, low, top float64
	}
	var points []point
	low, high := -.02, .02
	for _, n := range byNet(rows) {
		if n.Claim == nil {
			continue
		}
		p := point{n.Net, n.Gain(), n.Claim.Gain, n.Claim.Low, n.Claim.High}
		points = append(points, p)
		low, high = min(low, p.reached, p.low), max(high, p.reached, p.top)
	}
	if points == nil {
		return nil
	}
	at := func(x float64) float64 { return (x - low) / (high - low) * plotSide }
	x := func(v float64) float64 { return plotEdge + at(v) }
	y := func(v float64) float64 { return plotEdge + plotSide - at(v) }
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="11">
<rect width="100%%" height="100%%" fill="white"/>
`, plotSide+2*plotEdge, plotSide+2*plotEdge)
	step := tick(high - low)
	for i := math.Ceil(low / step); i*step <= high; i++ {
		v := i * step
		fmt.Fprintf(&b, `<path d="M%.1f %dV%d M%d %.1fH%d" stroke="#ddd"/>
<text x="%.1f" y="%d" text-anchor="middle">%+.0f</text><text x="%d" y="%.1f" text-anchor="end">%+.0f</text>
`, x(v), plotEdge, plotEdge+plotSide, plotEdge, y(v), plotEdge+plotSide,
			x(v), plotEdge+plotSide+15, 100*v, plotEdge-5, y(v)+4, 100*v)
	}
	fmt.Fprintf(&b, `<path d="M%.1f %.1fL%.1f %.1f" stroke="#999" stroke-dasharray="4"/>
`, x(low), y(low), x(high), y(high))
	for _, p := range points {
		fmt.Fprintf(&b, `<g stroke="#36c" fill="#36c"><path d="M%.1f %.1fV%.1f" stroke-opacity=".4"/>`+
			`<circle cx="%.1f" cy="%.1f" r="3"><title>`, x(p.reached), y(p.low), y(p.top), x(p.reached), y(p.gain))
		_ = xml.EscapeText(&b, []byte(p.net)) // to memory
		b.WriteString("</title></circle></g>\n")
	}
	middle := plotEdge + plotSide/2
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">points reached in full training</text>
<text transform="translate(14 %d) rotate(-90)" text-anchor="middle">points shown</text>
</svg>
`, middle, plotEdge+plotSide+35, middle)
	return b.Bytes()
}

// tick is the distance of grid lines: one, two or five points times a power of ten, at most ten to the width.
func tick(width float64) float64 {
	for unit := .01; ; unit *= 10 {
		for _, step := range []float64{unit, 2 * unit, 5 * unit} {
			if width/step <= 10 {
				return step
			}
		}
	}
}
