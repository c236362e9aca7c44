// Package redact takes secrets out of texts.
//
// A [Redactor] knows secrets by their values and finds them in what a service, a proxy or a library says, in whatever
// form it quotes them: agora asks it for each answer, and the runner tells it the secrets of the plans. [Lines] knows
// no secret: it shows lines of a plan, also of one that cannot be parsed, without the values that may be secret.
// Start reading at [Redactor.Redact] and [NewLines]. The package imports no other package of the program.
package redact

import (
	"html"
	"net/url"
	"slices"
	"strings"
	"sync"
)

const (
	// shortestSecret is the length in bytes from which a text is looked for: shorter ones would garble any message.
	shortestSecret = 4
	// maxSecrets is how many secrets a redactor knows; of more, the oldest are dropped. A plan has some tens, and each
	// rotation adds one.
	maxSecrets = 1024
	// maxRedacted is how many bytes of a text are looked at; the rest is dropped. Texts that are shown are far shorter.
	maxRedacted = 8 << 10
)

// Mark stands in a text for a secret.
const Mark = "[redacted]"

// Redactor replaces secrets in texts of the service, which may quote what it was sent. A secret is found as it is, and
// in the forms in which JSON, HTML, URLs and Go's quoting write it, two of them one over the other included. The zero
// value knows no secret and is ready. It is safe for concurrent use.
type Redactor struct {
	mu      sync.RWMutex      // guards both: a plan that is reloaded adds secrets while answers are redacted
	secrets []string          // oldest first
	first   map[byte][]string // the same by their first byte
}

// Add makes secrets known.
func (r *Redactor) Add(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range secrets {
		if slices.Contains(r.secrets, s) {
			continue
		}
		for _, form := range decodedForms(s) {
			if len(form) >= shortestSecret && !slices.Contains(r.secrets, form) {
				r.secrets = append(r.secrets, form)
				r.index(form)
			}
		}
	}
	if excess := len(r.secrets) - maxSecrets; excess > 0 {
		r.secrets = slices.Delete(r.secrets, 0, excess)
		r.first = nil
		for _, s := range r.secrets {
			r.index(s)
		}
	}
}

// index makes a secret known to find, by its first byte. The caller holds the lock.
func (r *Redactor) index(secret string) {
	if r.first == nil {
		r.first = map[byte][]string{}
	}
	r.first[secret[0]] = append(r.first[secret[0]], secret)
}

// decodedForms gives a secret and what it stands for where it is itself encoded. A byte that is no UTF-8 comes back from
// JSON as the replacement character.
func decodedForms(s string) []string {
	forms := []string{s, html.UnescapeString(s), string([]rune(s))}
	if path, err := url.PathUnescape(s); err == nil {
		forms = append(forms, path)
	}
	if query, err := url.QueryUnescape(s); err == nil {
		forms = append(forms, query)
	}
	return forms
}

// AddURL takes a whole address for a secret, and of its parts those that carry one: user and password, the query, and
// of an ingest address the path.
func (r *Redactor) AddURL(address string, path bool) {
	r.Add(address)
	u, err := url.Parse(address)
	if err != nil {
		return
	}
	r.Add(u.RequestURI(), u.RawQuery)
	for _, values := range u.Query() {
		r.Add(values...)
	}
	if u.User != nil {
		password, _ := u.User.Password()
		r.Add(u.User.String(), password)
	}
	if path {
		for _, p := range []string{u.EscapedPath(), u.Path} {
			r.Add(p)
			for i := range len(p) { // where the application ends and the stream key begins is the CDN's to say
				if p[i] == '/' {
					r.Add(p[i+1:])
				}
			}
		}
	}
}

// Redact replaces each secret by [redacted]. What a text holds beyond 8 KiB is dropped.
func (r *Redactor) Redact(s string) string { return All{r}.Redact(s) }

// span is a part of a text.
type span struct{ from, until int }

// All replaces secrets by several redactors together. A nil redactor knows none.
type All []*Redactor

// Redact replaces the secrets that any of the redactors knows, as [Redactor.Redact] does. Secrets that overlap are
// replaced together, so that none survives as the rest of another.
func (rs All) Redact(s string) string {
	cut := len(s) > maxRedacted
	if cut {
		s = s[:maxRedacted]
	}
	text := &encoded{text: s}
	var found []span
	for _, r := range rs {
		if r != nil {
			found = r.find(found, text, cut)
		}
	}
	if len(found) == 0 {
		return s
	}
	slices.SortFunc(found, func(a, b span) int {
		if a.from != b.from {
			return a.from - b.from
		}
		return b.until - a.until
	})
	var b strings.Builder
	written := 0
	for i := 0; i < len(found); {
		whole := found[i]
		for i++; i < len(found) && found[i].from < whole.until; i++ {
			whole.until = max(whole.until, found[i].until)
		}
		b.WriteString(s[written:whole.from] + Mark)
		written = whole.until
	}
	b.WriteString(s[written:])
	return b.String()
}

// find appends where secrets stand in a text.
func (r *Redactor) find(found []span, s *encoded, cut bool) []span {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if len(r.secrets) == 0 {
		return found
	}
	for i := range len(s.text) {
		if !escapes(s.text[i]) {
			found = s.matches(found, i, r.first[s.text[i]], cut)
			continue
		}
		var tried []byte
		for _, reading := range s.readings(i) {
			if first := reading.text[0]; !slices.Contains(tried, first) {
				tried = append(tried, first)
				found = s.matches(found, i, r.first[first], cut)
			}
		}
	}
	return found
}

// matches appends where those of the secrets stand that begin at i.
func (s *encoded) matches(found []span, i int, secrets []string, cut bool) []span {
	for _, secret := range secrets {
		if end := s.match(i, secret, cut); end > i {
			found = append(found, span{i, end})
		}
	}
	return found
}
