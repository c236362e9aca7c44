package plan

import (
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// readIn reads a root file in pieces of the size, and says whether it was cut.
func readIn(text string, size int) (file rootFile, findings []Finding, inPieces bool) {
	u := (&loader{pieceSize: size}).parse("plan.yaml", []byte(text))
	inPieces = u.recordings != nil
	if u.top != nil {
		u.part, u.place = &file.Part, &file.at
		u.decode(&file)
	}
	return file, Sort(nil, u.findings), inPieces
}

const whole = 1 << 40

func sameInPieces(t interface {
	Helper()
	Fatalf(string, ...any)
}, text string, size int,
) (inPieces bool) {
	t.Helper()
	want, wantFindings, _ := readIn(text, whole)
	got, gotFindings, inPieces := readIn(text, size)
	if diff := cmp.Diff(show(wantFindings), show(gotFindings)); diff != "" {
		t.Fatalf("other findings in pieces of %d:\n%s\n%s", size, diff, text)
	}
	if !reflect.DeepEqual(want, got) {
		t.Fatalf("read otherwise in pieces of %d:\n%s", size, text)
	}
	return inPieces
}

func TestALongFileIsReadInPiecesAsItIsWhole(t *testing.T) {
	text := termPlan(40)
	for _, size := range []int{1, 100, 400, 5000} {
		if !sameInPieces(t, text, size) {
			t.Errorf("the file was not cut into pieces of %d", size)
		}
		if !sameInPieces(t, strings.ReplaceAll(text, "\n", "\r\n"), size) {
			t.Errorf("the file with other line ends was not cut into pieces of %d", size)
		}
	}
	wrong := strings.ReplaceAll(strings.Replace(text, "video: 1080p30", "video: 1080p999", 7), "course-3:", "Course_3:") + "    nonsense: 1\ninclude: 7\n"
	if !sameInPieces(t, wrong, 400) {
		t.Error("the file with mistakes was not cut")
	}
	if _, findings, _ := readIn(wrong, 400); len(findings) < 3 {
		t.Errorf("findings:\n%s", show(findings))
	}
}

func TestADoubtfulFileIsReadWhole(t *testing.T) {
	text := termPlan(20)
	for name, doubtful := range map[string]string{
		"no recordings":            strings.Replace(text, "recordings:", "records:", 1),
		"an id in two pieces":      text + "  course-0: {when: Mon 09:00-09:50}\n",
		"an alias to before":       strings.Replace(text, "title: Course number 2 ", "title: &a Course number 2 ", 1) + "    title: *a\n",
		"recordings in a quote":    strings.Replace(text, "recordings:", "x: \"\nrecordings:", 1) + "\"\n",
		"recordings in a flow":     strings.Replace(text, "recordings:", "x: {\nrecordings:", 1) + "}\n",
		"recordings twice":         text + "recordings:\n  a: 1\n",
		"a quote over two":         strings.Replace(strings.Replace(text, "title: Course number 2 ", "title: \"Course number 2 ", 1), "note: recorded", "note: \"recorded", 7),
		"a second document":        text + "---\na: 1\n",
		"a control character":      text + "  a\x01: 1\n",
		"a list at the same depth": text + "  - 1\n",
		"less indentation":         text + " a: 1\n",
	} {
		if sameInPieces(t, doubtful, 300) {
			t.Error(name, "was read in pieces")
		}
	}
}

// hostile are lines that open, close and end what a cut must respect.
var hostile = []string{
	`"`, `'`, `[`, `]`, `{`, `}`, `x: "`, `x: '`, `x: [`, `x: {`, `x: |`, `x: >-`, `x: |1`, `x:`, `x: y`, `a: 1`, `? a`, `: b`, `- a`, `#`, `# "`,
	`&a b: 1`, `x: &a b`, `x: *a`, `*a : 1`, `<<: *a`, `!!str a: 1`, `x: !!str a`, `---`, `...`, `%YAML 1.1`, `recordings:`, `course-1:`, `course-2: {}`,
	`x: a b`, `plain words`, `note: 7`, `when: Mon`, "\tx: 1", "", `  `, `version: 1`, `defaults:`, `"quoted": 1`, `é: 1`, `x: é`, "x: a\u2028b",
}

func TestCuttingChangesNothing(t *testing.T) {
	var lines []string
	for line := range strings.Lines(termPlan(5)) {
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	cuts := 0
	rapid.Check(t, func(t *rapid.T) {
		text := append([]string{}, lines...)
		for range rapid.IntRange(0, 4).Draw(t, "mutations") {
			line := strings.Repeat(" ", rapid.SampledFrom([]int{0, 0, 1, 2, 2, 2, 3, 4, 4, 6}).Draw(t, "indentation")) + rapid.SampledFrom(hostile).Draw(t, "line")
			at := rapid.IntRange(len(text)/4, len(text)).Draw(t, "at")
			text = append(text[:at:at], append([]string{line}, text[at:]...)...)
		}
		if sameInPieces(t, strings.Join(text, "\n"), rapid.IntRange(1, 600).Draw(t, "size")) {
			cuts++
		}
	})
	if cuts < 10 {
		t.Errorf("only %d texts were cut", cuts)
	}
}
