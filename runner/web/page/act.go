package page

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"rundown/runner/operate"
	"rundown/runner/web/access"
)

// The limits of a form.
const (
	maxForm   = 16 << 10 // bytes
	maxReason = 300      // characters of a reason
	maxLength = operate.MaxExtension
	maxKey    = 64 // characters; those that the page gives have 26
)

// Act is something that a person does on the page.
type Act struct {
	Kind   ActKind
	Class  string        // identity, of all acts for a class
	Length time.Duration // of extend
	Plan   string
	Rev    int64 // of confirm
	Who    string
	From   string // from where
	Reason string
	Key    string // of the form, so that one that is sent twice gives one order
}

// ActKind names an act.
type ActKind string

// The acts.
const (
	ActStop    ActKind = "stop"
	ActExtend  ActKind = "extend"
	ActCancel  ActKind = "cancel"
	ActUndo    ActKind = "undo"
	ActShorten ActKind = "unextend"
	ActConfirm ActKind = "confirm"
)

// actPage asks whether an act is meant.
type actPage struct {
	Head, Question string
	Effects        []string
	Class          *rowView
	Verb           string
	Danger         bool
	Action, Back   string
	Lengths        []choice // of extend
	Reason         string
	MaxReason      int
	Key            string      // of the form
	Change         *changePage // of confirm
}

// choice is a value that a form offers.
type choice struct {
	Value, Word string
	Chosen      bool
}

// actWords are the words of the acts for a class.
var actWords = map[ActKind]struct {
	head, question, verb string
	danger               bool
}{
	ActStop:    {"Stop the recording", "Stop recording this class now?", "Stop now", true},
	ActExtend:  {"Extend the class", "How much longer does it last?", "Extend", false},
	ActCancel:  {"Cancel the class", "Do not record this class?", "Cancel the class", true},
	ActUndo:    {"Take the cancellation back", "Record this class after all?", "Record it", false},
	ActShorten: {"Take the extension back", "End this class as before?", "Take it back", false},
}

// lengths are the extensions that the page offers.
var lengths = []time.Duration{5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour}

// actRoutes has a page that asks (GET) and a form that orders (POST) at the same address, for each act. A GET never changes anything.
func (s *site) actRoutes(mux *http.ServeMux) {
	const class = "/class/{plan}/{recording}/{start}/"
	for kind := range actWords {
		mux.HandleFunc("GET "+class+string(kind), s.page("act", s.askClass(kind)))
		mux.HandleFunc("POST "+class+string(kind), s.doClass(kind))
	}
	mux.HandleFunc("GET /plans/{plan}/{revision}/confirm", s.page("act", s.askConfirm))
	mux.HandleFunc("POST /plans/{plan}/{revision}/confirm", s.doConfirm)
}

// identityIn is the identity of the class that the address of a request names.
func identityIn(r *http.Request) string {
	return r.PathValue("plan") + "/" + r.PathValue("recording") + "/" + r.PathValue("start")
}

// askClass builds the confirmation of an act for a class.
func (s *site) askClass(kind ActKind) builder {
	return func(r *http.Request, sh *shell) (any, error) {
		a := Act{Kind: kind, Class: identityIn(r)}
		if err := sh.Caller.Require(kind.access(), r.PathValue("plan"), r.PathValue("recording")); err != nil {
			return nil, err
		}
		c, _, err := s.source.class(r.Context(), a.Class)
		if err != nil {
			return nil, err
		}
		words := actWords[kind]
		row := sh.scribe.rowOf(&c, time.Time{})
		p := &actPage{
			Head: words.head, Question: words.question, Verb: words.verb, Danger: words.danger, Class: &row,
			Action: LinkOf(c.ID) + "/" + string(kind), Back: LinkOf(c.ID), MaxReason: maxReason, Reason: r.URL.Query().Get("reason"), Key: rand.Text(),
		}
		sh.Page, sh.Title = "day", words.head
		if kind == ActExtend {
			a.Length = 15 * time.Minute
			if chosen, err := time.ParseDuration(r.URL.Query().Get("length")); err == nil {
				a.Length = chosen
			}
			for _, l := range lengths {
				end := c.End.Add(l)
				p.Lengths = append(p.Lengths, choice{l.String(), lengthText(l) + ", to " + end.In(c.Zone).Format("15:04"), l == a.Length})
			}
		}
		p.Effects, err = s.source.judge(r.Context(), a)
		return p, err
	}
}

// doClass carries an act for a class out and shows the class.
func (s *site) doClass(kind ActKind) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		a := Act{Kind: kind, Plan: r.PathValue("plan"), Class: identityIn(r)}
		s.carryOut(w, r, a, LinkOf(a.Class)+"?done="+string(kind))
	}
}

