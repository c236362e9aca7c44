package load

import (
	"slices"
	"strings"

	"gopkg.in/yaml.v3"

	"rundown/plan"
)

// unreadParts are what a mistake keeps from being read: a definition may be used there, and a day may have a class
// there. A rule that looks for what is used nowhere must know of it, else its findings follow from the mistake.
type unreadParts struct {
	texts      map[string]bool // under keys that are not known, or that are defined twice
	recordings bool            // a recording is among them
}

// note collects the texts of a value that is not read.
func (u *unreadParts) note(n *yaml.Node) {
	if n.Kind == yaml.ScalarNode && n.Tag != "!!null" {
		if u.texts == nil {
			u.texts = make(map[string]bool)
		}
		u.texts[n.Value] = true
	}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			u.recordings = u.recordings || child.Value == "when"
			continue
		}
		u.note(child)
	}
}

// unreadUses marks the definitions that something unread may use.
func (b *builder) unreadUses() {
	unread := false
	for _, u := range b.sources {
		unread = unread || u.unread.recordings || u.part == nil
		for _, d := range b.p.Uses.List {
			d.Used = d.Used || d.Kind != variableKind && u.unread.texts[d.Name]
		}
		for text := range u.unread.texts {
			if strings.Contains(text, "${") {
				b.p.Uses.Unclear[variableKind] = true
				break
			}
		}
	}
	if unread {
		unreadRecordings(b.p)
	}
}

// unreadRecordings notes that a plan has recordings that could not be read, and that may use anything.
func unreadRecordings(p *plan.Plan) {
	p.UnreadRecordings = true
	for _, d := range p.Uses.List {
		p.Uses.Unclear[d.Kind] = true
	}
}

// lacksIncluded says whether the findings of a plan, as its author gets them, have the error that a file to include was
// not read. Where the author has made that no error, such a file may be missing, and the plan is whole without it.
func lacksIncluded(findings []plan.Finding) bool {
	return slices.ContainsFunc(findings, func(f plan.Finding) bool {
		return f.Rule == "include-not-found" && f.Severity == plan.SeverityError
	})
}

// variableKind is what [plan.Uses] calls a variable of expose.
const variableKind = "variable"
