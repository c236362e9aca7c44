package page

import (
	"context"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"rundown/runner/operate"
	"rundown/runner/store"
	"rundown/runner/view"
	"rundown/runner/web/page/pagetest"
)

// TestEachPageCanBeUsedByEverybody opens each page on each screen: axe finds nothing, nothing is wider than the screen, and
// nothing breaks the page's own policy.
func TestEachPageCanBeUsedByEverybody(t *testing.T) {
	server, _ := schoolDay(t).serve(t)
	b := pagetest.Start(t)
	for _, screen := range screens {
		b.Screen(screen.width, screen.height, screen.phone)
		b.Scheme(screen.scheme)
		for _, p := range pictured {
			b.Open(server.URL + p.path)
			for _, f := range b.Findings() {
				t.Errorf("%s, %s: %s", p.path, screen.name, f)
			}
			if wide := pagetest.Ask[int64](b, "document.documentElement.scrollWidth"); wide > screen.width {
				t.Errorf("%s, %s: the page is %d pixels wide", p.path, screen.name, wide)
			}
			if cut := pagetest.Ask[string](b, cutOff); cut != "" {
				t.Errorf("%s, %s: cut off or broken up: %s", p.path, screen.name, cut)
			}
			for _, m := range b.Messages() {
				if status := map[string]string{"not-found": "404", "undo": "409"}[p.name]; status == "" || !strings.Contains(m, status) {
					t.Errorf("%s, %s: the console says %s", p.path, screen.name, m)
				}
			}
		}
	}
}

// cutOff names what is higher than the box around it, which then scrolls up and down, and short words of code that do not fit their line.
const cutOff = `[
	...[...document.querySelectorAll(".scroll")].filter((e) => e.scrollHeight > e.clientHeight + 1).map((e) => "." + e.className + " of " + (e.closest("[id]") || document.body).id),
	...[...document.querySelectorAll("code")].filter((e) => e.textContent.length < 12 && e.getBoundingClientRect().height > 30).map((e) => "code " + e.textContent),
].join(", ")`

