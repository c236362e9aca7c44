package plan_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"rundown/plan"
	"rundown/plan/plantest"
	"rundown/plan/plantest/build"
)

func TestNoWayOfPrintingShowsASecret(t *testing.T) {
	secrets := map[string]plan.Text{
		"key":                build.Must(plan.NewText(plantest.Canary, plan.Pos{}, plan.TextSecret)),
		"key with reference": build.Must(plan.NewText(plantest.Canary+"${KEY}"+plantest.Canary, plan.Pos{}, plan.TextSecret)),
		"address":            build.Must(plan.NewText("rtmps://live.school.example/app/"+plantest.Canary, plan.Pos{}, plan.TextAddress)),
		"query":              build.Must(plan.NewText("rtmps://live.school.example?"+plantest.Canary, plan.Pos{}, plan.TextAddress)),
		"user":               build.Must(plan.NewText("rtmps://user:"+plantest.Canary+"@live.school.example/app/${KEY}", plan.Pos{}, plan.TextAddress)),
		"no address":         build.Must(plan.NewText(plantest.Canary+"/app", plan.Pos{}, plan.TextAddress)),
		"after a reference":  build.Must(plan.NewText("${HOST}/app/"+plantest.Canary, plan.Pos{}, plan.TextAddress)),
	}
	type holder struct {
		Text    plan.Text
		Pointer *plan.Text
		Any     any
		List    []plan.Text
		ByName  map[string]plan.Text
		hidden  plan.Text // fmt calls no method on it
	}
	for name, text := range secrets {
		if !text.Secret() {
			t.Errorf("%s is no secret", name)
		}
		shown := plantest.ShownEveryWay(t, text) + plantest.ShownEveryWay(t, &text)
		shown += plantest.ShownEveryWay(t, holder{text, &text, text, []plan.Text{text}, map[string]plan.Text{"x": text}, text})
		hexadecimal := fmt.Sprintf("%x", plantest.Canary)
		for _, form := range []string{plantest.Canary, hexadecimal, strings.ToUpper(hexadecimal), fmt.Sprintf("% x", plantest.Canary), fmt.Sprint([]byte(plantest.Canary))[1:20]} {
			if i := strings.Index(shown, form); i >= 0 {
				t.Errorf("%s is shown: %q", name, shown[max(0, i-40):i+len(form)])
			}
		}
		lookup := func(plan.Reference) (string, error) { return plantest.Canary, nil }
		if masked, err := text.ResolveMasked(lookup); err != nil || strings.Contains(masked, plantest.Canary) {
			t.Errorf("%s is shown once it is resolved: %q, %v", name, masked, err)
		}
		if value, err := text.Resolve(lookup); err != nil || !strings.Contains(value, plantest.Canary) {
			t.Errorf("%s cannot be used: %q, %v", name, value, err)
		}
	}
}

func TestTextsAreShownAsWrittenButForSecrets(t *testing.T) {
	tests := []struct {
		kind        plan.TextKind
		text, shown string
	}{
		{plan.TextPlain, "${ID}", "${ID}"},
		{plan.TextPlain, "a{id}$b$$c$", "a{id}$b$c$"},
		{plan.TextPlain, "$${ID}", "$${ID}"},
		{plan.TextPlain, "", ""},
		{plan.TextSecret, "example", "[redacted]"},
		{plan.TextSecret, "${file:/run/secrets/key}", "${file:/run/secrets/key}"},
		{plan.TextSecret, "example-${KEY}", "[redacted]${KEY}"},
		{plan.TextAddress, "rtmps://live.school.example/app/example", "rtmps://live.school.example/[redacted]"},
		{plan.TextAddress, "rtmps://live.school.example:443/", "rtmps://live.school.example:443/"},
		{plan.TextAddress, "rtmps://live.school.example", "rtmps://live.school.example"},
		{plan.TextAddress, "rtmps://live.school.example/app/${KEY}?x=y", "rtmps://live.school.example/app/${KEY}?x=y"},
		{plan.TextAddress, "rtmps://${HOST}/app/example", "rtmps://${HOST}/[redacted]"},
		{plan.TextAddress, "${CAMPUS_RTMP_URL}", "${CAMPUS_RTMP_URL}"},
		{plan.TextAddress, "live.school.example/app/example", "[redacted]"},
		{plan.TextURL, "https://{campus}.school.example/{id}?t=${TOKEN}", "https://{campus}.school.example/{id}?t=${TOKEN}"},
		{plan.TextURL, `https://school.example/?q={"a":1}{`, `https://school.example/?q={"a":1}{`},
	}
	for _, test := range tests {
		text, err := plan.NewText(test.text, plan.Pos{}, test.kind)
		if err != nil || text.String() != test.shown {
			t.Errorf("%q is shown as %q (%v), want %q", test.text, text, err, test.shown)
		}
	}
	var none plan.Text
	if !none.IsZero() || none.String() != "" || none.Secret() || none.References() != nil {
		t.Error("no text is something")
	}
}

