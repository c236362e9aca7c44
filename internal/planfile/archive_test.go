package planfile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"rundown/internal/planfile"
	"rundown/plan"
	"rundown/plan/load"
)

// archived is a plan that writes a secret address out, with this text in its place.
const archived = `version: 1
name: school
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}"}}
storage: {main: {vendor: s3, region: EU_WEST_1, bucket: example, access_key: "${KEY}", secret_key: "${SECRET}"}}
defaults: {timezone: Europe/Madrid, url: "https://school.example/{id}"}
notify:
  - webhook: %s
    name: duty
recordings:
  algebra: {when: 2031-09-15 09:00-09:50}
`

// TestTheArchiveKeepsNoSecretHoweverItIsWritten has one secret address in each style of YAML. What is kept is the plan with
// the mark in the place of the address.
func TestTheArchiveKeepsNoSecretHoweverItIsWritten(t *testing.T) {
	const masked, between = `"[redacted]"`, `"[redacted]${HOOK}[redacted]"`
	for form, want := range map[string]string{
		"https://hooks.example/T0/hunterTwo":                          masked,
		"https://hooks.example/T0/hunter$$Two # a comment":            masked + " ",
		"\n      https://hooks.example/T0/hunter$$Two":                "\n      " + masked,
		"'https://hooks.example/T0/hunter$$Two'":                      masked,
		"\"https://hooks.example/T0/\\\n      hunterTwo\"":            masked,
		"\"https://hooks.example/T0/\\\n      hunter\\x54$$wo\"":      masked,
		"|\n      https://hooks.example/T0/hunterTwo":                 masked,
		"|\n      https://hooks.example/T0/hunter$$Two":               masked,
		"| # a comment\n      https://hooks.example/T0/hunter$$Two":   masked,
		"|-\n     https://hooks.example/T0/hunter$$$$Two\n":           masked + "\n",
		"|+2\n      https://hooks.example/T0/hunter$$Two":             masked,
		">\n\n\n      https://hooks.example/T0/hunter$$Two":           masked,
		">-\n      https://hooks.example/T0/hunter''Two":              masked,
		">2-\n      https://hooks.example/T0/hunter$$Two":             masked,
		"&hook |\n      https://hooks.example/T0/hunter$$Two":         masked,
		"&hook\n      https://hooks.example/T0/hunter$$Two":           masked,
		"|\n      https://hooks.example/${HOOK}/hunter$$Two":          between,
		">-\n      https://hooks.example/T0/hun${HOOK}ter$${HOOK}":    between,
		"|\r\n      https://hooks.example/T0/hunter$$Two\r":           masked,
		"|\n      https://hooks.example/T0/hunter#Two\n    # comment": masked + "\n    ",
	} {
		p := loaded(t, fmt.Sprintf(archived, form))
		files := planfile.MaskedFiles(p)
		if len(files) != 1 {
			t.Errorf("%q: nothing is kept", form)
			continue
		}
		got, _, _ := strings.Cut(string(files[0].Text), "\n    name: duty")
		if _, got, _ = strings.Cut(got, "notify:\n  - webhook: "); strings.TrimRight(got, "\r\n") != strings.TrimRight(want, "\n") {
			t.Errorf("%q is kept as %q, want %q", form, got, want)
		}
		loaded(t, string(files[0].Text))
	}
}

// loaded is the plan of a text, which must be one.
func loaded(t *testing.T, text string) *plan.Plan {
	t.Helper()
	p, findings, err := load.Load(plan.FileSet{"plan.yaml": text}, "plan.yaml")
	isError := func(f plan.Finding) bool { return f.Severity == plan.SeverityError }
	if err != nil || slices.ContainsFunc(findings, isError) {
		t.Fatalf("%v, %v in\n%s", err, findings, text)
	}
	return p
}