// orders are the orders in a store as kind, class and reason.
func orders(t *testing.T, s *store.Store) (list []string) {
	t.Helper()
	all, err := s.Commands(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range all {
		list = append(list, c.Kind+" "+c.Occurrence+" "+c.Who+": "+c.Reason)
	}
	return list
}

const (
	running = "/class/school/english-b2/20310917T090000Z"
	ahead   = "/class/school/teachers/20310917T140000Z"
)

// TestActsAreConfirmedAndGiven does each act as a person does, from the page of the class or plan.
func TestActsAreConfirmedAndGiven(t *testing.T) {
	server, src := schoolDay(t).serve(t)
	b := pagetest.Start(t)
	act := func(path, link, says, why, verb, then string) {
		t.Helper()
		b.Open(server.URL + path)
		b.Click(`a[href$="/` + link + `"]`)
		if text := b.Text(); !strings.Contains(text, says) {
			t.Errorf("%s does not say %q:\n%s", link, says, text)
		}
		b.Type("#reason", why)
		b.Click(`form[method=post] button.button`)
		if text := b.Text(); !strings.Contains(text, then) {
			t.Errorf("after %s the page does not say %q:\n%s", verb, then, text)
		}
	}
	before := orders(t, src.Store)
	act(running, "extend", "ends later than at 11:50", "questions", "Extend", "extended to 12:05 by duty: questions")
	act(running, "unextend", "does not last to 12:05 any more", "no questions", "Take it back", "The extension is taken back.")
	act(running, "extend", "ends later than at 11:50", "questions", "Extend", "extended to 12:05 by duty: questions")
	act(running, "stop", "The daemon stops the recording within seconds", "room is empty", "Stop now", "cancelled by duty: room is empty")
	act(ahead, "cancel", "The class is not recorded, whatever its plan says", "snow", "Cancel", "cancelled by duty: snow")
	act(ahead, "undo", "The class is recorded as its plan has it", "thaw", "Record it", "The cancellation is taken back")
	got := orders(t, src.Store)[len(before):]
	want := []string{
		"extend school/english-b2/20310917T090000Z duty: questions",
		"unextend school/english-b2/20310917T090000Z duty: no questions",
		"extend school/english-b2/20310917T090000Z duty: questions",
		"stop school/english-b2/20310917T090000Z duty: room is empty",
		"cancel school/teachers/20310917T140000Z duty: snow",
		"uncancel school/teachers/20310917T140000Z duty: thaw",
	}
	if !slices.Equal(got, want) {
		t.Errorf("orders:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	act("/plans", "confirm", "Classes that it removes are not recorded", "end of the term", "Confirm", "active")
	if held, err := view.HeldRevisions(t.Context(), src.Store, store.RevisionWaiting); err != nil || len(held) != 0 {
		t.Errorf("still waiting: %v %v", held, err)
	}
	events, err := src.Store.Events(t.Context(), "", 0, 0)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(events, func(e store.Event) bool {
		return e.Who == "duty" && e.Text == "plan school, revision 2: confirmed: end of the term"
	}) {
		t.Error("the log does not tell of the confirmation")
	}
}

// hidden are the hidden fields of a page's forms, with their values.
var hidden = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)"`)

// TestAFormThatIsSentTwiceDoesItsActOnce sends what a double click sends.
func TestAFormThatIsSentTwiceDoesItsActOnce(t *testing.T) {
	server, src := schoolDay(t).serve(t)
	for _, one := range []struct {
		ask, act string
		add      string
		orders   int
		status   [2]int
	}{
		{running + "/extend", running + "/extend", "length=15m", 1, [2]int{200, 200}},
		{"/closures/new?day=2031-09-18&label=campus%3Dsouth&extend=15m0s", "/closures", "reason=exam", 6, [2]int{200, 409}},
	} {
		before := len(orders(t, src.Store))
		status, body := get(t, server, one.ask)
		form, err := url.ParseQuery(one.add)
		if status != http.StatusOK || err != nil {
			t.Fatalf("%s: %d, %v", one.ask, status, err)
		}
		for _, m := range hidden.FindAllStringSubmatch(body, -1) {
			form.Set(m[1], html.UnescapeString(m[2]))
		}
		for _, want := range one.status {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+one.act, strings.NewReader(form.Encode()))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			if status, body := do(t, server, r); status != want {
				t.Errorf("%s is answered %d, want %d: %s", one.act, status, want, body)
			}
		}
		if got := orders(t, src.Store)[before:]; len(got) != one.orders {
			t.Errorf("%s gave %d orders, want %d:\n%s", one.act, len(got), one.orders, strings.Join(got, "\n"))
		}
	}
}

// TestAClassIsExtendedWithTheKeyboardAlone takes neither mouse nor touch.
func TestAClassIsExtendedWithTheKeyboardAlone(t *testing.T) {
	server, src := schoolDay(t).serve(t)
	b := pagetest.Start(t)
	b.Open(server.URL + running)
	b.Press(kb.Tab)
	if at := b.Focus(); at != "Skip to content" {
		t.Fatalf("the first Tab is at %q", at)
	}
	b.Press(kb.Enter)
	tab := func(to string) {
		t.Helper()
		for range 40 {
			b.Press(kb.Tab)
			if b.Focus() == to {
				if !pagetest.Ask[bool](b, `getComputedStyle(document.activeElement).outlineStyle !== "none"`) {
					t.Errorf("%s has the focus and does not show it", to)
				}
				return
			}
		}
		t.Fatalf("Tab does not come to %q", to)
	}
	tab("Extend")
	b.Press(kb.Enter)
	b.Await("the confirmation", `location.pathname.endsWith("/extend")`)
	tab("length")
	b.Press(kb.ArrowDown)
	tab("reason")
	b.Press("exam")
	b.Press(kb.Enter)
	b.Await("the class", `document.querySelector("#done") && document.querySelector("main").innerText.includes("extended to 12:20")`)
	if got := orders(t, src.Store); got[len(got)-1] != "extend school/english-b2/20310917T090000Z duty: exam" {
		t.Errorf("orders: %v", got)
	}
}

// TestPagesWorkWithoutAScript shows and acts with scripts switched off.
func TestPagesWorkWithoutAScript(t *testing.T) {
	server, src := schoolDay(t).serve(t)
	for _, path := range []string{"/", "/week/", "/plans", "/system", running} {
		if _, body := get(t, server, path); !strings.Contains(body, "This page does not update by itself") {
			t.Errorf("%s does not say that it stands still", path)
		}
	}
	b := pagetest.Start(t)
	b.Scripts(false)
	b.Open(server.URL + ahead)
	b.Click(`a[href$="/cancel"]`)
	b.Click(`form[method=post] button.button`)
	if got := orders(t, src.Store); got[len(got)-1] != "cancel school/teachers/20310917T140000Z duty: " {
		t.Errorf("orders: %v", got)
	}
}

// TestAnOpenPageFollowsTheDay has a class cancelled by somebody else while the page is open: it says so by itself, and
// leaves what the viewer has opened and where the focus is.
func TestAnOpenPageFollowsTheDay(t *testing.T) {
	s := schoolDay(t)
	server, src := s.serve(t)
	b := pagetest.Start(t)
	b.Open(server.URL)
	b.Await("the script", `document.cookie.includes("rundown_zone")`)
	_ = pagetest.Ask[bool](b, `document.querySelector(".troubles details summary").click(), document.querySelector('#classes a[href="`+running+`"]').focus(), true`)
	order(t, src, ahead, s.at, "fog")
	b.Await("the cancellation", `document.querySelector("#classes").innerText.includes("cancelled by office: fog")`)
	if !pagetest.Ask[bool](b, `document.querySelector(".troubles details").open`) {
		t.Error("what was open is closed")
	}
	if at := b.Focus(); at != "english-b2" {
		t.Errorf("the focus is at %q", at)
	}
	server.CloseClientConnections()
	server.Close()
	b.Await("the loss of the connection", `!document.querySelector("#stale").hidden`)
	if text := pagetest.Ask[string](b, `document.querySelector("#stale").innerText`); !strings.Contains(text, "as of 11:20:00 CEST") {
		t.Errorf("the page says %q", text)
	}
}

// update has an open page ask for what is new at once, as it does when a person comes back to it, and awaits what is so.
func update(b *pagetest.Browser, says string) {
	_ = pagetest.Ask[bool](b, `document.dispatchEvent(new Event("visibilitychange"))`)
	b.Await("an update", `document.querySelector("#classes").innerText.includes("`+says+`")`)
}

// TestAnUpdateLeavesWhatAPersonDoes has classes cancelled by somebody else while a person has typed a search, copies a
// name, and holds the mouse on a link.
func TestAnUpdateLeavesWhatAPersonDoes(t *testing.T) {
	s := schoolDay(t)
	server, src := s.serve(t)
	b := pagetest.Start(t)
	b.Open(server.URL)
	b.Await("the script", `document.cookie.includes("rundown_zone")`)
	link := `#classes a[href="` + running + `"]`
	b.Type("#q", "german")
	_ = pagetest.Ask[bool](b, `document.activeElement.blur(), getSelection().selectAllChildren(document.querySelector('`+link+`')), true`)
	order(t, src, ahead, s.at, "fog")
	update(b, "cancelled by office: fog")
	if typed := pagetest.Ask[string](b, `document.querySelector("#q").value`); typed != "german" {
		t.Errorf("the search is %q", typed)
	}
	if selected := pagetest.Ask[string](b, `getSelection().toString()`); selected != "english-b2" {
		t.Errorf("%q is selected", selected)
	}
	release := b.Hold(link)
	order(t, src, running, s.at, "ice")
	update(b, "cancelled by office: ice")
	release()
	b.Await("the class", `location.pathname === "`+running+`"`)
}

// order cancels a class as somebody else.
func order(t *testing.T, src *Source, class string, at time.Time, why string) {
	t.Helper()
	c, err := src.find(t.Context(), strings.TrimPrefix(class, "/class/"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := operate.Cancel(context.Background(), src.Store, c, operate.Operator{Who: "office", Why: why, Now: at}); err != nil {
		t.Fatal(err)
	}
}

// TestTimesAreAlsoTheViewers opens the page in another zone than the classes are in.
func TestTimesAreAlsoTheViewers(t *testing.T) {
	server, _ := schoolDay(t).serve(t)
	b := pagetest.Start(t)
	b.Zone("Asia/Kathmandu")
	b.Open(server.URL)
	b.Await("the viewer's times", `document.querySelector("#classes").innerText.includes("14:45–15:35 UTC+5:45 for you")`)
	b.Type("#zone", "Europe/Lisbon")
	b.Click(".zone button")
	b.Await("the zone that was chosen", `document.querySelector("#classes").innerText.includes("10:00–10:50 WEST for you")`)
}

// TestTextsOfPeopleAreNeverScript has a script in each text that somebody else may write.
func TestTextsOfPeopleAreNeverScript(t *testing.T) {
	s := schoolDay(t)
	server, src := s.serve(t)
	const script = `"'><script>window.hit=1</script><img src=x onerror=window.hit=2>`
	by := operate.Operator{Who: script, Why: script, Now: s.at, From: script}
	for _, class := range []string{running, ahead} {
		c, err := src.find(t.Context(), strings.TrimPrefix(class, "/class/"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := operate.Cancel(t.Context(), src.Store, c, by); err != nil {
			t.Fatal(err)
		}
	}
	if err := src.Store.SetRevision(t.Context(), 2, store.RevisionRefused, "", script); err != nil {
		t.Fatal(err)
	}
	b := pagetest.Start(t)
	for _, path := range []string{
		"/", "/week/", "/plans", "/plans/school/2", "/system", running, ahead, ahead + "/undo?reason=" + url.QueryEscape(script),
		"/?q=" + url.QueryEscape(script), "/day/" + url.PathEscape(script), "/week/?q=" + url.QueryEscape(script), "/" + url.PathEscape(script),
		"/class/school/" + url.PathEscape(script) + "/20310917T140000Z", "/?show=" + url.QueryEscape(script), "/?hour=" + url.QueryEscape(script),
	} {
		b.Open(server.URL + path)
		if pagetest.Ask[bool](b, "'hit' in window || document.querySelector('main script, main img') !== null") {
			t.Errorf("a script runs on %s", path)
		}
	}
	if _, body := get(t, server, ahead); !strings.Contains(body, "&lt;script&gt;window.hit=1") {
		t.Error("the text does not come to the page, so that this proves nothing")
	}
}

// TestNobodyElsesPageCanAct sends the forms of acts as a page of another site would.
func TestNobodyElsesPageCanAct(t *testing.T) {
	server, src := schoolDay(t).serve(t)
	before := len(orders(t, src.Store))
	for _, path := range []string{running + "/stop", running + "/extend", ahead + "/cancel", "/plans/school/2/confirm", "/closures", "/closures/1/end", "/zone"} {
		for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, strings.NewReader("length=15m&zone=UTC"))
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set(name, value)
			if status, _ := do(t, server, r); status != http.StatusForbidden {
				t.Errorf("POST %s with %s: %s is answered %d", path, name, value, status)
			}
		}
		if status, _ := get(t, server, path); path == "/zone" && status != http.StatusNotFound && status != http.StatusMethodNotAllowed {
			t.Errorf("GET %s is answered %d", path, status)
		}
	}
	if after := len(orders(t, src.Store)); after != before {
		t.Errorf("%d orders were given", after-before)
	}
}

// TestWhoMayOnlyLookIsOfferedNoActs looks at the pages as somebody who may read, and as the page of one room.
func TestWhoMayOnlyLookIsOfferedNoActs(t *testing.T) {
	server, src := schoolDay(t).serve(t)
	before := len(orders(t, src.Store))
	for _, tt := range []struct {
		user, method, path string
		status             int
		has, hasNot        string
	}{
		{"reader", "GET", running, 200, "You may look, not act", "/stop"},
		{"reader", "GET", running + "/stop", 403, "reader does not have the scope operate", "<form method=\"post\" action=\"/class"},
		{"reader", "POST", running + "/stop", 403, "reader does not have the scope operate", ""},
		{"reader", "GET", "/plans", 200, "waits for a confirmation", "/confirm"},
		{"reader", "POST", "/plans/school/2/confirm", 403, "does not have", ""},
		{"room", "GET", running, 200, "/stop", ""},
		{"room", "GET", ahead, 403, "room does not have", "Conference"},
		{"room", "GET", "/", 403, "room does not have", "german"},
		{"room", "POST", running + "/cancel", 403, "room does not have", ""},
		{"duty", "GET", running, 200, "/extend", "You may look"},
		{"duty", "GET", ahead + "/stop", 409, "has not begun", ""},
		{"duty", "GET", "/class/school/french-a1/20310917T070000Z/cancel", 409, "has ended already", ""},
	} {
		address := strings.Replace(server.URL, "duty", tt.user, 1) + tt.path
		r, err := http.NewRequestWithContext(t.Context(), tt.method, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		status, body := do(t, server, r)
		if status != tt.status || !strings.Contains(body, tt.has) || tt.hasNot != "" && strings.Contains(body, tt.hasNot) {
			t.Errorf("%s %s by %s: %d\n%s", tt.method, tt.path, tt.user, status, body)
		}
	}
	if after := len(orders(t, src.Store)); after != before {
		t.Errorf("%d orders were given", after-before)
	}
}

// TestADayIsClosedAndOpenedAgain closes a campus for a day, sees the classes first, and takes it back.
func TestADayIsClosedAndOpenedAgain(t *testing.T) {
	server, src := schoolDay(t).serve(t)
	before := len(orders(t, src.Store))
	b := pagetest.Start(t)
	b.Open(server.URL + "/day/2031-09-18")
	b.Click(`.steps a[href^="/closures"]`)
	b.Type("#label", "campus=south")
	b.Type("#reason", "snow")
	b.Click(".fields button")
	if text := b.Text(); !strings.Contains(text, "6 classes of this day will not be recorded") || strings.Contains(text, "german") || !strings.Contains(text, "maths-9a") {
		t.Errorf("the confirmation says:\n%s", text)
	}
	b.Click("form[method=post] button.danger")
	b.Await("the closure", `document.querySelector("#open").innerText.includes("campus=south on Thu 2031-09-18 cancelled by duty: snow")`)
	if got := orders(t, src.Store)[before:]; len(got) != 6 || !strings.HasPrefix(got[0], "cancel school/maths-9a/20310918T060000Z duty: snow") {
		t.Errorf("orders: %v", got)
	}
	b.Click("#open .button")
	b.Click("form[method=post] button.button")
	b.Await("its end", `document.querySelector("#open").innerText.includes("No day is closed")`)
	if got := orders(t, src.Store)[before+6:]; len(got) != 6 || !strings.HasPrefix(got[0], "uncancel school/") {
		t.Errorf("orders: %v", got)
	}
	for path, want := range map[string]int{
		"/closures/new": 400, "/closures/new?day=2031-09-18&from=9": 400, "/closures/new?day=2031-09-18&from=10:00&until=09:00": 400, "/closures/new?day=2031-09-18&label=x": 400,
		"/closures/new?day=2031-09-18&recording=%5B": 400, "/closures/new?day=2031-09-18&extend=99h": 400, "/closures/1/end": 404, "/closures/new?day=2031-09-18&extend=15m0s": 200,
	} {
		if status, _ := get(t, server, path); status != want {
			t.Errorf("%s is answered %d, want %d", path, status, want)
		}
	}
	server.URL = strings.Replace(server.URL, "duty", "reader", 1)
	if status, _ := get(t, server, "/closures/new?day=2031-09-18"); status != http.StatusForbidden {
		t.Errorf("who may only look is answered %d", status)
	}
}
