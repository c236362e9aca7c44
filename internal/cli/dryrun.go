package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fatih/color"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/runner"
)

// rehearsedJSON is a line of run --dry-run --format json.
type rehearsedJSON struct {
	Occurrence string            `json:"occurrence"`
	At         *string           `json:"at"`
	Method     string            `json:"method"`
	URL        string            `json:"url"`
	Headers    map[string]string `json:"headers"`
	Body       any               `json:"body"`
}

// dryRun prints the requests of the classes in the window and sends nothing.
func (a *app) dryRun(plans []checkedPlan, w window, format string) error {
	base := agora.PrimaryURL
	if a.flags.apiURL != "" {
		base = func(catalog.Region, catalog.Near) string { return strings.TrimSuffix(a.flags.apiURL, "/") }
	}
	from, until := w.instants()
	var all []runner.Rehearsed
	for _, c := range plans {
		requests, err := runner.Rehearse(c.plan, from, until, func(o *plan.Occurrence) bool { return w.contains(o.Start) }, base)
		if err != nil {
			return fmt.Errorf("plan %s: %w", c.path, err)
		}
		all = append(all, requests...)
	}
	slices.SortStableFunc(all, func(x, y runner.Rehearsed) int { return x.At.Compare(y.At) })
	if format == "json" {
		enc := json.NewEncoder(a.out)
		enc.SetEscapeHTML(false)
		for _, r := range all {
			if err := enc.Encode(rehearsedJSON{r.Occurrence, planTime(r.At), r.Method, r.URL, r.Headers, r.Body}); err != nil {
				return err
			}
		}
		return nil
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(a.out, "no classes in this period")
		return err
	}
	colours := a.paletteFor(a.out)
	for _, r := range all {
		var body bytes.Buffer
		enc := json.NewEncoder(&body)
		enc.SetEscapeHTML(false)
		enc.SetIndent("  ", "  ")
		if err := enc.Encode(r.Body); err != nil {
			return err
		}
		fmt.Fprintf(a.out, "%s  %s\n  %s %s\n", r.At.Format("Mon 2006-01-02 15:04:05.000 MST"), shown(r.Occurrence),
			colours.paint(r.Method, color.Bold), shown(r.URL))
		for _, name := range slices.Sorted(maps.Keys(r.Headers)) {
			fmt.Fprintf(a.out, "  %s: %s\n", name, r.Headers[name])
		}
		fmt.Fprintf(a.out, "  %s\n", body.Bytes())
	}
	return nil
}
