package code

var fixture = "FIXTURE.md" // as ADVICE.md says
