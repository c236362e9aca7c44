package page

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"mime"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"rundown/plan"
	"rundown/runner/reason"
	"rundown/runner/web/access"
)

//go:embed templates/*.html static/*
var files embed.FS

// site answers the requests for pages. It is safe for concurrent use.
type site struct {
	source    *Source
	log       *slog.Logger
	templates map[string]*template.Template
	version   string // of the static files
	made      shelf
}

// New gives the handler of all pages, "/" and what is below it, static files too. It stands behind the guard of package
// access, which gives it callers, limits, the headers of every answer and the check of where a form comes from.
func New(source *Source, log *slog.Logger) http.Handler {
	s := &site{source: source, log: log, templates: parseTemplates(), version: assetVersion()}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.shared("day", s.today))
	mux.HandleFunc("GET /day/{day}", s.shared("day", s.day))
	mux.HandleFunc("GET /week/{$}", s.shared("week", s.thisWeek))
	mux.HandleFunc("GET /week/{week}", s.shared("week", s.week))
	mux.HandleFunc("GET /class/{plan}/{recording}/{start}", s.shared("class", s.class))
	mux.HandleFunc("GET /forecast", s.shared("forecast", s.forecast))
	mux.HandleFunc("GET /plans", s.shared("plans", s.plans))
	mux.HandleFunc("GET /plans/{plan}/{revision}", s.shared("change", s.change))
	mux.HandleFunc("GET /system", s.shared("system", s.system))
	mux.HandleFunc("POST /zone", s.setZone)
	mux.HandleFunc("GET /static/{version}/{file}", s.static)
	s.actRoutes(mux)
	s.closureRoutes(mux)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { s.refuse(w, r, errNotFound) })
	return mux
}

// errNotFound is the error of an address that names nothing: no page, and no class, plan or revision that there is.
var errNotFound = errors.New("no such page")

// badRequest is the error of a request that cannot be understood.
type badRequest struct{ text string }

func (e *badRequest) Error() string { return e.text }

// shell is what every page has around its content.
type shell struct {
	Title   string
	Page    string // the entry of the navigation that is current
	Version string // of the static files
	Live    bool   // the script keeps it up to date
	System  System
	Clock   When
	Zone    string // of the page
	Viewer  string // the viewer's zone, "" where it is unknown
	Path    string
	Caller  access.Caller
	Body    any

	scribe scribe
}

// builder reads the source and gives what the template shows. It sets the title.
type builder func(*http.Request, *shell) (any, error)

// page answers with a template, or with the error page.
func (s *site) page(name string, build builder) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { s.make(r, name, build).write(w, r) }
}

// refuse answers with the error page.
func (s *site) refuse(w http.ResponseWriter, r *http.Request, err error) {
	s.page("error", func(*http.Request, *shell) (any, error) { return nil, err })(w, r)
}

// shared is page for what many look at: those who would see the same get what was made for one of them.
func (s *site) shared(name string, build builder) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.made.get(sightOf(r, s.source.changes.Load()), func() *made { return s.make(r, name, build) }).write(w, r)
	}
}

// make makes a page, or the error page.
func (s *site) make(r *http.Request, name string, build builder) *made {
	sh, err := s.shell(r)
	if err == nil {
		err = mayLook(r, sh.Caller)
	}
	if err == nil {
		sh.Body, err = build(r, sh)
	}
	if err != nil {
		return s.render(r, "error", s.describe(r, sh, err), sh)
	}
	return s.render(r, name, http.StatusOK, sh)
}

// mayLook refuses pages that show more than the caller may see.
func mayLook(r *http.Request, c access.Caller) error {
	if recording := r.PathValue("recording"); recording != "" {
		return c.Require(access.Look, r.PathValue("plan"), recording)
	}
	return c.Require(access.LookAt, "", "")
}

