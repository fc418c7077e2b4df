package code

// lossCap is 3 (FOREST.md: heavy tails). Read next: README.md, then code/README.md.
const lossCap = 3
