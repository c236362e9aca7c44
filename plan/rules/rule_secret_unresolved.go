package rules

import (
	"fmt"
	"strings"

	"rundown/plan"
)

// checkUnresolved resolves each reference once. It does nothing without a lookup, as on the machine of an author, who has no secrets.
func checkUnresolved(c *checker) {
	if c.opts.Lookup == nil {
		return
	}
	failed := map[plan.Reference]error{}
	type place struct {
		pos plan.Pos
		ref plan.Reference
	}
	var g findingGroup[place]
	for r, t := range c.p.Texts() {
		for _, ref := range t.References() {
			err, known := failed[ref]
			if !known {
				err = c.unresolved(ref)
				failed[ref] = err
			}
			switch {
			case err == nil:
			case r == nil:
				c.report(t.Pos(), unresolvedMessage(ref, err), unresolvedHint(ref))
			default:
				g.add(place{t.Pos(), ref}, r, finding{t.Pos(), unresolvedMessage(ref, err), plan.NewHint(unresolvedHint(ref))})
			}
		}
	}
	g.report(c)
	for _, s := range c.p.Storages {
		if s.STS == nil || s.STS.File == "" {
			continue
		}
		if err := c.unresolved(plan.Reference{File: s.STS.File}); err != nil {
			c.report(s.STS.Pos, fmt.Sprintf("the file of temporary credentials has no value: %v", err), unresolvedHint(plan.Reference{File: s.STS.File}))
		}
	}
}

// unresolved is why a reference has no value; nil where it has one.
func (c *checker) unresolved(ref plan.Reference) error {
	value, err := c.opts.Lookup(ref)
	if err == nil && value == "" {
		err = errEmptyReference
	}
	return err
}

// unresolvedMessage says why a reference has no value. The error of a lookup holds no value.
func unresolvedMessage(ref plan.Reference, err error) string {
	if strings.HasPrefix(err.Error(), ref.String()) { // it names the reference itself
		return err.Error()
	}
	return fmt.Sprintf("%s has no value: %v", ref, err)
}

// unresolvedHint says where the value is missing.
func unresolvedHint(ref plan.Reference) string {
	if ref.File != "" {
		return "write a value into the file; paths are relative to the folder of the root file"
	}
	return fmt.Sprintf("give the variable %s a value", ref.Name)
}

// errEmptyReference is the error of a reference to an empty value.
var errEmptyReference = &plan.SyntaxError{Message: "it is empty"}