// shell reads what every page shows.
func (s *site) shell(r *http.Request) (*shell, error) {
	now := s.source.Clock()
	sh := &shell{Version: s.version, Path: r.URL.Path, Caller: access.CallerOf(r.Context())}
	sh.scribe = scribe{now: now, day: time.UTC, viewer: viewerZone(r)}
	if sh.scribe.viewer != nil {
		sh.Viewer = sh.scribe.viewer.String()
	}
	zone, err := s.source.zone(r.Context())
	if err != nil {
		return sh, err
	}
	sh.scribe.day, sh.Zone = zone, zone.String()
	sh.Clock = sh.scribe.when(now, zone, "15:04:05")
	sh.Clock.Text += " " + zoneAt(now, zone)
	if sh.System, err = s.source.system(r.Context()); err != nil {
		return sh, err
	}
	for i := range sh.System.Issues {
		issue := &sh.System.Issues[i]
		issue.Since = issue.Since.In(zone)
		if issue.ID == reason.IssuePlanWaiting { // here it is a button
			issue.Advice = "see what it changes and confirm it, or apply another plan"
		}
	}
	return sh, nil
}

// errorPage is what the error template shows.
type errorPage struct {
	Head, Text, Try string
	Advice          *advice
	Retry           bool // it may be over soon
}

// describe puts an error into words and gives its status. What is not the caller's fault is logged, and told without what
// it may hold.
func (s *site) describe(r *http.Request, sh *shell, err error) int {
	sh.Live = false
	var bad *badRequest
	var refused *reason.Refusal
	switch {
	case errors.Is(err, errNotFound):
		sh.Title = "Not found"
		sh.Body = errorPage{Head: "There is nothing here", Text: "No page, class or plan has this address. A class that is older than the store keeps is gone, and one that a plan no longer holds may be.", Try: "Look for it in its day or week."}
		return http.StatusNotFound
	case errors.Is(err, access.ErrForbidden):
		sh.Title = "Not allowed"
		sh.Body = errorPage{Head: "You may not do this", Text: sentence(err.Error())}
		return http.StatusForbidden
	case errors.As(err, &bad):
		sh.Title = "Not understood"
		sh.Body = errorPage{Head: "This cannot be read", Text: sentence(bad.text), Try: "Go back and correct it."}
		return http.StatusBadRequest
	case errors.As(err, &refused):
		sh.Title = "Not done"
		sh.Body = errorPage{Head: "Nothing was changed", Text: sentence(refused.Text)}
		if a := adviceOf(refused.Code, ""); a != nil {
			sh.Body = errorPage{Head: "Nothing was changed", Text: sentence(refused.Text), Advice: a}
		}
		return http.StatusConflict
	}
	s.log.Error("cannot render a page", "path", r.URL.Path, "error", err)
	sh.Title = "Not available"
	sh.Body = errorPage{Head: "The page cannot be shown now", Text: "The store or the plans could not be read. Recording does not depend on this page and goes on.", Try: "Look at the log of the daemon and at rundown status; this page tries again by itself.", Retry: true}
	return http.StatusServiceUnavailable
}

// render makes the answer as a whole or, where the template fails, an error without half of a page before it.
func (s *site) render(r *http.Request, name string, status int, sh *shell) *made {
	var b bytes.Buffer
	if err := s.templates[name].ExecuteTemplate(&b, "layout", sh); err != nil {
		s.log.Error("cannot send a page", "path", r.URL.Path, "error", err)
		return &made{status: http.StatusInternalServerError, body: []byte("the page cannot be written; see the log of the daemon\n"), plain: true}
	}
	return &made{status: status, body: b.Bytes()}
}

// assetVersion is a hash over the static files, part of their addresses, so that they can be kept for ever.
func assetVersion() string {
	sum := sha256.New()
	_ = fs.WalkDir(files, "static", func(name string, d fs.DirEntry, err error) error { // embedded: it cannot fail
		if err == nil && !d.IsDir() {
			data, _ := files.ReadFile(name)
			sum.Write(data)
		}
		return nil
	})
	return hex.EncodeToString(sum.Sum(nil))[:12]
}

