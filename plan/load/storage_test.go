package load

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"rundown/plan"
	"rundown/plan/plantest"
	"rundown/plan/rules"
)

// TestAPlanHasNoPlaceForWhenTemporaryCredentialsRunOut holds what the notes on sts-min-validity and the like say: there
// is nothing to find, since a plan cannot hold a token or its time.
func TestAPlanHasNoPlaceForWhenTemporaryCredentialsRunOut(t *testing.T) {
	const text = `version: 1
name: lingua
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}"}}
storage:
  videos: {vendor: s3, region: eu-central-1, bucket: lingua, STORAGE}
recordings:
  german: {timezone: UTC, url: "https://lingua.example/", when: 2031-09-15 09:00-09:50}
`
	for storage, want := range map[string][]string{
		`sts: {file: keys.json}`: nil,
		`sts: {command: [./issue], token: "${T}", expiration: 2031-09-15T13:00:00Z}`:            {"expiration", "token"},
		`sts: {file: keys.json, expires: 4h}`:                                                   {"expires"},
		`access_key: "${A}", secret_key: "${K}", sts_token: "${T}", sts_expiration: 1947000000`: {"sts_expiration", "sts_token"},
		`access_key: "${A}", secret_key: "${K}", stsToken: "${T}", stsExpiration: "1947000000"`: {"stsExpiration", "stsToken"},
	} {
		_, findings, err := Load(fstest.MapFS{"plan.yaml": {Data: []byte(strings.Replace(text, "STORAGE", storage, 1))}}, "plan.yaml")
		if err != nil {
			t.Fatal(err)
		}
		var unknown []string
		for _, f := range findings {
			if f.Rule == "unknown-key" {
				unknown = append(unknown, strings.Split(f.Message, `"`)[1])
			}
		}
		slices.Sort(unknown)
		if !slices.Equal(unknown, want) {
			t.Errorf("%s: the unknown keys %q, want %q", storage, unknown, want)
		}
	}
}

func TestAFileOfTemporaryCredentialsIsLookedForWhereValuesAreAskedFor(t *testing.T) {
	p, _, err := Load(plantest.Folder("../testdata/rules/ok"), "sts-vendors.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, there := range []bool{true, false} {
		found := 0
		for _, f := range rules.Check(p, rules.Options{Now: plantest.September, Lookup: func(r plan.Reference) (string, error) {
			if r.File == "token.json" && !there {
				return "", errors.New("no such file")
			}
			return "an-obvious-example", nil
		}}) {
			if f.Rule == "secret-unresolved" {
				found++
				if f.Pos.Line != 6 || !strings.Contains(f.Message, "temporary credentials") {
					t.Errorf("%v: %s", f.Pos, f.Message)
				}
			}
		}
		if want := map[bool]int{true: 0, false: 1}[there]; found != want {
			t.Errorf("with the file there %v: %d findings, want %d", there, found, want)
		}
	}
}
