// Package readme executes the shell commands of README.md, so that what a newcomer types is what works. It also checks
// all documents (documents.go): each one that is named exists, and no line of prose is too wide.
//
// Every fenced block with the language sh, bash or shell runs in its own bash (errexit, nounset, pipefail), in order,
// from the repository's root, with an empty data folder in PROBEWISE_DATA_DIR and a freshly built probewise first on
// PATH; it must end with exit code 0. A fence must name its language; output goes into a text block. Two markers, each
// on a line of its own above the fence with nothing but blank lines between, change what is expected of the block below
// it:
//
//	<!-- exit: 1 -->                 the block must end with this exit code
//	<!-- not executed: download -->  the block is left out, for one of the reasons in reasons.go
//
// The reason must fit: a block left out as a download must contain a download. A marker over no shell block,
// one that says something else, and a second one are errors.
//
// Read next: blocks.go (from Markdown to blocks), reasons.go, run.go, then documents.go.
package readme