// static serves the files that are embedded. An address with another version, as an open page of an older daemon has it, is answered
// too, and is not kept.
func (s *site) static(w http.ResponseWriter, r *http.Request) {
	name := path.Join("static", path.Base(r.PathValue("file")))
	data, err := files.ReadFile(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", cmp.Or(mime.TypeByExtension(path.Ext(name)), "application/octet-stream"))
	if r.PathValue("version") == s.version {
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	_, _ = w.Write(data)
}

// parseTemplates reads each page together with the layout and the parts. They are embedded, so that an error is one of
// this package and its tests see it.
func parseTemplates() map[string]*template.Template {
	base := template.Must(template.New("").Funcs(functions).ParseFS(files, "templates/layout.html", "templates/parts.html", "templates/icons.html"))
	all := map[string]*template.Template{}
	pages, _ := fs.Glob(files, "templates/*.html") // the pattern is right
	for _, name := range pages {
		key := strings.TrimSuffix(path.Base(name), ".html")
		if slices.Contains([]string{"layout", "parts", "icons"}, key) {
			continue
		}
		all[key] = template.Must(template.Must(base.Clone()).ParseFS(files, name))
	}
	return all
}

// functions are what templates call.
var functions = template.FuncMap{
	"length":   lengthText,
	"plural":   plural,
	"sentence": sentence,
}

// piece is a part of a text: words, what a person types, or a link.
type piece struct {
	Text string
	Code bool
	Link string
}

// prose cuts a text at its backticks. What a command would show of a class is a link to its page where there is one.
func prose(text, class string) (pieces []piece) {
	for i, part := range strings.Split(text, "`") {
		switch {
		case part == "":
		case i%2 == 1 && part == "rundown history ID" && class != "":
			pieces = append(pieces, piece{Text: "its story", Link: class})
		case i%2 == 1 && part == "rundown status":
			pieces = append(pieces, piece{Text: "System", Link: "/system"})
		default:
			pieces = append(pieces, piece{Text: part, Code: i%2 == 1})
		}
	}
	return pieces
}

// sentence begins a text with a capital and ends it with a period. An identity and a command stay as they are typed.
func sentence(text string) string {
	if text == "" {
		return ""
	}
	word, _, _ := strings.Cut(text, " ")
	if first := text[0]; first >= 'a' && first <= 'z' && word != "rundown" && !strings.ContainsAny(word, "/@") {
		text = strings.ToUpper(text[:1]) + text[1:]
	}
	if !strings.ContainsAny(text[len(text)-1:], ".!?…") {
		text += "."
	}
	return text
}

// plural counts something, whose English plural ends with s or, after ss, with es.
func plural(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	switch {
	case strings.HasSuffix(one, "ss"):
		one += "es"
	default:
		one += "s"
	}
	return fmt.Sprintf("%d %s", n, one)
}

// zoneCookie holds the viewer's zone. The script sets it, or the form at the foot of each page.
const zoneCookie = "rundown_zone"

// viewerZone is the zone that the viewer's browser named; nil for none.
func viewerZone(r *http.Request) *time.Location {
	c, err := r.Cookie(zoneCookie)
	if err != nil {
		return nil
	}
	zone, ok := plan.Zone(strings.ReplaceAll(c.Value, "%2F", "/"))
	if !ok {
		return nil
	}
	return zone
}

// setZone keeps the zone that a viewer chose, and goes back to the page.
func (s *site) setZone(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	name := strings.TrimSpace(r.PostFormValue("zone"))
	c := &http.Cookie{Name: zoneCookie, Path: "/", SameSite: http.SameSiteLaxMode, MaxAge: 400 * 24 * 3600, Value: name}
	if _, ok := plan.Zone(name); !ok {
		if name != "" {
			s.refuse(w, r, &badRequest{fmt.Sprintf("%q is not the name of a time zone, such as Europe/Berlin", name)})
			return
		}
		c.MaxAge = -1
	}
	http.SetCookie(w, c)
	http.Redirect(w, r, backTo(r), http.StatusSeeOther)
}

// backTo is the page that a form names as the one to go back to: a path of this site, never another one. Browsers take a
// backslash for a slash and leave out tabs and line breaks, which the parser refuses.
func backTo(r *http.Request) string {
	back := r.PostFormValue("back")
	to, err := url.Parse(back)
	if err != nil || to.Scheme != "" || to.Host != "" || !strings.HasPrefix(back, "/") || strings.HasPrefix(back, "//") || strings.Contains(back, "\\") {
		return "/"
	}
	return back
}
