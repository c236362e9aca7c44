package rules

import "rundown/plan"

// eachSettings visits the settings of every recording, and of each of its changes that sets any, in document order.
func (c *checker) eachSettings(visit func(r *plan.Recording, s *plan.Settings)) {
	for _, r := range c.p.Recordings {
		visit(r, &r.Settings)
		for i := range r.Changes {
			if over := r.Changes[i].Over; over != nil {
				changed := over(r.Settings)
				visit(r, &changed)
			}
		}
	}
}

// eachText visits every text in which references are allowed, in document order within each kind. r is the recording
// that has it, nil for the root file's own. A text that several recordings inherit is visited for each of them.
func (c *checker) eachText(visit func(r *plan.Recording, t plan.Text)) {
	p := c.p
	own := func(texts ...plan.Text) {
		for _, t := range texts {
			visit(nil, t)
		}
	}
	own(p.Account.CustomerID, p.Account.CustomerSecret)
	for _, a := range p.Apps {
		own(a.ID)
	}
	for _, s := range p.Storages {
		own(s.AccessKey, s.SecretKey)
	}
	for _, cdn := range p.CDNs {
		own(cdn.URL, cdn.Fallback)
	}
	for _, n := range p.Notify {
		own(n.Webhook, n.Secret, n.To)
	}
	own(p.Ping)
	c.eachSettings(func(r *plan.Recording, s *plan.Settings) { visit(r, s.URL) })
}

// findingGroup collects findings about values that several recordings may inherit, so that each is reported once, at
// the value, with the recordings that have it. K identifies a finding.
type findingGroup[K comparable] struct {
	order []*groupedFinding
	index map[K]*groupedFinding
}

// groupedFinding is a finding, worded for the first recording that has it.
type groupedFinding struct {
	pos     plan.Pos
	message string
	hint    plan.Hint
	ids     []string // of the recordings
}

// add notes that a recording has a finding. It calls tell for the first recording only.
func (g *findingGroup[K]) add(key K, r *plan.Recording, tell func() (pos plan.Pos, message string, hint plan.Hint)) {
	m, known := g.index[key]
	if !known {
		m = &groupedFinding{}
		m.pos, m.message, m.hint = tell()
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
	type mistake struct {
		pos     plan.Pos
		message string
		hint    plan.Hint
	}
	var g findingGroup[mistake]
	c.eachSettings(func(r *plan.Recording, s *plan.Settings) {
		if message, hint := judge(s); message != "" {
			if _, given := s.From.Of(keys[0]); !given {
				hint.Replacement = "" // the place is that of another key
			}
			hint.ValueOnly = true
			m := mistake{keyPos(r, s, keys), message, hint}
			g.add(m, r, func() (plan.Pos, string, plan.Hint) { return m.pos, m.message, m.hint })
		}
	})
	g.report(c)
}

// keyPos is the position of a setting: of the first of the keys that is set, else of the recording.
func keyPos(r *plan.Recording, s *plan.Settings, keys []string) plan.Pos {
	for _, key := range keys {
		if pos, ok := s.From.Of(key); ok {
			return pos
		}
	}
	return r.Pos
}
