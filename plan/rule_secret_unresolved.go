package plan

import (
	"fmt"
)

func checkUnresolved(c *checker) {
	if c.opts.Lookup == nil {
		return
	}
	failed := map[Reference]error{}
	type place struct {
		pos Pos
		ref Reference
	}
	var g gathering[place]
	c.eachText(func(r *Recording, t Text) {
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
				g.add(place{t.Pos(), ref}, r, func() (Pos, string, tip) {
					return t.Pos(), unresolvedMessage(ref, err), say(unresolvedHint(ref))
				})
			}
		}
	})
	g.report(c)
	for _, s := range c.p.Storages {
		if s.STS == nil || s.STS.File == "" {
			continue
		}
		if err := c.unresolved(Reference{File: s.STS.File}); err != nil {
			c.report(s.STS.Pos, fmt.Sprintf("the file of temporary credentials has no value: %v", err), unresolvedHint(Reference{File: s.STS.File}))
		}
	}
}

// unresolved is why a reference has no value; nil when it has one.
func (c *checker) unresolved(ref Reference) error {
	value, err := c.opts.Lookup(ref)
	if err == nil && value == "" {
		err = errEmptyReference
	}
	return err
}

func unresolvedMessage(ref Reference, err error) string {
	return fmt.Sprintf("%s has no value: %v", ref, err)
}

func unresolvedHint(ref Reference) string {
	if ref.File != "" {
		return "write the file; paths are relative to the folder of the root file"
	}
	return "set the variable " + ref.Name
}

var errEmptyReference = &syntaxError{Message: "it is empty"}
