package plan

// Reference is a ${NAME} or ${file:PATH} in a text.
type Reference struct {
	File string // path, relative to the plan's folder; "" for a variable
	Name string // variable; "" for a file
}

// String writes the reference as plans do.
func (r Reference) String() string { panic("skeleton") }

// Lookup gives what a reference stands for. It is asked at each use, so that rotated secrets work.
type Lookup func(Reference) (string, error)

// Text is a text of the plan that may hold references and placeholders, and may be secret. It cannot be printed by
// accident: every way of formatting, marshalling or logging it shows references as written, and a secret's literal
// text as [redacted].
type Text struct {
	_ struct{}
}

// IsZero says that the plan gave no text.
func (t Text) IsZero() bool { panic("skeleton") }

// String shows the text masked.
func (t Text) String() string { panic("skeleton") }

// Pos is where the text stands.
func (t Text) Pos() Pos { panic("skeleton") }

// References lists the references in the text, in order.
func (t Text) References() []Reference { panic("skeleton") }

// Resolve gives the text with every reference replaced. The result is secret where the text is; never store it.
func (t Text) Resolve(lookup Lookup) (string, error) { panic("skeleton") }

// Secret says that what the text resolves to must not be shown.
func (t Text) Secret() bool { panic("skeleton") }
