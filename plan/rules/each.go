package rules

import (
	"iter"

	"rundown/plan"
)

// finding is what a rule says of one place.
type finding struct {
	pos     plan.Pos
	message string
	hint    plan.Hint
}

// findingGroup collects findings about values that several recordings may inherit, so that each is reported once, at
// the value, with the recordings that have it. K identifies a finding.
type findingGroup[K comparable] struct {
	order []*groupedFinding
	index map[K]*groupedFinding
}

// groupedFinding is a finding, worded for the first recording that has it.
type groupedFinding struct {
	finding
	ids []string // of the recordings
}

// add notes that a recording has a finding. Of those with one key the first is reported.
func (g *findingGroup[K]) add(key K, r *plan.Recording, f finding) {
	m, known := g.index[key]
	if !known {
		m = &groupedFinding{finding: f}
		if g.index == nil {
			g.index = map[K]*groupedFinding{}
		}
		g.index[key] = m
		g.order = append(g.order, m)
	}
	if n := len(m.ids); n == 0 || m.ids[n-1] != r.ID {
		m.ids = append(m.ids, r.ID)
	}
}

// report reports the findings in the order in which they were added.
func (g *findingGroup[K]) report(c *checker) {
	for _, m := range g.order {
		if len(m.ids) > 1 {
			m.message += ", in " + plan.SomeOf(m.ids)
		}
		c.advise(m.pos, m.message, m.hint)
	}
}

// reportValues checks the effective settings of every recording and of its changes. judge returns what is wrong with
// a key's value and a hint, "" for nothing. The position is that of the first of the keys that is set; an edit
// replaces the value of keys[0].
func (c *checker) reportValues(keys []string, judge func(s *plan.Settings) (message string, hint plan.Hint)) {
	var g findingGroup[finding]
	for r, s := range c.p.EachSettings() {
		if message, hint := judge(s); message != "" {
			if _, given := s.From.Of(keys[0]); !given {
				hint.Replacement = "" // the place is that of another key
			}
			hint.ValueOnly = true
			f := finding{keyPos(r, s, keys), message, hint}
			g.add(f, r, f)
		}
	}
	g.report(c)
}

// sample is a text of a recording's settings with its placeholders replaced by values that a class may have.
type sample struct {
	r       *plan.Recording
	written plan.Text
	text    plan.Text // of the same position
}

// samples gives a text of the settings of every recording and of its changes. It leaves out what is not set, and what has
// an unknown placeholder, which is another rule's.
func (c *checker) samples(of func(*plan.Settings) plan.Text) iter.Seq[sample] {
	return func(yield func(sample) bool) {
		for r, s := range c.p.EachSettings() {
			written := of(s)
			if written.IsZero() {
				continue
			}
			if text, unknown := written.ExpandBy(c.sampleValues(r, s)); len(unknown) == 0 && !yield(sample{r, written, text}) {
				return
			}
		}
	}
}

// pageOf is the address of the page.
func pageOf(s *plan.Settings) plan.Text { return s.URL }

// keyPos is the position of a setting: of the first of the keys that is set, else of the recording.
func keyPos(r *plan.Recording, s *plan.Settings, keys []string) plan.Pos {
	for _, key := range keys {
		if pos, ok := s.From.Of(key); ok {
			return pos
		}
	}
	return r.Pos
}
