package rules

import (
	"cmp"

	"rundown/agora/catalog"
	"rundown/plan"
)

// Mechanism is the way in which a rule is enforced.
type Mechanism string

// The ways to enforce a rule.
const (
	ByFinding      Mechanism = "finding"      // a plan that breaks it has a finding
	ByConstruction Mechanism = "construction" // no plan leads to a request that breaks it
	ByFigure       Mechanism = "figure"       // it is a fact, and a figure that the program computes follows it
	ByRuntime      Mechanism = "runtime"      // the program keeps to it while it records
	ByProbe        Mechanism = "probe"        // only a look at the page or the storage shows it
	ByHuman        Mechanism = "human"        // nothing that the program sees shows whether it is kept
)

// MechanismOf says how a rule is enforced, ours or one of the catalogue; false for an id that is neither. The catalogue
// says where in the program, and which test proves it: [catalog.Restriction].Enforced. Pairs of plans in testdata prove
// findings.
func MechanismOf(id string) (Mechanism, bool) {
	if _, ok := plan.RuleByID(id); ok {
		return ByFinding, true
	}
	entry, ok := catalog.RestrictionByID(id)
	switch {
	case !ok:
		return "", false
	case entry.Enforced.By != "":
		return Mechanism(entry.Enforced.By), true
	case entry.LeftToUsers != "":
		return ByHuman, true
	}
	return Mechanism(entry.Check), true // a test holds that it is probe or human
}

// NoteOf adds to how a rule is enforced what the program does where it leaves advice of the documentation to its
// users, and why validate cannot check what the runner enforces; "" for most rules.
func NoteOf(id string) string {
	entry, _ := catalog.RestrictionByID(id)
	return cmp.Or(entry.LeftToUsers, entry.Note)
}
