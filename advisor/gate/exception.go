package gate

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

func (r *reader) exceptions(n *yaml.Node, p *Policy) {
	for i, item := range r.list(n, "/exceptions") {
		at := fmt.Sprintf("/exceptions/%d", i)
		keys := r.mapping(item, at, "the exception", "rule", "layer", "until", "reason")
		if keys == nil {
			continue
		}
		e := Exception{Rule: r.exceptedRule(item, keys["rule"], at)}
		if n := keys["layer"]; n != nil && slices.Contains(available(), e.Rule) {
			r.add(n, at+"/layer", CodeUnusedKey,
				"rule %s is about the whole network: an exception from it names no layer", e.Rule)
		}
		if n := keys["until"]; n == nil {
			r.add(item, at, CodeMissingKey, "the exception has no \"until\": the last day on which it holds, such as 2027-03-01")
		} else {
			e.Until = r.date(n, at+"/until")
		}
		if n := keys["reason"]; n == nil {
			r.add(item, at, CodeMissingKey, "the exception has no \"reason\"")
		} else {
			e.Reason = strings.TrimSpace(r.text(n, at+"/reason"))
		}
		p.Exceptions = append(p.Exceptions, e)
	}
}

func (r *reader) exceptedRule(item, n *yaml.Node, at string) string {
	if n == nil {
		r.add(item, at, CodeMissingKey, "the exception has no \"rule\"")
		return ""
	}
	name := r.choice(n, at+"/rule", slices.Concat(available(), planned)...)
	if slices.Contains(planned, name) {
		r.unavailable(n, at+"/rule", name)
	}
	return name
}

// date reads a day as YYYY-MM-DD.
func (r *reader) date(n *yaml.Node, pointer string) time.Time {
	n = follow(n)
	day, err := time.Parse(time.DateOnly, n.Value)
	if n.Kind != yaml.ScalarNode || err != nil {
		r.add(n, pointer, CodeOutOfRange, "must be a day such as 2027-03-01, not %s", shown(n))
	}
	return day
}

// exception returns an exception from the rule that holds today, or else one that has expired, or else nil.
func (p Policy) exception(rule string, today time.Time) *Exception {
	var expired *Exception
	for i, e := range p.Exceptions {
		if e.Rule != rule {
			continue
		}
		if e.holds(today) {
			return &p.Exceptions[i]
		}
		expired = &p.Exceptions[i]
	}
	return expired
}

// Expired reports the exceptions that hold no more, in words.
func (p Policy) Expired(today time.Time) []string {
	out := []string{}
	for _, e := range p.Exceptions {
		if !e.holds(today) {
			out = append(out, fmt.Sprintf("the exception from rule %s has expired: it held until %s (%s)", e.Rule,
				e.Until.Format(time.DateOnly), e.Reason))
		}
	}
	return out
}
