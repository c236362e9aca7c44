package plan

import "iter"

// Texts gives every text in which references are allowed, in the order of the sections: those of the root file, with a nil
// recording, and then the pages of recordings and of their changes. A text that several recordings inherit comes once for
// each of them.
func (p *Plan) Texts() iter.Seq2[*Recording, Text] {
	return func(yield func(*Recording, Text) bool) {
		own := []Text{p.Account.CustomerID, p.Account.CustomerSecret}
		for _, a := range p.Apps {
			own = append(own, a.ID)
		}
		for _, s := range p.Storages {
			own = append(own, s.AccessKey, s.SecretKey)
		}
		for _, c := range p.CDNs {
			own = append(own, c.URL, c.Fallback)
		}
		for _, n := range p.Notify {
			own = append(own, n.Webhook, n.Secret, n.To)
		}
		for _, t := range append(own, p.Ping) {
			if !yield(nil, t) {
				return
			}
		}
		for r, s := range p.EachSettings() {
			if !yield(r, s.URL) {
				return
			}
		}
	}
}

// EachSettings gives the settings of every recording, and those under each of its changes that sets any, in document
// order.
func (p *Plan) EachSettings() iter.Seq2[*Recording, *Settings] {
	return func(yield func(*Recording, *Settings) bool) {
		for _, r := range p.Recordings {
			if !yield(r, &r.Settings) {
				return
			}
			for i := range r.Changes {
				if over := r.Changes[i].Over; over != nil {
					if changed := over(r.Settings); !yield(r, &changed) {
						return
					}
				}
			}
		}
	}
}
