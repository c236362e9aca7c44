package catalog

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"gopkg.in/yaml.v3"
)

//go:embed restrictions.yaml
var catalogueText []byte

// Restriction is an entry of the catalogue: one rule of Agora's documentation. [Bound], [Ints], [Strings] and
// [Seconds] read its figures, so that rules, schema, simulator and manual use the same ones.
type Restriction struct {
	ID          string      `yaml:"id"`
	Statement   string      `yaml:"statement"`
	Field       string      `yaml:"field"`
	Check       string      `yaml:"check"`    // static, plan, probe, runtime or human
	Severity    string      `yaml:"severity"` // error or warning
	Source      string      `yaml:"source"`
	Since       string      `yaml:"since"`    // the day or month since which it holds, "" when not documented
	Conflict    string      `yaml:"conflict"` // where editions of the documentation disagree, "" when they agree
	Derived     bool        `yaml:"derived"`  // an inference from a documented fact
	Enforced    Enforcement `yaml:"enforced"`
	LeftToUsers string      `yaml:"left_to_users"` // of advice that the program leaves to its users: what it does itself
	Note        string      `yaml:"note"`          // on what the program checks and what it cannot; "" for most
}

// Enforcement is how the program itself keeps to a restriction. It is zero where a finding of validate reports a plan that
// breaks it, and where only people or a look at the page can tell.
type Enforcement struct {
	By   string `yaml:"by"`   // construction: no plan leads to a request that breaks it; figure: a computed figure follows it; runtime
	In   string `yaml:"in"`   // package.Function, or package.Type.Method
	Test string `yaml:"test"` // package.TestFunction, which proves it
}

// entry is a restriction with its figures, as the file contains them.
type entry struct {
	Restriction `yaml:",inline"`

	Value  yaml.Node `yaml:"value"`
	Bounds yaml.Node `yaml:"bounds"`
}

// limits are inclusive bounds; a missing end is open.
type limits struct{ min, max *int64 }

// figures are the numbers and names of an entry. At most one of plain and nested is set.
type figures struct {
	plain  *limits
	nested map[string]limits
	value  any // nil, a scalar, []any or map[string]any
}

// catalogue is the parsed file.
type catalogue struct {
	snapshot string
	list     []Restriction
	index    map[string]int
	figures  map[string]figures
}

// facts is the embedded catalogue, parsed at the first use. It is part of the program: a mistake in it panics, and
// the tests find it.
var facts = sync.OnceValue(func() *catalogue {
	c, err := parseCatalogue(catalogueText)
	if err != nil {
		panic("catalog: restrictions.yaml: " + err.Error())
	}
	return c
})

// CatalogueSnapshot is the month of the documentation that the catalogue describes, as 2026-06.
func CatalogueSnapshot() string { return facts().snapshot }

// parseCatalogue parses the catalogue strictly: unknown keys, repeated ids, unknown checks and severities, missing
// texts and bounds other than {min, max} are errors.
func parseCatalogue(text []byte) (*catalogue, error) {
	var file struct {
		Version      int               `yaml:"version"`
		Snapshot     string            `yaml:"snapshot"`
		Documents    map[string]string `yaml:"documents"`
		Restrictions []entry           `yaml:"restrictions"`
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&file); err != nil {
		return nil, err
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one document")
	}
	if file.Version != 1 {
		return nil, fmt.Errorf("version %d, want 1", file.Version)
	}
	c := &catalogue{snapshot: file.Snapshot, index: map[string]int{}, figures: map[string]figures{}}
	for i, e := range file.Restrictions {
		if err := c.add(e); err != nil {
			return nil, fmt.Errorf("restriction %d %q: %w", i+1, e.ID, err)
		}
	}
	return c, nil
}

// add checks an entry and adds it.
func (c *catalogue) add(e entry) error {
	if _, ok := c.index[e.ID]; ok {
		return errors.New("id given twice")
	}
	for _, text := range [][2]string{{"id", e.ID}, {"statement", e.Statement}, {"field", e.Field}, {"source", e.Source}} {
		if text[1] == "" {
			return fmt.Errorf("%s missing", text[0])
		}
	}
	if !slices.Contains([]string{"static", "plan", "probe", "runtime", "human"}, e.Check) {
		return fmt.Errorf("unknown check %q", e.Check)
	}
	if e.Severity != "error" && e.Severity != "warning" {
		return fmt.Errorf("unknown severity %q", e.Severity)
	}
	if k := e.Enforced; k != (Enforcement{}) && (!slices.Contains([]string{"construction", "figure", "runtime"}, k.By) || k.In == "" || k.Test == "") {
		return fmt.Errorf("enforced: by %q in %q, proved by %q", k.By, k.In, k.Test)
	}
	var f figures
	var err error
	if f.plain, f.nested, err = parseBounds(&e.Bounds); err != nil {
		return fmt.Errorf("bounds: %w", err)
	}
	if !e.Value.IsZero() {
		if err := e.Value.Decode(&f.value); err != nil {
			return fmt.Errorf("value: %w", err)
		}
	}
	c.index[e.ID] = len(c.list)
	c.figures[e.ID] = f
	c.list = append(c.list, e.Restriction)
	return nil
}

