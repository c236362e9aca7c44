package load

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"

	"rundown/plan"
	"rundown/plan/plantest"
	"rundown/plan/rules"
)

// ignoringPlan is a plan whose recordings are given; each line counts from 1 with the first of them.
func ignoringPlan(t *testing.T, recordings string) string {
	t.Helper()
	head := plantest.Base + "calendars: {autumn: 2031-09-15..2031-12-19}\n" +
		"defaults: {timezone: Europe/Madrid, url: \"https://lingua.example/rooms/{id}\", only: autumn, ready_timeout: 30s}\nrecordings:\n"
	p, findings, err := Load(plantest.Texts{"plan.yaml": head + recordings}, "plan.yaml")
	if err != nil || p == nil {
		t.Fatal(err, findings)
	}
	findings = plan.Sort(p, append(findings, rules.Check(p, rules.Options{Now: plantest.September})...))
	lines := strings.Count(head, "\n")
	for i := range findings {
		findings[i].Pos.Line -= lines
		findings[i].Pos.EndLine -= lines
		findings[i].Hint = ""
	}
	return strings.ReplaceAll(plantest.Show(findings), "plan.yaml:", "")
}

func TestACommentSilencesOneRuleAtItsLine(t *testing.T) {
	for _, tt := range []struct{ name, recordings, want string }{
		{"at the end of the line", "  a: {when: Mon 19:00-19:50, cname: a_b} # rundown:ignore cname-filename-replacement named by the office\n", ""},
		{"on the line above", "  # rundown:ignore cname-filename-replacement named by the office\n  a: {when: Mon 19:00-19:50, cname: a_b}\n", ""},
		{
			"several above one line", "  # rundown:ignore cname-filename-replacement named by the office\n  # rundown:ignore stream-fps-cap tried and fine\n" +
				"  a: {when: Mon 19:00-19:50, cname: a_b, video: 720p60}\n", "",
		},
		{"what is found on loading", "  a: {when: Mon 19:00-19:50, video: {width: 1280, height: 720, bitrate: 8001}} # rundown:ignore video-bitrate-range tried and fine\n", ""},
		{
			"another rule of the line is reported", "  a: {when: Mon 19:00-19:50, cname: a_b, video: 720p25} # rundown:ignore cname-filename-replacement named by the office\n",
			"video-fps-listed-values",
		},
		{
			"another line is reported", "  a: {when: Mon 19:00-19:50} # rundown:ignore cname-filename-replacement named by the office\n  b: {when: Mon 19:00-19:50, cname: a_b}\n",
			"1:30-1:93: warning: nothing on line 10 breaks cname-filename-replacement [unused-ignore]\ncname-filename-replacement",
		},
		{"no reason", "  a: {when: Mon 19:00-19:50, cname: a_b} # rundown:ignore cname-filename-replacement\n", "cname-filename-replacement\ngives no reason and silences nothing [unused-ignore]"},
		{"no rule", "  a: {when: Mon 19:00-19:50} # rundown:ignore\n", "rundown:ignore names no rule [unused-ignore]"},
		{"no such rule", "  a: {when: Mon 19:00-19:50} # rundown:ignore cname-filename why\n", "\"cname-filename\" is not the id of a rule [unused-ignore]"},
		{"structure", "  a: {when: Mon 19:00-19:50, titel: A} # rundown:ignore unknown-key why\n", "[unknown-key]\nis a structural rule and cannot be silenced [unused-ignore]"},
		{
			"what no class can do without", "  a: {when: Mon 19:00-19:50, url: \"\"} # rundown:ignore url-required the room is not known yet\n",
			"[url-required]\nreports what no class can be recorded without, and cannot be silenced [unused-ignore]",
		},
		{"itself", "  a: {when: Mon 19:00-19:50} # rundown:ignore unused-ignore why\n", "unused-ignore cannot be silenced [unused-ignore]"},
		{"what was not looked at is not unused", "  a: {when: Mon 19:00-19:50} # rundown:ignore secret-unresolved set on the recorder only\n", ""},
		{"a text is no comment", "  a: {when: Mon 19:00-19:50, title: \"# rundown:ignore unknown-key x\", note: 'it''s # rundown:ignore x'}\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := ignoringPlan(t, tt.recordings)
			if tt.want == "" && got != "" {
				t.Errorf("got\n%s", got)
			}
			rest := got
			for piece := range strings.SplitSeq(tt.want, "\n") {
				_, after, ok := strings.Cut(rest, piece)
				if !ok {
					t.Errorf("got\n%swithout %q", got, piece)
				}
				rest = after
			}
			if tt.want != "" && strings.Count(got, "\n") != strings.Count(tt.want, "\n")+1 {
				t.Errorf("got\n%swant %d findings", got, strings.Count(tt.want, "\n")+1)
			}
		})
	}
}