// carryOut does the act of a form.
func (s *site) carryOut(w http.ResponseWriter, r *http.Request, a Act, then string) {
	s.submit(w, r, a.Kind.access(), then, func(by access.Caller) ([]any, error) {
		err := a.read(r.PostForm, by)
		if err == nil {
			err = s.source.give(r.Context(), a)
		}
		return []any{"act", a.Kind, "occurrence", a.Class, "plan", a.Plan, "revision", a.Rev, "who", a.Who, "reason", a.Reason, "from", a.From}, err
	})
}

// submit has what a form orders done for a caller who may, and leads to a page that shows what came of it, or tells why it was not
// done. do gives what is logged.
func (s *site) submit(w http.ResponseWriter, r *http.Request, needs access.Act, then string, do func(by access.Caller) ([]any, error)) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	caller := access.CallerOf(r.Context())
	err := caller.Require(needs, r.PathValue("plan"), r.PathValue("recording"))
	if err == nil && r.ParseForm() != nil {
		err = &badRequest{"the form is too long or cannot be read"}
	}
	var attrs []any
	if err == nil {
		attrs, err = do(caller)
	}
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.log.Info("order given on the page", attrs...)
	http.Redirect(w, r, then, http.StatusSeeOther)
}

// access is what a caller needs to be allowed for the act.
func (k ActKind) access() access.Act {
	if k == ActStop || k == ActExtend {
		return access.Signal
	}
	return access.Change
}

// read takes over what a form holds, and who sent it.
func (a *Act) read(form url.Values, by access.Caller) error {
	a.Who, a.From = by.Name, by.Address
	a.Reason = strings.Join(strings.Fields(form.Get("reason")), " ")
	if utf8.RuneCountInString(a.Reason) > maxReason || !utf8.ValidString(a.Reason) {
		return &badRequest{fmt.Sprintf("the reason is longer than %d characters", maxReason)}
	}
	if a.Key = form.Get("key"); len(a.Key) > maxKey {
		return &badRequest{"the form has been altered"}
	}
	if a.Kind != ActExtend {
		return nil
	}
	var err error
	if a.Length, err = time.ParseDuration(form.Get("length")); err != nil || a.Length < time.Minute || a.Length > maxLength {
		return &badRequest{fmt.Sprintf("%q is not a length from a minute to a day", form.Get("length"))}
	}
	return nil
}

// confirmOf reads which revision a request is about.
func confirmOf(r *http.Request) (Act, error) {
	id, err := strconv.ParseInt(r.PathValue("revision"), 10, 64)
	if err != nil {
		return Act{}, errNotFound
	}
	return Act{Kind: ActConfirm, Plan: r.PathValue("plan"), Rev: id}, nil
}

// askConfirm builds the confirmation of a revision that waits, with all that it changes: who confirms has seen it.
func (s *site) askConfirm(r *http.Request, sh *shell) (any, error) {
	if err := sh.Caller.Require(access.Change, r.PathValue("plan"), ""); err != nil {
		return nil, err
	}
	a, err := confirmOf(r)
	if err != nil {
		return nil, err
	}
	c, err := s.source.changeIn(r.Context(), a.Plan, a.Rev)
	if err != nil {
		return nil, err
	}
	link := fmt.Sprintf("/plans/%s/%d", url.PathEscape(a.Plan), a.Rev)
	p := &actPage{
		Head: "Confirm the plan", Question: fmt.Sprintf("Use revision %d of %s from now on?", a.Rev, a.Plan), Verb: "Confirm the plan", Danger: true,
		Action: link + "/confirm", Back: link, MaxReason: maxReason, Change: sh.scribe.changeOf(a.Plan, c),
	}
	sh.Page, sh.Title = "plans", p.Head
	p.Effects, err = s.source.judge(r.Context(), a)
	return p, err
}

// doConfirm confirms the revision of the address, which is refused where a newer one waits by now.
func (s *site) doConfirm(w http.ResponseWriter, r *http.Request) {
	a, err := confirmOf(r)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.carryOut(w, r, a, "/plans#"+a.Plan)
}

// doneText is what the page of a class says after an act.
var doneText = map[ActKind]string{
	ActStop:    "The order to stop is given. The daemon carries it out within seconds.",
	ActExtend:  "The order to extend the class is given. The daemon carries it out within seconds.",
	ActCancel:  "The order to cancel the class is given. It can be taken back until the class has ended.",
	ActUndo:    "The cancellation is taken back.",
	ActShorten: "The extension is taken back. The daemon carries it out within seconds.",
}