func TestReferencesAreResolvedAndDollarsKept(t *testing.T) {
	lookup := func(r plan.Reference) (string, error) {
		if r.Name == "UNSET" {
			return "", errors.New("not set")
		}
		return "<" + r.Name + r.File + "${X}>", nil // a value is not read again
	}
	tests := []struct{ text, value string }{
		{"pa$$word$", "pa$word$"},
		{"$${A}", "${A}"},
		{"$$${A}", "$<A${X}>"},
		{"a${A}b${file:/run/x y}c", "a<A${X}>b</run/x y${X}>c"},
		{"{id}", "{id}"},
	}
	for _, test := range tests {
		if got, err := build.Must(plan.NewText(test.text, plan.Pos{}, plan.TextURL)).Resolve(lookup); err != nil || got != test.value {
			t.Errorf("%q resolves to %q (%v), want %q", test.text, got, err, test.value)
		}
	}
	text := build.Must(plan.NewText("https://school.example/?a=${A}&b=${UNSET}", plan.Pos{}, plan.TextURL))
	for name, look := range map[string]plan.Lookup{"not set": lookup, "not resolved here": nil} {
		_, err := text.Resolve(look)
		var unresolved *plan.UnresolvedError
		if !errors.As(err, &unresolved) || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "<A") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := text.Resolve(nil); !errors.Is(err, plan.ErrNoLookup) {
		t.Errorf("nobody to ask: %v", err)
	}
	shown, err := build.Must(plan.NewText("https://school.example/?a=${A}", plan.Pos{}, plan.TextURL)).ResolveMasked(lookup)
	if err != nil || shown != "https://school.example/?a=[redacted]" {
		t.Errorf("an exposed value is shown as %q (%v)", shown, err)
	}
	if want := []plan.Reference{{Name: "A"}, {Name: "UNSET"}}; !slices.Equal(text.References(), want) {
		t.Errorf("the references are %v", text.References())
	}
}

func TestMalformedReferencesAreRefusedWithoutShowingTheText(t *testing.T) {
	for _, text := range []string{"${", "${}", "${" + plantest.Canary, "${1A}", "${A-" + plantest.Canary + "}", "${file:}", "${file: }", plantest.Canary + "${A B}", "${A:-" + plantest.Canary + "}", "${${A}}"} {
		_, err := plan.NewText(text, plan.Pos{}, plan.TextSecret)
		var syntax *plan.SyntaxError
		if !errors.As(err, &syntax) || syntax.Hint.Text == "" || strings.Contains(syntax.Message+syntax.Hint.Text, plantest.Canary) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestPlaceholdersAreOfSomeKindsOnly(t *testing.T) {
	url := build.Must(plan.NewText("{a}/{b}/{a}/${A}", plan.Pos{}, plan.TextURL))
	if want := []string{"a", "b"}; !slices.Equal(url.Placeholders(), want) {
		t.Errorf("the placeholders are %q", url.Placeholders())
	}
	expanded, unknown := url.ExpandBy(build.ValuesOf(map[string]string{"a": "{b}"})) // a value is not read again
	if expanded.String() != "{b}/{b}/{b}/${A}" || !slices.Equal(unknown, []string{"b"}) || !slices.Equal(expanded.Placeholders(), []string{"b"}) {
		t.Errorf("expanded to %s with %q unknown", expanded, unknown)
	}
	if url.String() != "{a}/{b}/{a}/${A}" {
		t.Errorf("expanding has changed the text to %s", url)
	}
	if names := build.Must(plan.NewText("{a}", plan.Pos{}, plan.TextPlain)).Placeholders(); names != nil {
		t.Errorf("a plain text has placeholders: %q", names)
	}
	if !url.Equal(build.Must(plan.NewText("{a}/{b}/{a}/${A}", plan.Pos{Line: 7}, plan.TextURL))) || url.Equal(expanded) || url.Equal(plan.Text{}) {
		t.Error("equal texts are those that are written alike")
	}
}
