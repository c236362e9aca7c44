package plan

// Uses are the definitions of a plan (apps, storages, cdn targets, calendars, variables) and which of them are used.
type Uses struct {
	List  []definition
	index map[definitionKey]int

	Unclear map[string]bool // kinds of which a use could not be read
}

// MarkUnclear notes that something uses a definition of a kind, and that it could not be read which. The rule
// unused-definition then reports none of the kind.
func (u *Uses) MarkUnclear(kind string) {
	if u.Unclear == nil {
		u.Unclear = map[string]bool{}
	}
	u.Unclear[kind] = true
}

// definitionKey identifies a definition.
type definitionKey struct{ Kind, Name string }

type definition struct {
	definitionKey
	Pos  Pos
	Used bool
}

// Define adds a definition.
func (u *Uses) Define(kind, name string, pos Pos) {
	if u.index == nil {
		u.index = map[definitionKey]int{}
	}
	key := definitionKey{kind, name}
	u.index[key] = len(u.List)
	u.List = append(u.List, definition{definitionKey: key, Pos: pos})
}

// Use marks a definition as used. A name without a definition is ignored.
func (u *Uses) Use(kind, name string) {
	if i, ok := u.index[definitionKey{kind, name}]; ok {
		u.List[i].Used = true
	}
}

// Find gives a definition; the zero one where there is none.
func (u *Uses) Find(kind, name string) definition {
	if i, ok := u.index[definitionKey{kind, name}]; ok {
		return u.List[i]
	}
	return definition{}
}
