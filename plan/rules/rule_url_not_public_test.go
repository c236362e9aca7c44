package rules

import (
	"strings"
	"testing"

	"rundown/plan"
	"rundown/plan/load"
	"rundown/plan/plantest"
	"rundown/plan/plantest/build"
)

// errorsOf gives the ids of the rules that a page's address breaks, and the text of their findings.
func errorsOf(t *testing.T, address string, lookup plan.Lookup) (ids []string, text string) {
	t.Helper()
	p, findings, err := load.Load(plantest.Texts{"p.yaml": plantest.WithURL(address)}, "p.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(findings, Check(p, Options{Now: plantest.September, Lookup: lookup})...) {
		if f.Severity == plan.SeverityError {
			ids = append(ids, f.Rule)
			text += f.Message + "; " + f.Hint + "\n"
		}
	}
	return ids, text
}

func TestAPageThatNobodyOutsideCanOpenIsAnError(t *testing.T) {
	for _, host := range []string{
		"localhost", "LocalHost:3000", "localhost.", "app.localhost", "127.0.0.1", "127.1", "2130706433", "0x7f.0.0.1", "0177.0.0.1", "[::1]", "[::ffff:127.0.0.1]",
		"10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.20:8080", "169.254.169.254", "100.64.0.1", "0.0.0.0", "[fd12::1]", "[fe80::1]", "224.0.0.1", "192.0.2.7", "[::]",
		"intranet", "media-server:8443", "school.local", "printer.local.", "wiki.internal", "nas.home.arpa", "host.lan", "x.test", "x.invalid",
		"school.example/rooms/a b", "school.example/a?name=x y", "school.example/\u00a0a",
	} {
		if ids, text := errorsOf(t, "https://"+host, nil); len(ids) != 1 || ids[0] != "url-not-public" {
			t.Errorf("%s: %q\n%s", host, ids, text)
		}
	}
}

func TestAPublicPageIsNoError(t *testing.T) {
	for _, host := range []string{
		"school.example", "lingua.example:8443/rooms/{id}?a=%20+b", "8.8.8.8", "172.32.0.1", "172.15.0.1", "192.169.0.1", "11.0.0.1", "[2a00:1450::1]", "localhost.school.example",
		"internal.school.example", "local.school.example", "xn--bcher-kva.example", "b\u00fccher.example", "100.128.0.1", "{id}.school.example", "${HOST}", "${HOST}.school.example", "user@school.example",
		"school.example/path@x", "school.example/?q=user:password@x", "${PASSWORD}@school.example", "user:${PASSWORD}@school.example",
	} {
		if ids, text := errorsOf(t, "https://"+host, nil); len(ids) != 0 {
			t.Errorf("%s: %q\n%s", host, ids, text)
		}
	}
}

// TestTheHostOfAReferenceIsJudgedByItsValueAndNotShown has a host that only a variable knows.
func TestTheHostOfAReferenceIsJudgedByItsValueAndNotShown(t *testing.T) {
	lookup := func(r plan.Reference) (string, error) {
		if r.Name == "HOST" {
			return "canary-host.internal", nil
		}
		return "an-obvious-example", nil
	}
	if ids, text := errorsOf(t, "https://${HOST}/a", lookup); len(ids) != 1 || ids[0] != "url-not-public" || strings.Contains(text, "canary") {
		t.Errorf("%q\n%s", ids, text)
	}
}

func TestAPasswordInAnAddressIsASecretThatIsNotShown(t *testing.T) {
	for _, address := range []string{
		"https://user:canary@school.example/a", "https://user:canary@school.example", "https://:canary@school.example/a", "https://user:can@canary@school.example/a",
		"https://user:canary/x@school.example/a", "https://user:${PASSWORD}canary@school.example/a", "https://school.example/?next=https://user:canary@b.example/", "HTTPS://user:canary#x@school.example/?a=b",
	} {
		ids, text := errorsOf(t, address, nil)
		if !strings.Contains(strings.Join(ids, " "), "secret-in-plain-text") || strings.Contains(text, "canary") {
			t.Errorf("%s: %q\n%s", address, ids, text)
		}
		u := build.Must(plan.NewText(address, plan.Pos{}, plan.TextURL))
		masked, err := u.ResolveMasked(func(plan.Reference) (string, error) { return "canary", nil })
		if shown := plantest.ShownEveryWay(t, u) + masked; err != nil || strings.Contains(shown, "canary") {
			t.Errorf("%s is shown as %s (%v)", address, masked, err)
		}
		if value, err := u.Resolve(func(plan.Reference) (string, error) { return "", nil }); err != nil || !strings.Contains(value, "canary") {
			t.Errorf("%s cannot be used: %v", address, err)
		}
	}
	for address, shown := range map[string]string{
		"https://user:secret@school.example/{id}?a=${PASSWORD}": "https://[redacted]@school.example/{id}?a=${PASSWORD}",
		"https://${PASSWORD}@school.example/a":                  "https://${PASSWORD}@school.example/a",
		"https://school.example/a:b@c":                          "https://school.example/a:b@c",
		"https://a.example/?next=https://user:secret@b.example": "https://a.example/?next=https://[redacted]@b.example",
		"https://u:v@a.example/?next=http://w@b.example/c":      "https://[redacted]@a.example/?next=http://[redacted]@b.example/c",
		"https://school.example:8443/a@c":                       "https://school.example:8443/a@c",
	} {
		if got := build.Must(plan.NewText(address, plan.Pos{}, plan.TextURL)).String(); got != shown {
			t.Errorf("%s is shown as %s", address, got)
		}
	}
}
