package page

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"rundown/runner/closure"
	"rundown/runner/store"
	"rundown/runner/web/access"
)

// How many classes of a closure are listed before it is given, and how many closures that have ended are.
const (
	shownCovered = 60
	shownEnded   = 20
)

// closuresPage lists the closures and offers another one.
type closuresPage struct {
	Open, Ended []closureView
	CanAct      bool
	Form        closureForm
	Done        string
}

// closureView is a closure of the list.
type closureView struct {
	ID     int64
	Text   string
	Since  When
	EndAct string // link to the confirmation, where it can be taken back
	Ended  string
}

// closureForm is what a form says of the classes of a day.
type closureForm struct {
	Day, From, Until string
	Label, Recording string
	Extend           string // by how much; "": the classes are cancelled
	Reason           string
	Lengths          []choice
}

// closurePage asks whether a closure is meant.
type closurePage struct {
	closureForm
	Text    string
	Classes []rowView
	More    int
	Count   int
	Verb    string
}

// closureRoutes has a page that lists what a closure would cover before its form gives it, as acts for a class have.
func (s *site) closureRoutes(mux *http.ServeMux) {
	mux.HandleFunc("GET /closures", s.page("closures", s.closures))
	mux.HandleFunc("GET /closures/new", s.page("closure", s.askClosure))
	mux.HandleFunc("POST /closures", s.giveClosure)
	mux.HandleFunc("GET /closures/{closure}/end", s.page("act", s.askEnd))
	mux.HandleFunc("POST /closures/{closure}/end", s.endClosure)
}

// formOf reads what a form says.
func formOf(v url.Values) closureForm {
	f := closureForm{
		Day: v.Get("day"), From: v.Get("from"), Until: v.Get("until"), Label: strings.TrimSpace(v.Get("label")), Recording: strings.TrimSpace(v.Get("recording")),
		Extend: v.Get("extend"), Reason: strings.Join(strings.Fields(v.Get("reason")), " "),
	}
	for _, l := range lengths {
		f.Lengths = append(f.Lengths, choice{l.String(), "end " + lengthText(l) + " later", l.String() == f.Extend})
	}
	return f
}

// closure is what the form means.
func (f *closureForm) closure(who string, now time.Time) (store.Closure, error) {
	c := store.Closure{At: now, Kind: store.ClosureCancel, Day: f.Day, From: f.From, Until: f.Until, Recording: f.Recording, Who: who, Reason: f.Reason}
	if _, err := time.Parse(time.DateOnly, f.Day); err != nil {
		return c, &badRequest{fmt.Sprintf("%q is not a day, such as 2031-12-17", f.Day)}
	}
	for _, clock := range []string{f.From, f.Until} {
		if at, err := time.Parse("15:04", clock); clock != "" && (err != nil || at.Format("15:04") != clock) {
			return c, &badRequest{fmt.Sprintf("%q is not a time of day, such as 09:00", clock)}
		}
	}
	if f.From != "" && f.Until != "" && f.From >= f.Until {
		return c, &badRequest{fmt.Sprintf("%s is not before %s", f.From, f.Until)}
	}
	if _, err := path.Match(f.Recording, ""); err != nil || len(f.Recording) > maxReason {
		return c, &badRequest{fmt.Sprintf("%q is not a pattern of recordings, such as german-*", shorten(f.Recording, maxReason))}
	}
	if f.Label != "" {
		key, value, ok := strings.Cut(f.Label, "=")
		if !ok || key == "" || len(f.Label) > maxReason {
			return c, &badRequest{fmt.Sprintf("%q is not a label, such as campus=north", shorten(f.Label, maxReason))}
		}
		c.Labels = map[string]string{key: value}
	}
	if f.Extend != "" {
		c.Kind = store.ClosureExtend
		var err error
		if c.Length, err = time.ParseDuration(f.Extend); err != nil || c.Length < time.Minute || c.Length > maxLength {
			return c, &badRequest{fmt.Sprintf("%q is not a length from a minute to a day", f.Extend)}
		}
	}
	if len([]rune(f.Reason)) > maxReason {
		return c, &badRequest{fmt.Sprintf("the reason is longer than %d characters", maxReason)}
	}
	return c, nil
}

// closures builds the list. The query fills the form in, so that a day can link to it.
func (s *site) closures(r *http.Request, sh *shell) (any, error) {
	all, err := s.source.Store.Closures(r.Context())
	if err != nil {
		return nil, err
	}
	sh.Page, sh.Title = "closures", "Closures"
	p := &closuresPage{CanAct: sh.Caller.Can(access.Change, "", ""), Form: formOf(r.URL.Query())}
	if p.Form.Day == "" {
		p.Form.Day = sh.scribe.now.In(sh.scribe.day).Format(time.DateOnly)
	}
	switch r.URL.Query().Get("done") {
	case "given":
		p.Done = "The closure is given. The daemon carries it out within seconds, also for classes that a later plan adds."
	case "ended":
		p.Done = "The closure has ended. Its orders are taken back within seconds."
	}
	slices.SortFunc(all, func(a, b store.Closure) int { return cmp.Compare(b.ID, a.ID) })
	var past []store.Closure // their day is past, and nobody has ended them
	for _, c := range all {
		switch v := sh.scribe.closureOf(c); {
		case v.Ended == "":
			p.Open = append(p.Open, v)
		case len(p.Ended) < shownEnded:
			p.Ended = append(p.Ended, v)
			if c.EndedAt.IsZero() {
				past = append(past, c)
			}
		}
	}
	if !p.CanAct {
		return p, nil
	}
	left, err := closure.Left(r.Context(), s.source.Store, past, sh.scribe.now)
	if err != nil {
		return nil, err
	}
	for i := range p.Open {
		p.Open[i].offerEnd()
	}
	for i := range p.Ended {
		if v := &p.Ended[i]; left[v.ID] {
			v.offerEnd()
		}
	}
	return p, nil
}

