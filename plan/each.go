package plan

import (
	"fmt"
	"strings"
)

func (c *checker) eachSettings(visit func(r *Recording, s *Settings)) { c.p.EachSettings(visit) }

// EachSettings visits the settings of every recording, and those of each of its changes that sets any, in document
// order.
func (p *Plan) EachSettings(visit func(r *Recording, s *Settings)) {
	for _, r := range p.Recordings {
		visit(r, &r.Settings)
		for i := range r.Changes {
			if over := r.Changes[i].over; over != nil {
				changed := over(r.Settings)
				visit(r, &changed)
			}
		}
	}
}

// eachText visits every text in which references are allowed, in document order within each kind.
func (c *checker) eachText(visit func(Text)) {
	p := c.p
	visit(p.Account.CustomerID)
	visit(p.Account.CustomerSecret)
	for _, a := range p.Apps {
		visit(a.ID)
	}
	for _, s := range p.Storages {
		visit(s.AccessKey)
		visit(s.SecretKey)
	}
	for _, cdn := range p.CDNs {
		visit(cdn.URL)
		visit(cdn.Fallback)
	}
	for _, n := range p.Notify {
		visit(n.Webhook)
	}
	seen := map[*text]bool{nil: true}
	c.eachSettings(func(_ *Recording, s *Settings) {
		if !seen[s.URL.t] {
			seen[s.URL.t] = true
			visit(s.URL)
		}
	})
}

// reportValues judges the effective settings of every recording and of its changes: judge gives what is wrong with
// one key's value and what to try, "" for nothing. A value that several recordings inherit is reported once, where it
// stands, with the recordings that it reaches.
func (c *checker) reportValues(key string, judge func(s *Settings) (message, hint string)) {
	type mistake struct {
		pos           Pos
		message, hint string
	}
	var order []mistake
	reached := map[mistake][]string{}
	c.eachSettings(func(r *Recording, s *Settings) {
		message, hint := judge(s)
		if message == "" {
			return
		}
		m := mistake{r.keyPos(s, key), message, hint}
		ids, known := reached[m]
		if !known {
			order = append(order, m)
		}
		if len(ids) == 0 || ids[len(ids)-1] != r.ID {
			reached[m] = append(ids, r.ID)
		}
	})
	for _, m := range order {
		message := m.message
		if ids := reached[m]; len(ids) > 1 {
			message += ", in " + someOf(ids)
		}
		c.report(m.pos, message, m.hint)
	}
}

// someOf names the first of many: a, b, c and 9 more.
func someOf(names []string) string {
	const most = 3
	switch n := len(names); {
	case n > most+1:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), n-most)
	case n > 1:
		return strings.Join(names[:n-1], ", ") + " and " + names[n-1]
	default:
		return strings.Join(names, "")
	}
}

// keyPos is where a setting that matters to a recording stands: at the key that gives it, else at the recording.
func (r *Recording) keyPos(s *Settings, key string) Pos {
	if pos, ok := s.From[key]; ok {
		return pos
	}
	return r.Pos
}
