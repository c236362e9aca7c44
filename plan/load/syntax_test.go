package load

import (
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"rundown/plan"
	"rundown/plan/plantest"
)

// TestSyntaxErrorsNameThePlaceOfTheMistake has texts for which yaml.v3's own message names another line, or none.
func TestSyntaxErrorsNameThePlaceOfTheMistake(t *testing.T) {
	for _, test := range []struct {
		name, text   string
		line, column int
	}{
		{"first line", "a: [b\n", 1, 4},
		{"brace in a flow mapping", "version: 1\nname: x\na: {id: ${X}}\n", 3, 10},
		{"wrong indentation deep in a mapping", "a: 1\nb:\n  c: 1\n  d: 2\n e: 3\nf: 4\n", 5, 2},
		{"list item in a mapping", "a: 1\nb: 2\nc: 3\n- d\n", 4, 1},
		{"open quote", "a: 1\nb: \"x\nc: 3\nd: 4\n", 2, 4},
		{"tab", "a:\n\tb: 1\n", 2, 1},
		{"unknown anchor", "a: 1\nb: 2\nc: *x\n", 3, 4},
		{"behind characters of many bytes", "a: 1\n\"ü😀\": {b: ${X}}\n", 2, 12},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := plan.NewSource("plan.yaml", []byte(test.text))
			_, problem := parse(s)
			if problem == nil {
				t.Fatal("the text is accepted")
			}
			if problem.at.Line != int32(test.line) || problem.at.Column != int32(test.column) {
				t.Errorf("%s: at %d:%d, want %d:%d", problem.message, problem.at.Line, problem.at.Column, test.line, test.column)
			}
			if strings.Contains(problem.message, "line ") || strings.Contains(problem.message, "yaml:") {
				t.Errorf("the parser's own place is left in %q", problem.message)
			}
		})
	}
}

func TestSpansOfScalarsEndWhereTheTextDoes(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"plain", "a: word # comment", "word"},
		{"plain with blanks", "a: two words  # comment", "two words"},
		{"double quoted", `a: "x \" y" # comment`, `"x \" y"`},
		{"single quoted", "a: 'it''s' # comment", "'it''s'"},
		{"anchored", "a: &x word # comment", "&x word"},
		{"many bytes", "ü: 😀 ä # comment", "😀 ä"},
		{"quoted escape", `a: "\u00fc"`, `"\u00fc"`},
		{"block", "a: |\n  text\n", "|"},
		{"plain over two lines", "a: one\n  two\n", "one"},
		{"empty", "a:\n", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := plan.NewSource("plan.yaml", []byte(test.text))
			document, problem := parse(s)
			if problem != nil {
				t.Fatal(problem.message)
			}
			at := nodeSpan(s, document.Content[0].Content[1])
			if got := textAt([]byte(test.text), s.Pos(at)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// textAt cuts a position of one line, or of several, out of a text.
func textAt(text []byte, at plan.Pos) string {
	lines := strings.SplitAfter(string(text), "\n")
	var b strings.Builder
	for i := at.Line; i <= at.EndLine && i <= len(lines); i++ {
		runes := []rune(lines[i-1])
		from, to := 0, len(runes)
		if i == at.Line {
			from = at.Column - 1
		}
		if i == at.EndLine {
			to = at.EndColumn - 1
		}
		b.WriteString(string(runes[from:to]))
	}
	return b.String()
}

// TestHostileTextsGiveFindingsSoon has no bound of its own: what takes quadratic time here takes minutes.
func TestHostileTextsGiveFindingsSoon(t *testing.T) {
	t.Parallel()
	const megabyte = 1 << 20 // of which most texts need one to show quadratic time
	bomb := "a: &a [x, x, x, x, x, x, x, x, x]\n"
	for c := 'b'; c < 'z'; c++ {
		bomb += string(c) + ": &" + string(c) + " [" + strings.Repeat("*"+string(c-1)+", ", 9) + "]\n"
	}
	for name, text := range map[string]string{
		"a megabyte of nothing":        strings.Repeat(" ", megabyte),
		"a megabyte of brackets":       strings.Repeat("[", megabyte),
		"a megabyte of braces":         strings.Repeat("{", megabyte),
		"a megabyte of words":          strings.Repeat("word ", megabyte/4),
		"a megabyte of unknown keys":   manyKeys(megabyte),
		"a megabyte on one line":       "{" + strings.ReplaceAll(strings.ReplaceAll(manyKeys(megabyte), "\n", ", "), ": ", ": ü") + "}",
		"a megabyte of indents":        indents(1400),
		"nested brackets in a key":     "recordings: " + strings.Repeat("[", 9000) + strings.Repeat("]", 9000),
		"nested brackets that go on":   "a: " + strings.Repeat("[", 20000),
		"a bomb of aliases":            bomb,
		"question marks":               strings.Repeat("? ", 20000),
		"dashes":                       strings.Repeat("- ", 20000),
		"a megabyte of anchors":        "a: [" + strings.Repeat("&x y, ", megabyte/6) + "]",
		"a megabyte of labels":         "defaults: {labels: {" + strings.ReplaceAll(manyKeys(megabyte), "\n", ", ") + "}}",
		"a megabyte of comments":       strings.Repeat("# c\n", megabyte/4) + "a: 1\n",
		"a megabyte of a single token": "a: " + strings.Repeat("x", megabyte),
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			_, findings, err := Load(plantest.Texts{"plan.yaml": text}, "plan.yaml")
			if err != nil {
				t.Fatal(err)
			}
			if len(findings) == 0 {
				t.Error("no findings")
			}
			t.Logf("%d findings in %v", len(findings), time.Since(began))
		})
	}
}

func manyKeys(size int) string {
	var b strings.Builder
	for i := 0; b.Len() < size; i++ {
		b.WriteString("k")
		for n := i; n > 0; n /= 26 {
			b.WriteByte(byte('a' + n%26))
		}
		b.WriteString(": 1\n")
	}
	return b.String()
}

func indents(depth int) string {
	var b strings.Builder
	for i := range depth {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// TestParserStillHasItsMarks guards what parserPosition reads by reflection.
func TestParserStillHasItsMarks(t *testing.T) {
	decoder := yaml.NewDecoder(strings.NewReader("a: 1\nb: [}\n"))
	var n yaml.Node
	if decoder.Decode(&n) == nil {
		t.Fatal("the text is accepted")
	}
	if line, column := parserPosition(decoder, problemMark); line != 2 || column != 5 {
		t.Errorf("the problem is at %d:%d, want 2:5", line, column)
	}
}

// TestAQuestionMarkInsideBracesIsNamed: YAML reads it as the sign of a key.
func TestAQuestionMarkInsideBracesIsNamed(t *testing.T) {
	const quotes = "inside {} and [] put a text that contains ? in quotes"
	const closed = "close each {, [ and quote, and separate items by commas"
	for text, want := range map[string]string{
		"notify:\n  - {name: mail, to: smtp://mail.example:587/?from=a&to=b, severity: info}\n": quotes,
		"a: {url: https://lingua.example/?room=1}\n":                                            quotes,
		"a: [https://lingua.example/a?b]\n":                                                     quotes,
		"a: {title: \"why?\" b: c}\n":                                                           closed,
	} {
		_, problem := parse(plan.NewSource("plan.yaml", []byte(text)))
		if problem == nil || problem.hint.Text != want {
			t.Errorf("%s got %+v, want %s", text, problem, want)
		}
	}
}
