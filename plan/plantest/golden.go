package plantest

import (
	"errors"
	"slices"
	"strings"

	"rundown/plan"
)

// LookupFor is the lookup of references for a plan of testdata: none, unless its name begins with resolve-.
func LookupFor(name string) plan.Lookup {
	if !strings.HasPrefix(name, "resolve-") {
		return nil
	}
	return func(r plan.Reference) (string, error) {
		switch {
		case r.File != "":
			return "", errors.New("it does not exist")
		case r.Name == "SET":
			return "rtmps://live.lingua.example/app/an-obvious-example", nil
		case r.Name == "S3_ACCESS_KEY":
			return "", nil
		}
		return "", errors.New("it is not set")
	}
}

// Findings joins the findings of the loader and of the rules for a plan of testdata, in document order. It leaves out the
// advice on ready_timeout, which every short plan would have.
func Findings(p *plan.Plan, name string, lists ...[]plan.Finding) []plan.Finding {
	findings := plan.Sort(p, slices.Concat(lists...))
	if name == "ready-timeout-recommended.yaml" {
		return findings
	}
	return slices.DeleteFunc(findings, func(f plan.Finding) bool { return f.Rule == "ready-timeout-recommended" })
}
