package metrics_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"rundown/runner/metrics"
)

var deploy = filepath.Join("..", "..", "deploy")

// promtool is the path of Prometheus' own tool, which .ci/test installs where it may. It is asked for by PROMTOOL, else
// looked for in the PATH.
func promtool(t *testing.T) string {
	t.Helper()
	name := os.Getenv("PROMTOOL")
	if name == "" {
		name = "promtool"
	}
	path, err := exec.LookPath(name)
	switch {
	case err == nil:
		return path
	case os.Getenv("CI") == "true":
		t.Fatalf("with CI=true nothing may be left out: %v", err)
	default:
		t.Skip("promtool is not there; Debian has it in the package prometheus") // CI must have it; nobody else needs it
	}
	return ""
}

func run(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
	}
}

func TestTheAlertRulesFireWhenTheyShould(t *testing.T) {
	tool, dir := promtool(t), filepath.Join(deploy, "prometheus")
	run(t, dir, tool, "check", "rules", "--lint=all", "--lint-fatal", "rules.yaml")
	run(t, dir, tool, "test", "rules", "rules_test.yaml")
}

// TestPrometheusReadsTheDashboardsQueries gives them to promtool as rules.
func TestPrometheusReadsTheDashboardsQueries(t *testing.T) {
	tool := promtool(t)
	var rules struct {
		Groups []map[string]any `yaml:"groups"`
	}
	var list []map[string]string
	for i, expr := range dashboardQueries(t) {
		expr = strings.NewReplacer("$__rate_interval", "5m", "$instance", ".*").Replace(expr)
		list = append(list, map[string]string{"record": "query:" + strconv.Itoa(i), "expr": expr})
	}
	rules.Groups = []map[string]any{{"name": "dashboard", "rules": list}}
	text, err := yaml.Marshal(rules)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "queries.yaml")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, ".", tool, "check", "rules", path)
}

// alert is a rule of deploy/prometheus/rules.yaml.
type alert struct {
	Alert       string
	Expr        string
	Labels      map[string]string
	Annotations map[string]string
}

func alerts(t *testing.T) (list []alert) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(deploy, "prometheus", "rules.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Groups []struct{ Rules []alert } }
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, g := range file.Groups {
		list = append(list, g.Rules...)
	}
	return list
}

func dashboardQueries(t *testing.T) (queries []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(deploy, "grafana", "rundown.json"))
	if err != nil {
		t.Fatal(err)
	}
	var dashboard struct {
		Panels []struct {
			ID      int
			Title   string
			Type    string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &dashboard); err != nil {
		t.Fatal(err)
	}
	ids := map[int]bool{}
	for _, p := range dashboard.Panels {
		if ids[p.ID] || p.Title == "" || p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("panel %d %q has no id of its own, no title or no query", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			queries = append(queries, target.Expr)
		}
	}
	return queries
}

var metricName = regexp.MustCompile(`rundown_[a-z_]+`)

// TestAlertsAndDashboardUseMetricsThatThereAre also wants each metric of the contract to be in one of them.
func TestAlertsAndDashboardUseMetricsThatThereAre(t *testing.T) {
	names := map[string]bool{}
	for _, m := range metrics.Contract {
		names[m.Name] = true
		if m.Type == "histogram" {
			names[m.Name+"_bucket"], names[m.Name+"_count"], names[m.Name+"_sum"] = true, true, true
		}
	}
	used := map[string]bool{"rundown_build_info": true} // by the dashboard's variable
	exprs := dashboardQueries(t)
	for _, a := range alerts(t) {
		exprs = append(exprs, a.Expr)
	}
	for _, expr := range exprs {
		for _, name := range metricName.FindAllString(expr, -1) {
			if used[name] = true; !names[name] {
				t.Errorf("there is no metric %s: %s", name, expr)
			}
		}
	}
	for _, m := range metrics.Contract {
		if !used[m.Name] && !used[m.Name+"_bucket"] {
			t.Errorf("no alert and no panel uses %s", m.Name)
		}
	}
}

func TestEveryAlertSaysHowBadItIsAndWhatToDo(t *testing.T) {
	seen := map[string]bool{}
	for _, a := range alerts(t) {
		if seen[a.Alert] || !strings.HasPrefix(a.Alert, "Rundown") {
			t.Errorf("%s is not a name of its own", a.Alert)
		}
		seen[a.Alert] = true
		if !slices.Contains([]string{"critical", "warning", "none"}, a.Labels["severity"]) || a.Annotations["summary"] == "" || a.Annotations["description"] == "" {
			t.Errorf("%s: %v %v", a.Alert, a.Labels, a.Annotations)
		}
	}
	if !seen["RundownDeadMansSwitch"] {
		t.Error("there is no dead man's switch")
	}
}
