package catalog

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTheCatalogueHoldsEveryDocumentedRestriction(t *testing.T) {
	list := Restrictions()
	if got, want := len(list), strings.Count(string(catalogueText), "\n- id: "); got != want || got != 215 {
		t.Errorf("%d restrictions, the file has %d, want 215", got, want)
	}
	for _, r := range list {
		found, ok := RestrictionByID(r.ID)
		if !ok || found != r {
			t.Errorf("RestrictionByID(%q) = %+v, %v", r.ID, found, ok)
		}
	}
	if _, ok := RestrictionByID("no-such-rule"); ok {
		t.Error("found a rule that is not there")
	}
	want := Restriction{
		ID:        "video-side-small-without-mobile",
		Statement: "Sides below 480 pixels were introduced with mobile mode; without it stay at 480 or above.",
		Field:     "serviceParam.videoWidth+videoHeight", Check: "static", Severity: "warning", Derived: true,
		Source: "Release notes › 2022-05-20; API 2022 › start › videoWidth", Conflict: "C4",
	}
	if got, _ := RestrictionByID(want.ID); got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestTheCatalogueCannotBeChangedByItsReaders(t *testing.T) {
	Restrictions()[0].ID = "changed"
	_, hi := Bound("qps-per-appid")
	*hi = 99
	Ints("storage-vendor-values")[0] = 99
	Vendors()[0].Regions[0].Number = 99
	v, _ := VendorByName("s3")
	v.Regions[0].Number = 99
	if Restrictions()[0].ID == "changed" || DefaultConcurrent() == 99 || Ints("storage-vendor-values")[0] == 99 ||
		Vendors()[0].Regions[0].Number == 99 {
		t.Error("a reader changed the facts")
	}
}

func TestFiguresAreReadByTheirShape(t *testing.T) {
	for id, want := range map[string][2]int64{ // -1: open
		"qps-per-appid":               {-1, 10},
		"uid-range":                   {1, 4294967295},
		"cname-max-bytes":             {-1, 1024},
		"ready-timeout-range":         {0, 60},
		"max-recording-hour-range":    {1, 720},
		"video-side-range":            {240, 1920},
		"stop-client-timeout":         {21, -1},
		"resource-expired-hour-range": {1, 720},
	} {
		lo, hi := Bound(id)
		if got := [2]int64{orOpen(lo), orOpen(hi)}; got != want {
			t.Errorf("Bound(%q) = %v, want %v", id, got, want)
		}
		if !HasBound(id) {
			t.Errorf("HasBound(%q) = false", id)
		}
	}
	if HasBound("streams-max-europe") || HasBound("cname-charset") || HasBound("none") {
		t.Error("bounds by name, or none, pass for plain ones")
	}
	if lo, hi := BoundOf("webhook-keepalive", "idle_seconds"); orOpen(lo) != 10 || hi != nil {
		t.Errorf("BoundOf = %v, %v", lo, hi)
	}
	check := func(what string, got, want []string) {
		t.Helper()
		if !slices.Equal(got, want) {
			t.Errorf("%s = %q, want %q", what, got, want)
		}
	}
	check("one text", Strings("transport-mode-web"), []string{"web"})
	check("texts", Strings("rtmp-url-scheme"), []string{"rtmp", "rtmps"})
	check("numbers as texts", Strings("audio-profile-values"), []string{"0", "1", "2"})
	check("booleans", Strings("mobile-boolean"), []string{"true", "false"})
	check("mixed", Strings("page-http-status"), []string{"404", "5xx"})
	check("member", StringsOf("extparams-sse", "values"), []string{"kms", "aes256"})
	if got := IntsOf("extparams-sse", "vendors"); !slices.Equal(got, []int64{1}) {
		t.Errorf("IntsOf = %v", got)
	}
	if got := Seconds("sts-refresh-hourly"); !slices.Equal(got, []time.Duration{time.Hour}) {
		t.Errorf("Seconds = %v", got)
	}
}

func orOpen(p *int64) int64 {
	if p == nil {
		return -1
	}
	return *p
}

func TestAskingForAFigureThatIsNotThereIsAMistakeInTheProgram(t *testing.T) {
	for name, ask := range map[string]func(){
		"no such rule":       func() { Bound("none") },
		"no bounds":          func() { Bound("cname-charset") },
		"bounds by name":     func() { Bound("streams-max-europe") },
		"no such name":       func() { BoundOf("streams-max-europe", "uhd") },
		"no value":           func() { Ints("cname-required") },
		"text for a number":  func() { Ints("cname-charset") },
		"mapping for a list": func() { Strings("billing-unit-price") },
		"no such member":     func() { IntsOf("billing-unit-price", "uhd") },
		"lists of lists":     func() { Strings("av-file-type-values") },
		"seconds of a text":  func() { Seconds("transport-mode-web") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			ask()
		})
	}
}

func TestAFaultyCatalogueIsRefused(t *testing.T) {
	const head = "version: 1\nrestrictions:\n"
	const good = "- {id: a, statement: s, field: f, check: plan, severity: error, source: d}\n"
	if _, err := parseCatalogue([]byte(head + good)); err != nil {
		t.Fatal(err)
	}
	for want, text := range map[string]string{
		"not found":          head + "- {id: a, statment: s, field: f, check: plan, severity: error, source: d}\n",
		"given twice":        head + good + good,
		"unknown check":      strings.Replace(head+good, "plan", "planned", 1),
		"unknown severity":   strings.Replace(head+good, "error", "fatal", 1),
		"source missing":     strings.Replace(head+good, ", source: d", "", 1),
		"not a mapping":      strings.Replace(head+good, "field", "bounds: [1, 2], field", 1),
		"unknown key":        strings.Replace(head+good, "field", "bounds: {low: 1}, field", 1),
		"cannot unmarshal":   strings.Replace(head+good, "field", "bounds: {min: one}, field", 1),
		"version 2":          "version: 2\n",
		"more than one docu": head + good + "---\n{}\n",
	} {
		if _, err := parseCatalogue([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v", want, err)
		}
	}
}
