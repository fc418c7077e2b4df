// Package web holds the files of the pages: html/template templates, one style sheet, small ES modules and the vendored
// uPlot, embedded as they are. Package api parses the templates, fills them and serves the rest under /static. There is
// no build step: what stands here is what the browser gets.
//
// Invariants: it imports nothing of ours. Every page works without scripts; a script only adds to what is there. No
// template or script has an inline style, an inline script or an event attribute, so that a Content-Security-Policy of
// default-src 'self' holds, and nothing is loaded from elsewhere. Every chart stands beside the table that it is drawn
// from. Colours are custom properties of static/style.css, in a light and a dark set.
//
// static/vendor/uplot is uPlot 1.6.32 (npm, dist/ and LICENSE, unchanged; MIT).
//
// Read next: templates/layout.html, then api/page.go.
package web
