package plan

// Uses are the definitions of a plan, and which of them anything uses.
type Uses struct {
	List  []definition
	index map[definitionKey]int

	Unclear map[string]bool // kinds of which a use could not be read
}

// MarkUnclear notes that something uses a definition of a kind, and which one could not be read.
func (u *Uses) MarkUnclear(kind string) {
	if u.Unclear == nil {
		u.Unclear = map[string]bool{}
	}
	u.Unclear[kind] = true
}

type definitionKey struct{ Kind, Name string }

type definition struct {
	definitionKey
	Pos  Pos
	Used bool
}

func (u *Uses) Define(kind, name string, pos Pos) {
	if u.index == nil {
		u.index = map[definitionKey]int{}
	}
	key := definitionKey{kind, name}
	u.index[key] = len(u.List)
	u.List = append(u.List, definition{definitionKey: key, Pos: pos})
}

func (u *Uses) Use(kind, name string) {
	if i, ok := u.index[definitionKey{kind, name}]; ok {
		u.List[i].Used = true
	}
}

func (u *Uses) Find(kind, name string) definition {
	if i, ok := u.index[definitionKey{kind, name}]; ok {
		return u.List[i]
	}
	return definition{}
}
