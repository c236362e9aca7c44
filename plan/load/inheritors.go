package load

import (
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
	keys := slices.Clone(u.part.Defaults.keys)
	begin, ok := u.positions.find("defaults")
	if !ok {
		return nil
	}
	end := keyAt{key: plan.Span{Line: 1 << 30}}
	for _, k := range u.positions.keys {
		if before(begin.key, k.key.Line, k.key.Column) && before(k.key, end.key.Line, end.key.Column) {
			end = keyAt{key: k.key}
		}
	}
	slices.SortFunc(keys, func(a, b keyAt) int {
		if before(a.key, b.key.Line, b.key.Column) {
			return -1
		}
		return 1
	})
	return append(keys, end)
}

// keyAround is the key whose value contains a position; nil for none.
func keyAround(keys []keyAt, pos plan.Pos) *keyAt {
	for i := range max(len(keys)-1, 0) {
		line, column := int32(pos.Line), int32(pos.Column)
		starts := !before(plan.Span{Line: line, Column: column}, keys[i].key.Line, keys[i].key.Column)
		if starts && before(plan.Span{Line: line, Column: column}, keys[i+1].key.Line, keys[i+1].key.Column) {
			return &keys[i]
		}
	}
	return nil
}

// before says whether a span starts before a line and column.
func before(s plan.Span, line, column int32) bool {
	return s.Line < line || s.Line == line && s.Column < column
}
