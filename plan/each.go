package plan

// eachSettings visits the settings of every recording, and those of each of its changes that sets any, in document
// order.
func (c *checker) eachSettings(visit func(r *Recording, s *Settings)) {
	for _, r := range c.p.Recordings {
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

// keyPos is where a setting that matters to a recording stands: at the key that gives it, else at the recording.
func (r *Recording) keyPos(s *Settings, key string) Pos {
	if pos, ok := s.From[key]; ok {
		return pos
	}
	return r.Pos
}
