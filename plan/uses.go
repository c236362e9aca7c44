package plan

// uses are the definitions of a plan, and which of them anything uses.
type uses struct {
	list  []definition
	index map[definitionKey]int

	unclear map[string]bool // kinds of which a use could not be read
}

// doubt notes that something uses a definition of a kind, and which one could not be read.
func (u *uses) doubt(kind string) {
	if u.unclear == nil {
		u.unclear = map[string]bool{}
	}
	u.unclear[kind] = true
}

type definitionKey struct{ kind, name string }

type definition struct {
	definitionKey
	pos  Pos
	used bool
}

func (u *uses) define(kind, name string, pos Pos) {
	if u.index == nil {
		u.index = map[definitionKey]int{}
	}
	key := definitionKey{kind, name}
	u.index[key] = len(u.list)
	u.list = append(u.list, definition{definitionKey: key, pos: pos})
}

func (u *uses) use(kind, name string) {
	if i, ok := u.index[definitionKey{kind, name}]; ok {
		u.list[i].used = true
	}
}

func (u *uses) find(kind, name string) definition {
	if i, ok := u.index[definitionKey{kind, name}]; ok {
		return u.list[i]
	}
	return definition{}
}
