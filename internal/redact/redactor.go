// Package redact takes secrets out of texts.
//
// A [Redactor] knows secrets by their values and finds them in what a service, a proxy or a library says, in whatever
// form it quotes them: agora asks it for each answer, and the runner tells it the secrets of the plans. [Lines] knows
// no secret: it shows lines of a plan, also of one that cannot be parsed, without the values that may be secret.
// Start reading at [Redactor.Redact] and [NewLines]. The package imports no other package of the program.
package redact

import (
	"html"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
)

const (
	// shortestSecret is the length in bytes from which a text is looked for: shorter ones would garble any message.
	shortestSecret = 4
	// maxRotating is how many secrets of one source that rotates a redactor knows. Temporary credentials are three, and
	// valid for hours: of a source that gives new ones each minute, those of the last five hours are known.
	maxRotating = 1024
	// maxRedacted is how many bytes of a text are looked at; the rest is dropped. Texts that are shown are far shorter.
	maxRedacted = 8 << 10
)

// Mark stands in a text for a secret.
const Mark = "[redacted]"

// Redactor replaces secrets in texts of the service, which may quote what it was sent. A secret is found as it is, and
// in the forms in which JSON, HTML, URLs and Go's quoting write it, two of them one over the other included. The zero
// value knows no secret and is ready. It is safe for concurrent use.
type Redactor struct {
	mu       sync.RWMutex        // guards all: a plan that is reloaded adds secrets while answers are redacted
	lasting  map[string]bool     // never dropped
	rotating map[string][]string // by source; those added last stand at the end
	first    map[byte][]string   // all of them by their first byte
}

// Add makes secrets known for good: those that a plan writes out, and those of the environment. What a source replaces as
// time goes by is for [Redactor.AddRotating].
func (r *Redactor) Add(secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range secrets {
		if r.lasting[s] {
			continue
		}
		for _, form := range decodedForms(s) {
			if len(form) < shortestSecret {
				continue
			}
			if r.lasting == nil {
				r.lasting = map[string]bool{}
			}
			r.lasting[form] = true
			r.index(form)
		}
	}
}

// AddRotating makes secrets known that a source replaces as time goes by, such as temporary credentials. Of each source
// the last 1024 are kept, so a source that rotates displaces only its own secrets.
func (r *Redactor) AddRotating(source string, secrets ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	of := r.rotating[source]
	for _, s := range secrets {
		var forms []string
		for _, form := range decodedForms(s) {
			if len(form) >= shortestSecret && !slices.Contains(forms, form) {
				forms = append(forms, form)
				r.index(form)
			}
		}
		of = slices.DeleteFunc(of, func(known string) bool { return slices.Contains(forms, known) })
		of = append(of, forms...)
	}
	excess := max(len(of)-maxRotating, 0)
	if r.rotating == nil {
		r.rotating = map[string][]string{}
	}
	r.rotating[source] = slices.Delete(of, 0, excess)
	if excess > 0 {
		r.reindex()
	}
}

// index makes a secret known to find, by its first byte. The caller holds the lock.
func (r *Redactor) index(secret string) {
	if r.first == nil {
		r.first = map[byte][]string{}
	}
	if first := secret[0]; !slices.Contains(r.first[first], secret) {
		r.first[first] = append(r.first[first], secret)
	}
}

// reindex drops from the index what is not kept any more. The caller holds the lock.
func (r *Redactor) reindex() {
	kept := maps.Clone(r.lasting)
	if kept == nil {
		kept = map[string]bool{}
	}
	for _, of := range r.rotating {
		for _, s := range of {
			kept[s] = true
		}
	}
	for first, secrets := range r.first {
		r.first[first] = slices.DeleteFunc(secrets, func(s string) bool { return !kept[s] })
	}
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

// AddURL makes a whole address known for good, and of its parts those that carry a secret. See [URLSecrets].
func (r *Redactor) AddURL(address string, path bool) { r.Add(URLSecrets(address, path)...) }

// URLSecrets gives a whole address, and of its parts those that carry a secret: user and password, the query, and of an
// ingest address the path.
func URLSecrets(address string, path bool) []string {
	secrets := []string{address}
	u, err := url.Parse(address)
	if err != nil {
		return secrets
	}
	secrets = append(secrets, u.RequestURI(), u.RawQuery)
	for _, values := range u.Query() {
		secrets = append(secrets, values...)
	}
	if u.User != nil {
		password, _ := u.User.Password()
		secrets = append(secrets, u.User.String(), password)
	}
	if path {
		for _, p := range []string{u.EscapedPath(), u.Path} {
			secrets = append(secrets, p)
			for i := range len(p) { // where the application ends and the stream key begins is the CDN's to say
				if p[i] == '/' {
					secrets = append(secrets, p[i+1:])
				}
			}
		}
	}
	return secrets
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
	if len(r.first) == 0 {
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
