// Package web holds the files of the pages: html/template templates, one style sheet, small ES modules, and the
// vendored uPlot and Swagger UI, embedded as they are. Package api/pages parses the templates and fills them; package
// api serves the rest under /static. There is no build step: what is here is what the browser gets.
//
// Invariants: it imports nothing of ours. Every page works without scripts, but for /docs, which is Swagger UI over the
// OpenAPI document; a script only adds to what is there. No template or script has an inline style, an inline script or
// an event attribute, so that a Content-Security-Policy of default-src 'self' holds, and nothing is loaded from
// elsewhere. Every chart has the table that it is drawn from beside it. Colours are custom properties of
// static/style.css, in a light and a dark set.
//
// static/vendor/uplot is uPlot 1.6.32 (npm, dist/ and LICENSE, unchanged; MIT). static/vendor/swagger-ui is Swagger UI
// 5.35.0 (npm swagger-ui-dist: bundle, style sheet, LICENSE and NOTICE; Apache-2.0).
//
// Read next: templates/layout.html, then the package api/pages.
package web
