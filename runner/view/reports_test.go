package view

import (
	"slices"
	"testing"
	"time"

	"rundown/runner"
	"rundown/runner/reason"
)

// TestIssuesOfSeveralNodesAreToldOnceWithTheirNames has two and three daemons report.
func TestIssuesOfSeveralNodesAreToldOnceWithTheirNames(t *testing.T) {
	at := time.Date(2031, 9, 15, 9, 0, 0, 0, time.UTC)
	issue := func(id reason.Code, about, text string) runner.Issue {
		return runner.Issue{ID: id, ReasonCode: id, Severity: runner.SeverityCritical, Since: at, Text: text, About: about, Blocking: true}
	}
	unfit := issue(reason.IssueNodeUnfit, "school", "KEY is not set")
	other := issue(reason.IssueNodeUnfit, "school", "URL is not set")
	noKey, noURL := issue(reason.IssueReferencesUnset, "", "KEY is not set"), issue(reason.IssueReferencesUnset, "", "URL is not set")
	far := issue(reason.IssueServiceUnreachable, "", "no answer")
	app := issue(reason.IssueAccountRefused, "a1", "refused")
	type told struct {
		text             string
		nodes            []int64
		blocking, blocks bool
	}
	for name, tt := range map[string]struct {
		reports [][]runner.Issue // of the nodes a, b, c
		want    []told
	}{
		"one daemon":      {[][]runner.Issue{{far}}, []told{{"no answer", []int64{1}, true, true}}},
		"one of two":      {[][]runner.Issue{nil, {far}}, []told{{"node b: no answer", []int64{2}, false, true}}},
		"both":            {[][]runner.Issue{{far}, {far}}, []told{{"no answer", []int64{1, 2}, true, true}}},
		"two of three":    {[][]runner.Issue{{far}, nil, {far}}, []told{{"nodes a, c: no answer", []int64{1, 3}, false, true}}},
		"each another":    {[][]runner.Issue{{unfit}, {other}}, []told{{"node a: KEY is not set; node b: URL is not set", []int64{1, 2}, true, true}}},
		"about an App ID": {[][]runner.Issue{{app}, nil}, []told{{"node a: refused", []int64{1}, true, true}}},
		"two on one node, and one of them on another": {
			[][]runner.Issue{{noKey, noURL}, {noURL}},
			[]told{{"URL is not set", []int64{1, 2}, true, true}, {"node a: KEY is not set", []int64{1}, true, true}},
		},
		"two on both, in another order": {[][]runner.Issue{{noKey, noURL}, {noURL, noKey}}, []told{{"KEY is not set", []int64{1, 2}, true, true}, {"URL is not set", []int64{1, 2}, true, true}}},
		"two of one id on one node":     {[][]runner.Issue{{unfit, other}, nil}, []told{{"node a: KEY is not set", []int64{1}, true, true}, {"node a: URL is not set", []int64{1}, true, true}}},
	} {
		t.Run(name, func(t *testing.T) {
			reports := make([]Report, len(tt.reports))
			for i, issues := range tt.reports {
				doc, err := HealthJSON(issues)
				if err != nil {
					t.Fatal(err)
				}
				reports[i] = Report{Node: int64(i + 1), Name: string(rune('a' + i))}
				for _, x := range ReadDoc[[]storedIssue](doc) { // as another node reads it
					reports[i].Issues = append(reports[i].Issues, runner.Issue(x))
				}
			}
			var got []told
			for _, m := range MergeIssues(reports) {
				got = append(got, told{m.Text, m.Nodes, m.Blocking, m.BlocksItsNodes})
			}
			if !slices.EqualFunc(got, tt.want, func(x, y told) bool {
				return x.text == y.text && slices.Equal(x.nodes, y.nodes) && x.blocking == y.blocking && x.blocks == y.blocks
			}) {
				t.Errorf("told %+v, want %+v", got, tt.want)
			}
		})
	}
}
