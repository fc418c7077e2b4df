// Package web is the place of the web form's templates, scripts and styles, embedded as an fs.FS that package api
// serves. It imports nothing of ours. The program has no web form in this version.
package web
