package plan

// Uses are the definitions of a plan (apps, storages, cdn targets, calendars, variables) and which of them are used.
type Uses struct {
	List    []*Definition
	Unclear map[string]bool // kinds of which a use could not be read; the rule unused-definition reports none of these
}

// Definition is a name that a plan defines.
type Definition struct {
	Kind, Name string
	Pos        Pos
	Used       bool
}

// Define adds a definition that nothing uses so far.
func (u *Uses) Define(kind, name string, pos Pos) *Definition {
	d := &Definition{Kind: kind, Name: name, Pos: pos}
	u.List = append(u.List, d)
	return d
}
