package plan

// Files is where plans are read from. All paths are as given or joined to the root file's folder with forward
// slashes.
type Files interface {
	ReadFile(name string) ([]byte, error)
	// Glob lists the files that match, sorted.
	Glob(pattern string) ([]string, error)
}

// Load reads the root file and what it includes. The findings are those of structure; the plan is as complete as
// they let it be and is nil only when the root could not be parsed at all. The error is for a root file that cannot
// be read.
func Load(files Files, path string) (*Plan, []Finding, error) { panic("skeleton") }
