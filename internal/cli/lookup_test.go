package cli

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"rundown/internal/planfile"
	"rundown/plan"
	"rundown/plan/load"
)

func lookupIn(t *testing.T, folder string, env map[string]string) plan.Lookup {
	t.Helper()
	a := newApp(Streams{})
	a.env = func(name string) (string, bool) { v, ok := env[name]; return v, ok }
	return a.newLookup(filepath.Join(folder, "plan.yaml"))
}

func TestReferencesStandForVariablesAndFiles(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "secret"), "from a file\n")
	write(t, filepath.Join(folder, "crlf"), "from a file\r\n")
	write(t, filepath.Join(folder, "inner"), " two lines\nare kept \n\n")
	lookup := lookupIn(t, folder, map[string]string{"KEY": "from a variable"})
	for _, c := range []struct {
		ref  plan.Reference
		want string
	}{
		{plan.Reference{Name: "KEY"}, "from a variable"},
		{plan.Reference{File: "secret"}, "from a file"},
		{plan.Reference{File: filepath.Join(folder, "secret")}, "from a file"},
		{plan.Reference{File: "crlf"}, "from a file"},
		{plan.Reference{File: "inner"}, " two lines\nare kept \n"},
	} {
		if got, err := lookup(c.ref); err != nil || got != c.want {
			t.Errorf("%s = %q, %v, want %q", c.ref, got, err, c.want)
		}
	}
}

func TestRotatedSecretsAreSeenAtOnce(t *testing.T) {
	folder := t.TempDir()
	lookup := lookupIn(t, folder, nil)
	for _, v := range []string{"old", "new"} {
		write(t, filepath.Join(folder, "secret"), v)
		if got, err := lookup(plan.Reference{File: "secret"}); got != v {
			t.Errorf("got %q, %v, want %q", got, err, v)
		}
	}
}

func TestReferencesWithoutAValueAreErrorsThatNameThem(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "empty"), "\n")
	write(t, filepath.Join(folder, "huge"), strings.Repeat("x", planfile.MaxSecretSize+1))
	lookup := lookupIn(t, folder, map[string]string{"EMPTY": ""})
	for _, c := range []struct {
		ref   plan.Reference
		unset bool
	}{
		{plan.Reference{Name: "ABSENT"}, true},
		{plan.Reference{Name: "EMPTY"}, true},
		{plan.Reference{File: "absent"}, true},
		{plan.Reference{File: "empty"}, true},
		{plan.Reference{File: "huge"}, false},
		{plan.Reference{File: "."}, false},
	} {
		_, err := lookup(c.ref)
		if err == nil || !strings.Contains(err.Error(), c.ref.String()) || errors.Is(err, planfile.ErrUnset) != c.unset {
			t.Errorf("%s: %v; unset should be %v", c.ref, err, c.unset)
		}
	}
}

func TestSimulationMakesUpWhatIsUnset(t *testing.T) {
	f := planfile.NewReader(strings.NewReader(`version: 1
name: made-up
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}"}}
storage: {v: {vendor: s3, region: eu-central-1, bucket: b, access_key: "${A}", secret_key: "${S}"}}
cdn: {live: "${LIVE_URL}", parts: "rtmp://live.example/app/${STREAM_KEY}"}
recordings: {a: {when: 2031-10-17 20:00-21:30, timezone: UTC, url: "https://x.example/", cdn: live}}
`))
	p, findings, err := load.Load(f, "-")
	if err != nil || p == nil {
		t.Fatalf("%v, %v", findings, err)
	}
	lookup := planfile.SimulatedLookup(p, lookupIn(t, t.TempDir(), map[string]string{"APP": "real"}))
	if v, err := lookup(plan.Reference{Name: "APP"}); v != "real" {
		t.Errorf("what is set stands for %q, %v", v, err)
	}
	for _, c := range []struct{ name, prefix string }{{"LIVE_URL", "rtmps://"}, {"STREAM_KEY", ""}, {"SECRET", ""}} {
		v, err := lookup(plan.Reference{Name: c.name})
		again, _ := lookup(plan.Reference{Name: c.name})
		if err != nil || v == "" || !strings.HasPrefix(v, c.prefix) || v != again {
			t.Errorf("%s stands for %q and %q, %v", c.name, v, again, err)
		}
		if c.prefix == "" && len(v) != 32 {
			t.Errorf("%s stands for %q, want 32 digits", c.name, v)
		}
	}
}