func TestCommentsAreFoundBesideEveryKindOfScalar(t *testing.T) {
	const text = `# first
a: it's # second
b: "one # two
  three" # third
c: |  # fourth
  # in the text

  more # of it
d: [x#y, "a # b", {e: 'it''s # c'}] # fifth
f:
- >-
  # folded
- g: a, "b # sixth
é: ü  # seventh é
`
	var got []string
	for _, c := range comments([]byte(text)) {
		got = append(got, c.Text)
	}
	if diff := cmp.Diff([]string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh é"}, got); diff != "" {
		t.Error(diff)
	}
	last := comments([]byte(text))[6]
	if want := (plan.Span{Line: 14, Column: 7, EndLine: 14, EndColumn: 18}); last.At != want || last.OwnLine {
		t.Errorf("the last one is at %v, want %v", last.At, want)
	}
}

// TestTheParserSeesTheSameComments writes texts by pieces that mind one another's end and asks the parser.
func TestTheParserSeesTheSameComments(t *testing.T) {
	pieces := []string{
		"k%: plain", "k%: 'quoted # no'", "k%: \"quoted \\\" # no\"", "k%: [a, 'b # no', {c: d}]", "k%: it's", "k%: |\n  text # no\n\n   # no", "k%:\n- 1\n- '# no'",
		"k%: 'over\n  two # no'", "k%: {a: \"#no\", b: x#no}",
	}
	rapid.Check(t, func(t *rapid.T) {
		var b strings.Builder
		want := 0
		for i := range rapid.IntRange(1, 8).Draw(t, "lines") {
			piece := rapid.SampledFrom(pieces).Draw(t, "piece")
			b.WriteString(strings.ReplaceAll(piece, "%", string(rune('a'+i))))
			if !strings.Contains(piece, "|") && rapid.Bool().Draw(t, "comment") {
				b.WriteString(" # yes")
				want++
			}
			b.WriteString("\n")
		}
		var node yaml.Node
		if err := yaml.Unmarshal([]byte(b.String()), &node); err != nil {
			t.Fatalf("%v in\n%s", err, b.String())
		}
		found := comments([]byte(b.String()))
		for _, c := range found {
			if c.Text != "yes" {
				t.Fatalf("%q is no comment of\n%s", c.Text, b.String())
			}
		}
		if len(found) != want {
			t.Fatalf("%d comments, want %d in\n%s", len(found), want, b.String())
		}
	})
}

// TestASeverityThatCannotBeChangedIsAWarning: the rule keeps its severity, and the plan is as good as without the entry.
func TestASeverityThatCannotBeChangedIsAWarning(t *testing.T) {
	text := plantest.Base + "rules: {url-required: off}\ndefaults: {timezone: Europe/Madrid}\n" +
		"recordings: {a: {url: \"\", when: 2031-12-17 08:00-09:00}}\n"
	_, findings, err := Load(plantest.Texts{"plan.yaml": text}, "plan.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range findings {
		got = append(got, string(f.Severity)+" "+f.Rule)
	}
	if diff := cmp.Diff([]string{"warning invalid-value", "error url-required"}, got); diff != "" {
		t.Errorf("%s\n%s", diff, plantest.Show(findings))
	}
}