func (v *closureView) offerEnd() { v.EndAct = fmt.Sprintf("/closures/%d/end", v.ID) }

// closureOf is a closure for the list. Of one that has ended it tells by whom.
func (s scribe) closureOf(c store.Closure) closureView {
	v := closureView{ID: c.ID, Text: closure.Text(c), Since: s.moment(c.At, s.day)}
	switch _, ended := c.Ended(s.now); {
	case ended && c.EndedAt.IsZero():
		v.Ended = "its day is past"
	case ended:
		v.Ended = "ended " + s.ago(c.EndedAt) + " by " + c.EndedBy
		if c.EndedReason != "" {
			v.Ended += ": " + c.EndedReason
		}
	}
	return v
}

// askClosure lists the classes that a closure covers, before it is given.
func (s *site) askClosure(r *http.Request, sh *shell) (any, error) {
	if err := sh.Caller.Require(access.Change, "", ""); err != nil {
		return nil, err
	}
	p := &closurePage{closureForm: formOf(r.URL.Query()), Verb: "Cancel"}
	c, err := p.closure(sh.Caller.Name, sh.scribe.now)
	if err != nil {
		return nil, err
	}
	views, err := closure.Preview(r.Context(), s.source.Store, c, sh.scribe.now)
	if err != nil {
		return nil, err
	}
	sh.Page, sh.Title = "closures", "Confirm the closure"
	if c.Kind == store.ClosureExtend {
		p.Verb = "Extend"
	}
	p.Text, p.Count, p.More = closure.Text(c), len(views.Rows), max(0, len(views.Rows)-shownCovered)
	for _, row := range views.Rows[:p.Count-p.More] {
		class := classOf(row, views.Sessions[row.ID], views.Captions[row.ID])
		p.Classes = append(p.Classes, sh.scribe.rowOf(&class, class.Start))
	}
	return p, nil
}

// giveClosure gives the closure of a form.
func (s *site) giveClosure(w http.ResponseWriter, r *http.Request) {
	s.submit(w, r, access.Change, "/closures?done=given", func(by access.Caller) ([]any, error) {
		form := formOf(r.PostForm)
		c, err := form.closure(by.Name, s.source.Clock())
		if err != nil {
			return nil, err
		}
		c.Address = by.Address
		c, err = s.source.giveClosure(r.Context(), c)
		return []any{"act", "closure", "closure", c.ID, "covers", closure.Text(c), "who", by.Name, "from", by.Address}, err
	})
}

// openClosure is the closure that a request names, where nobody has ended it. Its day may be past: of a class that a plan has moved ahead
// since, or that still runs, its order can be taken back all the same.
func (s *site) openClosure(r *http.Request) (store.Closure, error) {
	id, err := strconv.ParseInt(r.PathValue("closure"), 10, 64)
	if err != nil {
		return store.Closure{}, errNotFound
	}
	all, err := s.source.Store.Closures(r.Context())
	if err != nil {
		return store.Closure{}, err
	}
	k := slices.IndexFunc(all, func(c store.Closure) bool { return c.ID == id && c.EndedAt.IsZero() })
	if k < 0 {
		return store.Closure{}, errors.Join(errNotFound, fmt.Errorf("closure %d is not there, or has been ended", id))
	}
	return all[k], nil
}

// askEnd builds the confirmation of the end of a closure.
func (s *site) askEnd(r *http.Request, sh *shell) (any, error) {
	if err := sh.Caller.Require(access.Change, "", ""); err != nil {
		return nil, err
	}
	c, err := s.openClosure(r)
	if err != nil {
		return nil, err
	}
	sh.Page, sh.Title = "closures", "Take the closure back"
	effects := []string{"Classes that it cancelled and that have not ended are recorded, where no other closure covers them", "Of a class that should run now, a new session records what is left"}
	if c.Kind == store.ClosureExtend {
		effects = []string{"Classes that it extended end as before", "A class that is past that end keeps its new one, and so does one that was extended alone since"}
	}
	return &actPage{
		Head: sh.Title, Question: closure.Text(c), Verb: "Take it back", Action: fmt.Sprintf("/closures/%d/end", c.ID), Back: "/closures", MaxReason: maxReason,
		Effects: effects,
	}, nil
}

// endClosure ends the closure of the address, where nobody has ended it.
func (s *site) endClosure(w http.ResponseWriter, r *http.Request) {
	s.submit(w, r, access.Change, "/closures?done=ended", func(by access.Caller) ([]any, error) {
		a := Act{Kind: ActUndo}
		if err := a.read(r.PostForm, by); err != nil {
			return nil, err
		}
		c, err := s.openClosure(r)
		if err != nil {
			return nil, err
		}
		return []any{"act", "end of a closure", "closure", c.ID, "who", by.Name, "from", by.Address}, s.source.endClosure(r.Context(), c, a)
	})
}
