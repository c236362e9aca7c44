package plan

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestNoWayOfPrintingShowsASecret(t *testing.T) {
	secrets := map[string]Text{
		"key":                must(newText(canary, Pos{}, textSecret)),
		"key with reference": must(newText(canary+"${KEY}"+canary, Pos{}, textSecret)),
		"address":            must(newText("rtmps://live.school.example/app/"+canary, Pos{}, textAddress)),
		"query":              must(newText("rtmps://live.school.example?"+canary, Pos{}, textAddress)),
		"user":               must(newText("rtmps://user:"+canary+"@live.school.example/app/${KEY}", Pos{}, textAddress)),
		"no address":         must(newText(canary+"/app", Pos{}, textAddress)),
		"after a reference":  must(newText("${HOST}/app/"+canary, Pos{}, textAddress)),
	}
	type holder struct {
		Text    Text
		Pointer *Text
		Any     any
		List    []Text
		ByName  map[string]Text
		hidden  Text // fmt calls no method on it
	}
	for name, text := range secrets {
		if !text.Secret() {
			t.Errorf("%s is no secret", name)
		}
		shown := shownEveryWay(t, text) + shownEveryWay(t, &text)
		shown += shownEveryWay(t, holder{text, &text, text, []Text{text}, map[string]Text{"x": text}, text})
		hexadecimal := fmt.Sprintf("%x", canary)
		for _, form := range []string{canary, hexadecimal, strings.ToUpper(hexadecimal), fmt.Sprintf("% x", canary), fmt.Sprint([]byte(canary))[1:20]} {
			if i := strings.Index(shown, form); i >= 0 {
				t.Errorf("%s is shown: %q", name, shown[max(0, i-40):i+len(form)])
			}
		}
		lookup := func(Reference) (string, error) { return canary, nil }
		if masked, err := text.ResolveMasked(lookup); err != nil || strings.Contains(masked, canary) {
			t.Errorf("%s is shown once it is resolved: %q, %v", name, masked, err)
		}
		if value, err := text.Resolve(lookup); err != nil || !strings.Contains(value, canary) {
			t.Errorf("%s cannot be used: %q, %v", name, value, err)
		}
	}
}

func TestTextsAreShownAsWrittenButForSecrets(t *testing.T) {
	tests := []struct {
		kind        textKind
		text, shown string
	}{
		{textPlain, "${ID}", "${ID}"},
		{textPlain, "a{id}$b$$c$", "a{id}$b$c$"},
		{textPlain, "$${ID}", "$${ID}"},
		{textPlain, "", ""},
		{textSecret, "example", "[redacted]"},
		{textSecret, "${file:/run/secrets/key}", "${file:/run/secrets/key}"},
		{textSecret, "example-${KEY}", "[redacted]${KEY}"},
		{textAddress, "rtmps://live.school.example/app/example", "rtmps://live.school.example/[redacted]"},
		{textAddress, "rtmps://live.school.example:443/", "rtmps://live.school.example:443/"},
		{textAddress, "rtmps://live.school.example", "rtmps://live.school.example"},
		{textAddress, "rtmps://live.school.example/app/${KEY}?x=y", "rtmps://live.school.example/app/${KEY}?x=y"},
		{textAddress, "rtmps://${HOST}/app/example", "rtmps://${HOST}/[redacted]"},
		{textAddress, "${CAMPUS_RTMP_URL}", "${CAMPUS_RTMP_URL}"},
		{textAddress, "live.school.example/app/example", "[redacted]"},
		{textURL, "https://{campus}.school.example/{id}?t=${TOKEN}", "https://{campus}.school.example/{id}?t=${TOKEN}"},
		{textURL, `https://school.example/?q={"a":1}{`, `https://school.example/?q={"a":1}{`},
	}
	for _, test := range tests {
		text, err := newText(test.text, Pos{}, test.kind)
		if err != nil || text.String() != test.shown {
			t.Errorf("%q is shown as %q (%v), want %q", test.text, text, err, test.shown)
		}
	}
	var none Text
	if !none.IsZero() || none.String() != "" || none.Secret() || none.References() != nil {
		t.Error("no text is something")
	}
}

func TestReferencesAreResolvedAndDollarsKept(t *testing.T) {
	lookup := func(r Reference) (string, error) {
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
		if got, err := must(newText(test.text, Pos{}, textURL)).Resolve(lookup); err != nil || got != test.value {
			t.Errorf("%q resolves to %q (%v), want %q", test.text, got, err, test.value)
		}
	}
	text := must(newText("https://school.example/?a=${A}&b=${UNSET}", Pos{}, textURL))
	for name, look := range map[string]Lookup{"not set": lookup, "not resolved here": nil} {
		_, err := text.Resolve(look)
		var unresolved *UnresolvedError
		if !errors.As(err, &unresolved) || !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "<A") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := text.Resolve(nil); !errors.Is(err, ErrNoLookup) {
		t.Errorf("nobody to ask: %v", err)
	}
	shown, err := must(newText("https://school.example/?a=${A}", Pos{}, textURL)).ResolveMasked(lookup)
	if err != nil || shown != "https://school.example/?a=[redacted]" {
		t.Errorf("an exposed value is shown as %q (%v)", shown, err)
	}
	if want := []Reference{{Name: "A"}, {Name: "UNSET"}}; !slices.Equal(text.References(), want) {
		t.Errorf("the references are %v", text.References())
	}
}

func TestMalformedReferencesAreRefusedWithoutShowingTheText(t *testing.T) {
	for _, text := range []string{"${", "${}", "${" + canary, "${1A}", "${A-" + canary + "}", "${file:}", "${file: }", canary + "${A B}", "${A:-" + canary + "}", "${${A}}"} {
		_, err := newText(text, Pos{}, textSecret)
		var syntax *syntaxError
		if !errors.As(err, &syntax) || syntax.Hint == "" || strings.Contains(syntax.Message+syntax.Hint, canary) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestPlaceholdersAreOfSomeKindsOnly(t *testing.T) {
	url := must(newText("{a}/{b}/{a}/${A}", Pos{}, textURL))
	if want := []string{"a", "b"}; !slices.Equal(url.placeholders(), want) {
		t.Errorf("the placeholders are %q", url.placeholders())
	}
	expanded, unknown := url.expandBy(valuesOf(map[string]string{"a": "{b}"})) // a value is not read again
	if expanded.String() != "{b}/{b}/{b}/${A}" || !slices.Equal(unknown, []string{"b"}) || !slices.Equal(expanded.placeholders(), []string{"b"}) {
		t.Errorf("expanded to %s with %q unknown", expanded, unknown)
	}
	if url.String() != "{a}/{b}/{a}/${A}" {
		t.Errorf("expanding has changed the text to %s", url)
	}
	if names := must(newText("{a}", Pos{}, textPlain)).placeholders(); names != nil {
		t.Errorf("a plain text has placeholders: %q", names)
	}
	if !url.Equal(must(newText("{a}/{b}/{a}/${A}", Pos{Line: 7}, textURL))) || url.Equal(expanded) || url.Equal(Text{}) {
		t.Error("equal texts are those that are written alike")
	}
}
