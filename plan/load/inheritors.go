package load

import (
	"cmp"
	"math"
	"slices"

	"rundown/plan"
)

// addInheritors adds to each finding about a value of defaults which recordings inherit the value.
func (l *loader) addInheritors(p *plan.Plan) {
	for i, u := range l.sources {
		if u.part == nil || u.part.Defaults == nil || len(u.findings) == 0 {
			continue
		}
		keys := defaultsKeysInOrder(u)
		reached := map[string]string{}
		for j := range u.findings {
			f := &u.findings[j]
			k := keyAround(keys, f.Pos)
			if k == nil || !isAboutValue(f, k, u.src) {
				continue
			}
			who, known := reached[k.name]
			if !known {
				who = plan.SomeOf(inheritors(p, u, i == 0, k))
				reached[k.name] = who
			}
			if who != "" {
				f.Message += ", in " + who
			}
		}
	}
}

// isAboutValue says whether a finding after a key concerns its value; a finding about an unknown key after it does
// not.
func isAboutValue(f *plan.Finding, k *keyAt, src *plan.Source) bool {
	switch f.Rule {
	case "unknown-reference", "reference-not-allowed":
		return true
	case "wrong-type":
		return f.Pos == src.Pos(k.value)
	}
	return !plan.Structural[f.Rule]
}

// inheritors are the recordings that inherit a key of a file's defaults.
func inheritors(p *plan.Plan, u *sourceFile, root bool, k *keyAt) []string {
	var ids []string
	for _, r := range p.Recordings {
		if !root && r.Pos.File != u.src.Path {
			continue
		}
		// What is refused is no one's setting, hence absent as well.
		if from, given := r.From.Of(k.name); !given || from == u.src.Pos(k.value) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// defaultsKeysInOrder are the keys of a file's defaults in the order of the text, followed by the key after defaults,
// without a name.
func defaultsKeysInOrder(u *sourceFile) []keyAt {
	begin, ok := u.positions.find("defaults")
	if !ok {
		return nil
	}
	byPlace := func(a, b keyAt) int { return comparePlaces(a.key, b.key) }
	after := slices.DeleteFunc(slices.Clone(u.positions.keys), func(k keyAt) bool { return byPlace(k, begin) <= 0 })
	end := keyAt{key: plan.Span{Line: math.MaxInt32}}
	if len(after) > 0 {
		end = keyAt{key: slices.MinFunc(after, byPlace).key}
	}
	return append(slices.SortedFunc(slices.Values(u.part.Defaults.keys), byPlace), end)
}

// keyAround is the key whose value contains a position; nil for none.
func keyAround(keys []keyAt, pos plan.Pos) *keyAt {
	at := plan.Span{Line: int32(pos.Line), Column: int32(pos.Column)}
	next := slices.IndexFunc(keys, func(k keyAt) bool { return comparePlaces(at, k.key) < 0 })
	if next < 1 {
		return nil
	}
	return &keys[next-1]
}

// comparePlaces orders spans by where they start.
func comparePlaces(a, b plan.Span) int {
	return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
}
