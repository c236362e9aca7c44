package plan

// Severity ranks a finding.
type Severity string

// The severities.
const (
	SeverityError       Severity = "error"
	SeverityWarning     Severity = "warning"
	SeverityInformation Severity = "information"
)

// Pos is a position in a file of the plan, at a key or a scalar. Lines and columns count from 1, in characters; the
// end is exclusive. The zero Pos stands for no position, as of defaults of the program.
type Pos struct {
	File      string
	Line      int
	Column    int
	EndLine   int
	EndColumn int
}

// Finding is a problem or advice for the author of a plan. It is data, not an error.
type Finding struct {
	Pos      Pos
	Severity Severity
	Rule     string // id of the catalogue or of our own
	Message  string // what is wrong with the value given and what is allowed; lower case, no final period
	Hint     string // what to try; "" for none
	Fix      Fix    // what the hint suggests, where it is definite
	Source   string // the documented source; "" for rules of our own
}

// Fix is an edit that carries out a hint: Text replaces the range At, and an empty range inserts. The zero Fix means
// that there is none, since not every hint is definite enough for an edit.
type Fix struct {
	At   Pos
	Text string
}

// IsZero says whether there is no fix.
func (f Fix) IsZero() bool { return f == Fix{} }
