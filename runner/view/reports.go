package view

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"rundown/runner"
	"rundown/runner/reason"
	"rundown/runner/store"
)

// Report is what one daemon reports of its health.
type Report struct {
	Node   int64
	Name   string // for people
	Issues []runner.Issue
}

// storedIssue is a health issue as a daemon reports it to the store: with what other nodes need to act on it.
type storedIssue struct {
	ID         reason.Code     `json:"id"`
	Severity   runner.Severity `json:"severity"`
	Since      time.Time       `json:"since"`
	Text       string          `json:"text"`
	ReasonCode reason.Code     `json:"reason_code"`
	Advice     string          `json:"advice,omitempty"`
	Blocking   bool            `json:"blocking,omitempty"`
	About      string          `json:"about,omitempty"`
}

// HealthJSON is the form in which a daemon reports its health issues: the same bytes for the same issues.
func HealthJSON(issues []runner.Issue) ([]byte, error) {
	sorted := make([]storedIssue, 0, len(issues))
	for _, i := range issues {
		i.ReasonCode = cmp.Or(i.ReasonCode, i.ID)
		sorted = append(sorted, storedIssue(i))
	}
	slices.SortStableFunc(sorted, func(x, y storedIssue) int {
		return cmp.Compare(runner.Issue(x).String()+x.About, runner.Issue(y).String()+y.About)
	})
	return json.Marshal(sorted)
}

// ReadReports reads what the daemons that are using a store report. What cannot be read, as of another version, is left out.
// now is by the caller's clock, which counts only where the store has none.
func ReadReports(ctx context.Context, s *store.Store, now time.Time) ([]Report, error) {
	now, err := s.Time(ctx, now)
	if err != nil {
		return nil, err
	}
	rows, err := s.Health(ctx, now.Add(-quietDaemon))
	if err != nil {
		return nil, err
	}
	reports := make([]Report, len(rows))
	for i, row := range rows {
		reports[i] = Report{Node: row.Node, Name: Line(row.Name)}
		for _, issue := range ReadDoc[[]storedIssue](row.Issues) {
			reports[i].Issues = append(reports[i].Issues, runner.Issue(issue))
		}
	}
	return reports, nil
}

// MergedIssue is a health issue that one or more daemons have. Its text names them, unless all of them have it.
type MergedIssue struct {
	runner.Issue
	// Nodes have it. It is Blocking where no class can begin for it, or none of what it is about.
	Nodes []int64
	// BlocksItsNodes says that no class of the App IDs of these nodes can begin.
	BlocksItsNodes bool
}

// MergeIssues makes one of the issues of several daemons that have the same id and are about the same. Critical ones come first.
// Where one daemon has several such issues, one is made of those that say the same.
func MergeIssues(reports []Report) []MergedIssue {
	type subject struct {
		id    reason.Code
		about string
	}
	type key struct {
		subject
		text string // "" where no daemon has more than one issue about it
	}
	several := map[subject]bool{}
	holders := map[subject]int{} // how many daemons have such an issue
	for _, r := range reports {
		count := map[subject]int{}
		for _, issue := range r.Issues {
			about := subject{issue.ID, issue.About}
			if count[about]++; count[about] == 1 {
				holders[about]++
			} else {
				several[about] = true
			}
		}
	}
	var order []key
	groups := map[key][]holding{}
	for _, r := range reports {
		for _, issue := range r.Issues {
			k := key{subject: subject{issue.ID, issue.About}}
			if several[k.subject] {
				k.text = issue.Text
			}
			if groups[k] == nil {
				order = append(order, k)
			}
			groups[k] = append(groups[k], holding{r, issue})
		}
	}
	merged := make([]MergedIssue, 0, len(order))
	for _, k := range order {
		merged = append(merged, mergeIssue(groups[k], len(reports), holders[k.subject] == len(reports)))
	}
	slices.SortStableFunc(merged, func(x, y MergedIssue) int {
		return cmp.Or(cmp.Compare(rank(x.Severity), rank(y.Severity)), x.Since.Compare(y.Since), cmp.Compare(x.Text, y.Text))
	})
	return merged
}

// holding is an issue with the node that has it.
type holding struct {
	report Report
	issue  runner.Issue
}

// mergeIssue makes one of the issues that some of so many daemons have. everywhere says that each daemon has one with this id and
// about the same, whatever it says.
func mergeIssue(of []holding, daemons int, everywhere bool) MergedIssue {
	m := MergedIssue{Issue: of[0].issue}
	var texts []string
	names := map[string][]string{} // by text
	for _, h := range of {
		m.Nodes = append(m.Nodes, h.report.Node)
		m.Blocking = m.Blocking || h.issue.Blocking
		if rank(h.issue.Severity) < rank(m.Severity) {
			m.Severity = h.issue.Severity
		}
		if h.issue.Since.Before(m.Since) {
			m.Since = h.issue.Since
		}
		if names[h.issue.Text] == nil {
			texts = append(texts, h.issue.Text)
		}
		names[h.issue.Text] = append(names[h.issue.Text], h.report.Name)
	}
	m.BlocksItsNodes = m.Blocking
	m.Blocking = m.Blocking && (everywhere || m.About != "")
	if len(m.Nodes) == daemons && len(texts) == 1 {
		return m
	}
	for i, text := range texts {
		on := "node "
		if len(names[text]) > 1 {
			on = "nodes "
		}
		texts[i] = on + strings.Join(names[text], ", ") + ": " + text
	}
	m.Text = strings.Join(texts, "; ")
	return m
}
