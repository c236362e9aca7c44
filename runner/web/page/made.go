package page

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"sync"
	"time"

	"rundown/runner/web/access"
)

// made is an answer that can be written several times. Nobody changes it.
type made struct {
	status int
	body   []byte
	plain  bool // it is text

	once   sync.Once
	zipped []byte
}

// write answers. A page is never stored by a browser or a proxy: it is as of an instant, and for one who may see it.
func (m *made) write(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	if m.plain {
		h.Set("Content-Type", "text/plain; charset=utf-8")
	}
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept-Encoding, Cookie")
	body := m.body
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = m.zip()
	}
	w.WriteHeader(m.status)
	_, _ = w.Write(body) // the error is that of who hung up
}

// zip compresses the answer once.
func (m *made) zip() []byte {
	m.once.Do(func() {
		var b bytes.Buffer
		z, _ := gzip.NewWriterLevel(&b, gzip.BestSpeed) // a level that exists
		_, _ = z.Write(m.body)                          // neither fails on a buffer
		_ = z.Close()
		m.zipped = b.Bytes()
	})
	return m.zipped
}

// sight is what decides how a page looks, beside the time. Who has the same sight sees the same page.
type sight struct {
	address, zone string
	scopes        string // of the caller
	named         bool   // the caller has credentials
	changes       int64  // that were made from here: after one of them, a page is made anew
}

// sightOf is the sight of a request. It holds the scopes and not the name: who may do the same sees the same.
func sightOf(r *http.Request, changes int64) sight {
	caller := access.CallerOf(r.Context())
	v := sight{address: r.URL.String(), scopes: caller.Scopes(), named: caller.Name != "", changes: changes}
	if zone := viewerZone(r); zone != nil {
		v.zone = zone.String()
	}
	return v
}

// mostShelved is how many pages are kept at once. Beyond that, each request makes its own.
const mostShelved = 32

// shelf keeps pages for as long as what they were read from counts as fresh. The zero shelf is empty. It is safe for
// concurrent use.
type shelf struct {
	mu    sync.Mutex
	pages map[sight]*shelved
}

// shelved is a page that one request makes and others wait for.
type shelved struct {
	once  sync.Once
	begun time.Time
	page  *made
}

// get gives the page of a sight, which is made where there is none that is fresh.
func (s *shelf) get(v sight, fill func() *made) *made {
	one := s.place(v)
	if one == nil {
		return fill()
	}
	one.once.Do(func() { one.page = fill() })
	if one.page == nil || one.page.status != http.StatusOK { // whoever made it may have hung up
		return fill()
	}
	return one.page
}

// place gives the place of a page on the shelf; nil where all are taken.
func (s *shelf) place(v sight) *shelved {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	for key, one := range s.pages {
		if now.Sub(one.begun) > fresh {
			delete(s.pages, key)
		}
	}
	if one := s.pages[v]; one != nil {
		return one
	}
	if len(s.pages) >= mostShelved {
		return nil
	}
	if s.pages == nil {
		s.pages = map[sight]*shelved{}
	}
	one := &shelved{begun: now}
	s.pages[v] = one
	return one
}