// parseBounds parses {min, max}, or a mapping from names to such bounds.
func parseBounds(n *yaml.Node) (*limits, map[string]limits, error) {
	if n.IsZero() {
		return nil, nil, nil
	}
	if n.Kind != yaml.MappingNode || len(n.Content) == 0 {
		return nil, nil, errors.New("not a mapping")
	}
	if n.Content[1].Kind == yaml.ScalarNode {
		l, err := parseLimits(n)
		return &l, nil, err
	}
	nested := map[string]limits{}
	for i := 0; i < len(n.Content); i += 2 {
		l, err := parseLimits(n.Content[i+1])
		if err != nil {
			return nil, nil, fmt.Errorf("%s: %w", n.Content[i].Value, err)
		}
		nested[n.Content[i].Value] = l
	}
	return nil, nested, nil
}

// parseLimits parses {min, max}.
func parseLimits(n *yaml.Node) (l limits, err error) {
	var m map[string]int64
	if err := n.Decode(&m); err != nil {
		return l, err
	}
	for k, v := range m {
		switch k {
		case "min":
			l.min = &v
		case "max":
			l.max = &v
		default:
			return l, fmt.Errorf("unknown key %q", k)
		}
	}
	return l, nil
}

// Restrictions is the whole catalogue, in its order.
func Restrictions() []Restriction { return slices.Clone(facts().list) }

// RestrictionByID finds an entry.
func RestrictionByID(id string) (Restriction, bool) {
	i, ok := facts().index[id]
	if !ok {
		return Restriction{}, false
	}
	return facts().list[i], true
}

// HasBound says whether an entry has plain bounds, for [Bound].
func HasBound(id string) bool { return facts().figures[id].plain != nil }

// Bound gives the inclusive bounds of an entry; nil where an end is open. It panics for an id without plain bounds.
func Bound(id string) (lo, hi *int64) {
	l := facts().figures[id].plain
	if l == nil {
		panic("catalog: no bounds in the catalogue for " + id)
	}
	return clonePtr(l.min), clonePtr(l.max)
}

// BoundOf gives the bounds of one name of an entry with bounds by name, as sd of the stream limits. It panics for an
// id or a name without bounds.
func BoundOf(id, name string) (lo, hi *int64) {
	l, ok := facts().figures[id].nested[name]
	if !ok {
		panic("catalog: no bounds in the catalogue for " + id + " " + name)
	}
	return clonePtr(l.min), clonePtr(l.max)
}

// Ints gives the value of an entry as integers, one or a list. It panics for an id with another value.
func Ints(id string) []int64 { return asInts(id, facts().figures[id].value) }

// IntsOf gives one member of an entry whose value is a mapping, as integers. It panics for any other.
func IntsOf(id, name string) []int64 { return asInts(id+" "+name, member(id, name)) }

// Strings gives the value of an entry as texts, one or a list; numbers and booleans as they are written. It panics
// for an id with another value.
func Strings(id string) []string { return asStrings(id, facts().figures[id].value) }

// StringsOf gives one member of an entry whose value is a mapping, as texts. It panics for any other.
func StringsOf(id, name string) []string { return asStrings(id+" "+name, member(id, name)) }

// Seconds gives the value of an entry as durations. The entry's statement says that its numbers are seconds. It
// panics for an id whose value is not whole numbers.
func Seconds(id string) []time.Duration {
	ints := Ints(id)
	out := make([]time.Duration, len(ints))
	for i, n := range ints {
		out[i] = time.Duration(n) * time.Second
	}
	return out
}

// Share gives the value of an entry as a fraction. It panics for an id with another value.
func Share(id string) float64 {
	share, ok := facts().figures[id].value.(float64)
	if !ok {
		panic("catalog: no fraction in the catalogue for " + id)
	}
	return share
}

// member gives one member of an entry whose value is a mapping.
func member(id, name string) any {
	m, _ := facts().figures[id].value.(map[string]any)
	v, ok := m[name]
	if !ok {
		panic("catalog: no value in the catalogue for " + id + " " + name)
	}
	return v
}

// asList gives a scalar as a list of one.
func asList(what string, v any) []any {
	switch v := v.(type) {
	case nil, map[string]any:
		panic("catalog: no plain value in the catalogue for " + what)
	case []any:
		return v
	default:
		return []any{v}
	}
}

func asInts(what string, v any) []int64 {
	list := asList(what, v)
	out := make([]int64, len(list))
	for i, x := range list {
		n, ok := x.(int)
		if !ok {
			panic("catalog: no whole numbers in the catalogue for " + what)
		}
		out[i] = int64(n)
	}
	return out
}

func asStrings(what string, v any) []string {
	list := asList(what, v)
	out := make([]string, len(list))
	for i, x := range list {
		switch x := x.(type) {
		case string:
			out[i] = x
		case int:
			out[i] = strconv.Itoa(x)
		case bool:
			out[i] = strconv.FormatBool(x)
		default:
			panic(fmt.Sprintf("catalog: no text in the catalogue for %s but %T", what, x))
		}
	}
	return out
}

// clonePtr copies a bound, so that callers cannot modify the catalogue.
func clonePtr(p *int64) *int64 {
	if p == nil {
		return nil
	}
	v := *p
	return &v
}

// normalRegion makes names of regions comparable: vendors write us-east-1 where Agora lists US_EAST_1.
func normalRegion(name string) string {
	return strings.ToLower(strings.ReplaceAll(strings.TrimSpace(name), "-", "_"))
}
