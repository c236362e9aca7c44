package load

import (
	"bytes"
	"fmt"
	"reflect"
	"slices"

	"gopkg.in/yaml.v3"

	"rundown/plan"
)

// Files is the file system that plans are read from. Paths are as given, or joined to the folder of the root file
// with forward slashes.
type Files interface {
	ReadFile(name string) ([]byte, error)
	// Glob lists the files that match, sorted.
	Glob(pattern string) ([]string, error)
}

// Load reads the root file and the files that it includes. The findings are those about structure and single values,
// with the severities of the plan's rules: key, in document order. The plan is as complete as they allow, and nil
// only where the root file could not be parsed. The error is for a root file that cannot be read.
func Load(files Files, path string) (*plan.Plan, []plan.Finding, error) {
	text, err := files.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read plan: %w", err)
	}
	return newLoader(files).load(path, text)
}

// newLoader is a loader of one plan.
func newLoader(files Files) *loader {
	return &loader{files: files, layout: layoutBudget{bytes: mostLayoutRead}}
}

// load reads the root file's text and what it includes.
func (l *loader) load(path string, text []byte) (*plan.Plan, []plan.Finding, error) {
	root := l.parse(path, text)
	if root.top == nil {
		return nil, root.findings, nil
	}
	var file rootFile
	root.part, root.positions = &file.partKeys, &file.positions
	if root.decode(&file) {
		l.include(root, &file)
	} else {
		root.part = nil
	}
	p := l.build(&file)
	l.addInheritors(p)
	var findings []plan.Finding
	for _, u := range l.sources {
		findings = append(findings, u.findings...)
	}
	p.Ignores = ignoresOf(p.Files)
	used := make([]bool, len(p.Ignores))
	findings = plan.Suppress(findings, p.Ignores, used)
	for i := range used {
		p.Ignores[i].Used = used[i] || l.mayBeUnlisted(p.Ignores[i])
	}
	for _, u := range l.sources { // they are counted, and what is silenced among them too
		findings = append(findings, u.unlisted()...)
	}
	findings = plan.Sort(p, plan.ApplySeverities(findings, p.Severities))
	if lacksIncluded(findings) {
		unreadRecordings(p)
	}
	return p, findings, nil
}

// mayBeUnlisted says whether an ignore may be for a finding that is only counted.
func (l *loader) mayBeUnlisted(ig plan.Ignore) bool {
	return slices.ContainsFunc(l.sources, func(u *sourceFile) bool {
		return u.src.Path == ig.Pos.File && u.counts[ig.Rule] != nil && u.counts[ig.Rule].unlisted > 0
	})
}

// loader reads the files of one plan.
type loader struct {
	files   Files
	sources []*sourceFile // the root file first
	layout  layoutBudget
}

// sourceFile is one file of a plan while it is read.
type sourceFile struct {
	*decoder
	top       *yaml.Node // nil when the parser refused the text, and once it is decoded
	original  []byte     // the text as it was read
	positions *positions // of the file's mapping
	part      *partKeys
	layout    *layoutBudget // the loader's
}

// parse adds a file and parses it. The parser's error becomes a finding.
func (l *loader) parse(path string, text []byte) *sourceFile {
	text = bytes.TrimPrefix(text, []byte("\uFEFF"))
	u := &sourceFile{decoder: &decoder{src: plan.NewSource(path, text), included: len(l.sources) > 0}, layout: &l.layout}
	l.sources = append(l.sources, u)
	u.original = text
	u.plainSpaces()
	document, problem := parse(u.src)
	if problem != nil {
		if document == nil && !problem.certain && problem.hint.At == (plan.Span{}) && len(u.findings) == 0 {
			if changed := findLayout(u.src, u.fileType(), u.layout); changed != nil {
				changed.report(u.decoder)
				u.top = changed.top()
				return u
			}
		}
		u.advise(ruleSyntax, problem.at, problem.message, problem.hint)
	}
	if document != nil && len(document.Content) > 0 {
		u.top = document.Content[0]
	}
	return u
}

// decode reads the file's top-level mapping and runs validator over it; false when it is not a mapping. Where lines are
// indented wrongly, it reads what is meant and reports these.
func (u *sourceFile) decode(file any) bool {
	top, before := u.top, len(u.findings)
	u.top = nil // the nodes are many times the size of the text, and not needed again
	ok := u.readTop(top, file)
	if !ok || before > 0 || len(u.findings) == 0 {
		return ok
	}
	changed := findLayout(u.src, u.fileType(), u.layout)
	if changed == nil {
		return true
	}
	u.findingList, u.unread = findingList{}, unreadParts{}
	changed.report(u.decoder)
	reflect.ValueOf(file).Elem().SetZero()
	return u.readTop(changed.top(), file)
}

// readTop reads a file's mapping; false when it is not one.
func (u *sourceFile) readTop(top *yaml.Node, file any) bool {
	s := location{name: fieldsOf(reflect.TypeOf(file).Elem()).description, at: u.src.CharacterSpan(1, 1)}
	if top.Kind != yaml.MappingNode {
		u.wrongType(top, s, "keys and their values")
		return false
	}
	if !u.read(top, reflect.ValueOf(file).Elem(), s) {
		return false
	}
	u.checkFields(file)
	return true
}

// fileType is the type of the file's mapping.
func (u *sourceFile) fileType() reflect.Type {
	if u.included {
		return reflect.TypeFor[includedFile]()
	}
	return reflect.TypeFor[rootFile]()
}
