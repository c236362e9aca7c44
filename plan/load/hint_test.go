package load

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/plan/plantest"
	"rundown/plan/rules"
	"rundown/schemas"
)

// edited is a folder in which one file has another text.
type edited struct {
	Files
	name string
	text []byte
}

func (e edited) ReadFile(name string) ([]byte, error) {
	if name == e.name {
		return e.text, nil
	}
	return e.Files.ReadFile(name)
}

// findingsOf loads and checks a plan.
func findingsOf(t *testing.T, files Files, name string) []plan.Finding {
	t.Helper()
	p, findings, err := Load(files, name)
	if err != nil {
		t.Fatal(err)
	}
	return plantest.Findings(p, name, findings, rules.Check(p, rules.Options{Now: plantest.September, Lookup: plantest.LookupFor(name)}))
}

// must gives a value without an error.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// countBy counts findings by a property.
func countBy(findings []plan.Finding, of func(plan.Finding) string) map[string]int {
	counts := map[string]int{}
	for _, f := range findings {
		counts[of(f)]++
	}
	return counts
}

// byRule and byWords are the properties. Lines are left out of the words: an edit may move them.
func byRule(f plan.Finding) string { return f.Rule }

func byWords(f plan.Finding) string {
	return f.Rule + ": " + lineNumber.ReplaceAllString(f.Message, "on a line")
}

// mended are the findings of plans whose hints were followed, by the text of the plan. Most hints lead back to the plan
// that was misspelt, which need not be checked again each time. The other files of the plan must not differ.
type mended map[string][]plan.Finding

// findingsOf are those of a plan in which one file has another text.
func (m mended) findingsOf(t *testing.T, files edited, name string) []plan.Finding {
	t.Helper()
	if files.name != name {
		return findingsOf(t, files, name)
	}
	findings, known := m[string(files.text)]
	if !known {
		findings = findingsOf(t, files, name)
		m[string(files.text)] = findings
	}
	return findings
}

// checkHints carries each hint of a plan's findings out that can be, and holds the program to its word: the finding is
// gone, and there is none that was not there before. It gives how many hints were checked.
func checkHints(t *testing.T, files Files, name string) int {
	t.Helper()
	return mended{}.check(t, files, name)
}

func (m mended) check(t *testing.T, files Files, name string) int {
	t.Helper()
	findings := findingsOf(t, files, name)
	rules, words, checked := countBy(findings, byRule), countBy(findings, byWords), 0
	for _, f := range findings {
		if f.Fix.IsZero() {
			continue
		}
		checked++
		text, err := files.ReadFile(f.Fix.At.File)
		if err != nil {
			t.Fatal(err)
		}
		fixed := f.Fix.Apply(text)
		left := m.findingsOf(t, edited{files, f.Fix.At.File, fixed}, name)
		rulesAfter, wordsAfter := countBy(left, byRule), countBy(left, byWords)
		fail := func(what string) {
			t.Errorf("%s: %s\n%s\tthe hint writes %q at %d:%d-%d:%d", name, what, plantest.Show([]plan.Finding{f}), f.Fix.Text, f.Fix.At.Line, f.Fix.At.Column, f.Fix.At.EndLine, f.Fix.At.EndColumn)
		}
		gone := wordsAfter[byWords(f)] < words[byWords(f)] && rulesAfter[f.Rule] < rules[f.Rule]
		if f.Rule == ruleSyntax { // the parser stops at the first mistake, and may now come to the next
			gone = !slices.ContainsFunc(left, func(g plan.Finding) bool {
				return g.Rule == ruleSyntax && g.Pos == f.Pos && g.Message == f.Message
			})
		}
		if !gone {
			fail("the hint leaves the finding where it is")
		}
		for _, g := range left {
			if rulesAfter[g.Rule] > rules[g.Rule] && !uncovered(f.Rule, g.Rule) {
				fail("the hint adds: " + plantest.Show([]plan.Finding{g}))
				break
			}
		}
	}
	return checked
}

// uncovered says that a finding is none of the hint's making: what was wrong had kept the other rule from being asked.
func uncovered(mended, other string) bool {
	if mended == ruleSyntax {
		return true // the rest of the file was not read
	}
	return slices.Contains(map[string][]string{
		"storage-vendor-values": {"storage-region-values", "extparams-sse", "extparams-tag", "extparams-endpoint", "sts-vendors"},
		"unknown-key":           {"unsupported", "unused-definition", "calendar-matches-nothing"},
		"when-syntax":           {"unbounded", "calendar-matches-nothing", "never-happens"},
		"acquire-region-values": {"acquire-region-matches-storage"},
		"missing-key":           {"unused-definition"},
		"wrong-type":            {"mobile-viewport-size", "unused-definition", "calendar-matches-nothing"},
		"unknown-reference":     {"calendar-matches-nothing", "never-happens", "unused-definition"},
		"invalid-value":         {"unused-definition", "calendar-matches-nothing"},
	}[mended], other)
}

func TestHintsOfBadPlansHold(t *testing.T) {
	checked := 0
	for _, dir := range []string{"../testdata/err", "../testdata/rules/bad"} {
		plans, err := filepath.Glob(dir + "/*.yaml")
		if err != nil || len(plans) == 0 {
			t.Fatal("no plans in "+dir, err)
		}
		for _, path := range plans {
			checked += checkHints(t, plantest.Folder(dir), filepath.Base(path))
		}
	}
	t.Logf("%d hints", checked)
	if checked < 60 {
		t.Errorf("only %d hints could be carried out", checked)
	}
}

// TestHintsOfMisspellingsHold misspells every word of the plans that show all keys, one at a time: in each way, and under
// the race detector in one of them by turns.
func TestHintsOfMisspellingsHold(t *testing.T) {
	t.Parallel()
	checked, plans, words, least := 0, 0, 0, 750
	if raceDetector {
		least = 150
	}
	for _, path := range []string{"../../examples/reference.yaml", "../testdata/ok/one-of-each.yaml"} {
		dir, name := filepath.Split(path)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files, known := plantest.Folder(filepath.Clean(dir)), mended{}
		for _, at := range word.FindAllIndex(text, -1) {
			if inComment(text, at[0]) {
				continue
			}
			wrongs := mistyped(string(text[at[0]:at[1]]))
			if words++; raceDetector && len(wrongs) > 0 {
				wrongs = wrongs[words%len(wrongs):][:1]
			}
			for _, wrong := range wrongs {
				bad := slices.Concat(text[:at[0]], []byte(wrong), text[at[1]:])
				plans++
				checked += known.check(t, edited{files, name, bad}, name)
			}
		}
	}
	t.Logf("%d hints of %d plans", checked, plans)
	if checked < least {
		t.Errorf("only %d hints could be carried out", checked)
	}
}

// keysOfRecordings are the keys of a recording, as the schema has them.
func keysOfRecordings(t *testing.T) []string {
	t.Helper()
	var schema struct {
		Defs map[string]struct {
			Properties map[string]any `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(schemas.Plan, &schema); err != nil {
		t.Fatal(err)
	}
	keys := slices.Sorted(maps.Keys(schema.Defs["recording"].Properties))
	if len(keys) < 20 {
		t.Fatal("a recording has these keys only: ", keys)
	}
	return keys
}

// TestHintsOfWrongValuesHold gives each key of the format values of the wrong kind and size.
func TestHintsOfWrongValuesHold(t *testing.T) {
	t.Parallel()
	known := mended{}
	const head = `version: 1
name: lingua
account: {customer_id: "${AGORA_CUSTOMER_ID}", customer_secret: "${AGORA_CUSTOMER_SECRET}"}
apps: {main: {id: "${AGORA_APP_ID}"}}
storage:
  videos: {vendor: s3, region: eu-central-1, bucket: lingua-videos, access_key: "${S3_ACCESS_KEY}", secret_key: "${S3_SECRET_KEY}"}
calendars: {autumn: 2031-09-15..2031-12-19}
defaults: {timezone: Europe/Madrid, only: autumn, url: "https://lingua.example/{id}"}
recordings:
  german-a1:
    when: Mon 09:00-09:50
`
	values := []string{
		"0", "-1", "1", "2", "3.0", "7", "30", "45", "50", "90", "300", "3600", "7200", "30000", "9999999", "1e3", "0x10",
		"5s", "90s", "1m30s", "20m", "2h", "5h", "90 s", "true", "yes", "on", "None", "Never", `"2"`, "soon", "HIGH", "hihg", "720", "720P", "720 p",
		"900p", "1080p300", "720p0", "1080p24", "NA", "na", "Europe", "canceled", "[1]", "{a: 1}", "~", "main", "Main", "autumm", "Autumn",
		"no", "off", "Y", "'false'", "2031-11-31", "2031-13-01", "lingua.example/a", "http:/lingua.example", "HTTPS://lingua.example", "german_a1", "Europe/madrid", "{date}", "{idd}", "videoss",
	}
	keys := keysOfRecordings(t)
	checked := 0
	for _, key := range keys {
		for _, value := range values {
			text := head + "    " + key + ": " + value + "\n"
			if key == "when" {
				text = strings.Replace(head, "Mon 09:00-09:50", value, 1)
			}
			checked += known.check(t, plantest.Texts{"plan.yaml": text}, "plan.yaml")
		}
	}
	for _, key := range []string{"width", "height", "fps", "bitrate"} {
		for _, value := range values {
			rest := map[bool]string{true: "width: 640, ", false: ""}[key != "width"] + map[bool]string{true: "height: 480, ", false: ""}[key != "height"]
			checked += known.check(t, plantest.Texts{"plan.yaml": fmt.Sprintf("%s    video: {%s%s: %s}\n", head, rest, key, value)}, "plan.yaml")
		}
	}
	with := func(old, instead string) {
		if !strings.Contains(head, old) {
			t.Fatal(old)
		}
		checked += known.check(t, plantest.Texts{"plan.yaml": strings.Replace(head, old, instead, 1)}, "plan.yaml")
	}
	for _, value := range values {
		with("Mon 09:00-09:50", `{cron: "0 9 * * MON", duration: `+value+`}`)
		with("Mon 09:00-09:50", "Mon 09:00-09:50\n    padding: {before: "+value+"}")
	}
	for _, when := range []string{
		"Mon 09:00-09:50, Wed 10:00-10:50", "Mon 09:00-09:50; Wed 10:00-10:50", "Mon 9:00 - 9:50", "Mo, Mi 09:00-09:50", "weekdays 09:00-09:50",
		"Monday 09:00 to 09:50", "Tues 09:00-09:50", "Mondy 09:00-09:50", "09:00-09:50 Mon", "Mon/Wed 09:00-09:50", "Sa+So 09:00-09:50",
		"daily 09:00-09:50", "Montag 09:00–09:50", "lunes 09:00-09:50", "Mon 09:00", "Mon 9-10am", "Mon 09:00-09:50 Uhr", "Mon 09:00-09:50 CET", "Mon 9.00-9.50h",
		"Mon 09:00-09:50 weekly", "Mo 2pm-3pm", "2031-11-31 09:00-09:50", "2031-13-01 09:00-09:50", "2031-10-06 9.00-9.50 Uhr", "2031-10-6 09:00-09:50", "6.10.2031 09:00-09:50",
	} {
		with("when: Mon 09:00-09:50", "when: "+when)
		with("when: Mon 09:00-09:50", `when: ["`+when+`"]`)
		with("when: Mon 09:00-09:50", "when:\n      - "+when)
		with("\n    when: Mon 09:00-09:50", " {title: German, when: "+when+", note: Mountains, lakes}")
	}
	for _, bucket := range []string{
		"s3://lingua-videos", "https://lingua-videos.s3.eu-central-1.amazonaws.com/a", "https://s3.amazonaws.com/lingua-videos/a",
		"lingua-videos/a", "arn:aws:s3:::lingua-videos/*", "https://cdn.lingua.example/videos", "https://console.aws.amazon.com/s3/buckets/lingua",
		"https://lingua-videos.oss-cn-beijing.aliyuncs.com", "lingua videos", "gs://lingua-videos/a",
	} {
		with("bucket: lingua-videos", `bucket: "`+bucket+`"`)
	}
	for _, v := range catalog.Vendors() {
		for _, r := range v.Regions {
			if r.Name == "" {
				continue
			}
			for _, wrong := range mistyped(plan.RegionName(r.Name)) {
				with("vendor: s3, region: eu-central-1", "vendor: "+v.Name+", region: "+wrong)
			}
		}
	}
	t.Logf("%d hints", checked)
}

// TestHintsOfHalfWrittenPlansHold cuts a plan that shows most forms off at every third character.
func TestHintsOfHalfWrittenPlansHold(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../testdata/ok/one-of-each.yaml")
	if err != nil {
		t.Fatal(err)
	}
	checked, known := 0, mended{}
	for end := 1; end < len(text); end += 3 {
		checked += known.check(t, plantest.Texts{"plan.yaml": string(text[:end])}, "plan.yaml")
	}
	t.Logf("%d hints", checked)
	if checked < 100 {
		t.Errorf("only %d hints could be carried out", checked)
	}
}

// TestBucketsInAddresses finds the bucket, and guesses none.
func TestBucketsInAddresses(t *testing.T) {
	for text, want := range map[string]string{
		"s3://lingua-videos/2031":                                   "lingua-videos",
		"https://lingua-videos.s3.eu-central-1.amazonaws.com/a":     "lingua-videos",
		"https://s3.eu-central-1.amazonaws.com/lingua-videos/a":     "lingua-videos",
		"https://lingua-videos.oss-cn-hangzhou.aliyuncs.com":        "lingua-videos",
		"https://storage.googleapis.com/lingua-videos":              "lingua-videos",
		"https://objects.lingua.example/videos":                     "",
		"https://lingua-videos-125.cos.ap-beijing.myqcloud.com/a/b": "lingua-videos-125",
		"lingua videos": "",
	} {
		if got := bucketName(text); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}

// TestNoHintNamesAnotherRegion takes each region of a vendor that does not have it: its number would be another's.
func TestNoHintNamesAnotherRegion(t *testing.T) {
	for _, v := range catalog.Vendors() {
		var names []string
		for _, r := range v.Regions {
			names = append(names, plan.RegionName(r.Name))
		}
		for _, other := range catalog.Vendors() {
			for _, r := range other.Regions {
				name := plan.RegionName(r.Name)
				if got := nearRegion(name, names); got.Replacement != "" && got.Replacement != name {
					t.Errorf("%s for %s: %s", name, v.Name, got.Text)
				}
			}
		}
	}
}

var (
	lineNumber = regexp.MustCompile(`on line \d+`)
	word       = regexp.MustCompile(`[A-Za-z][A-Za-z_0-9-]{2,}`)
)

// inComment says that an offset is in a comment.
func inComment(text []byte, at int) bool {
	line := text[:at]
	if i := strings.LastIndexByte(string(line), '\n'); i >= 0 {
		line = line[i+1:]
	}
	return strings.HasPrefix(string(line), "#") || strings.Contains(string(line), " #")
}

// mistyped are usual mistakes in a word.
func mistyped(w string) []string {
	n := len(w) / 2
	list := []string{
		w[:n] + w[n+1:],                                  // a letter is missing
		w[:n] + w[n:n+1] + w[n:],                         // twice
		w[:n-1] + w[n:n+1] + w[n-1:n] + w[n+1:],          // two are swapped
		strings.ToUpper(w[:1]) + w[1:],                   // a capital
		strings.ReplaceAll(w, "_", "-"),                  // a hyphen
		strings.ReplaceAll(strings.ToLower(w), "-", "_"), // no hyphen
	}
	slices.Sort(list)
	return slices.DeleteFunc(slices.Compact(list), func(wrong string) bool { return wrong == w })
}

// TestForeignDays: a day is read where its order is beyond doubt, and never where it is not.
func TestForeignDays(t *testing.T) {
	for text, want := range map[string]string{
		"24.12.2031": "2031-12-24", "24.12.2031 - 06.01.2032": "2031-12-24..2032-01-06", "24.12.2031–6.1.2032": "2031-12-24..2032-01-06",
		"2031/12/24": "2031-12-24", "2031-1-5": "2031-01-05", "24.12.2031 bis 6.1.2032": "2031-12-24..2032-01-06", "2031-12-24 to 2032-01-06": "2031-12-24..2032-01-06",
		"12/24/2031": "", "24/12/2031": "", "31.02.2031": "", "24.12.31": "", "6.1.2032 - 24.12.2031": "", "": "", "-": "", "soon": "",
	} {
		got := ""
		if days, ok := foreignDays(text); ok {
			got = days.String()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestSyntaxHintsHold mends what YAML itself refuses.
func TestSyntaxHintsHold(t *testing.T) {
	checked := 0
	for _, text := range []string{
		"%YAML 1.2\n---\nversion: 1\n",
		"recordings:\n  a:\n    when:\n      cron: */5 9 * * MON\n      duration: 1h\n",
		"recordings:\n  a: {when: {cron: * 9 * * MON, duration: 1h}}\n",
		"recordings:\n  a: {when: [{cron: */5 9 * * MON,WED, duration: 1h}]}\n",
		"recordings:\n  a: {when: {duration: 1h, cron: */5 9 * * MON}}\n",
		"recordings:\n  a:\n    when: {cron: * 9 * * MON, duration: 1h} # daily\n",
		"defaults: {url: https://lingua.example/{id}, timezone: UTC}\n",
		"defaults: {timezone: UTC, url: https://lingua.example/{id}/b, cname: a-{id}}\n",
		"account: {customer_id: ${A}, customer_secret: ${B}}\n",
		"account: {customer_id: “${A}”, customer_secret: \"${B}\"}\n",
		"version: 1\n\u00a0\u00a0name: lingua\n",
		"recordings:\n  a:\n    when:\u00a0Mon 09:00-09:50\n",
		"recordings:\n\u00a0 a: {note: x}\n",
		"recordings:\n  \u200ba: {note: x}\n",
	} {
		n := checkHints(t, plantest.Texts{"plan.yaml": text}, "plan.yaml")
		fixed := slices.ContainsFunc(findingsOf(t, plantest.Texts{"plan.yaml": text}, "plan.yaml"), func(f plan.Finding) bool { return f.Rule == ruleSyntax && !f.Fix.IsZero() })
		if !fixed {
			t.Errorf("no hint for\n%s", text)
		}
		checked += n
	}
	t.Logf("%d hints", checked)
}

// TestAnApostropheIsNoQuote: a line that is refused for another reason is not blamed on its apostrophes.
func TestAnApostropheIsNoQuote(t *testing.T) {
	for _, f := range findingsOf(t, plantest.Texts{"plan.yaml": "recordings:\n  a:\n    note: l’école d’été: fermée\n"}, "plan.yaml") {
		if strings.Contains(f.Message+f.Hint, "quote to") || strings.Contains(f.Message, "typographic") {
			t.Error(plantest.Show([]plan.Finding{f}))
		}
	}
}

// TestNoHintShowsASecret looks into the edits of plans whose secrets are written out.
func TestNoHintShowsASecret(t *testing.T) {
	for _, text := range []string{
		"storage: {videos: {access_key: hunter2{id}, secret_key: ${X}}}\n",
		"storage: {access_key: hunter2, secret_key: hunter2, vendor: aws}\n",
		"account: {customer_id: ${A}, customer_secret: hunter2, b: ${C}}\n",
		"account: {customer_secret: *hunter2}\n",
		"account: {customer_secret: “hunter2”}\n",
		"account:\n  customer_secret: “hunter2”\n",
		"access_key: hunter2\n",
		"cdn: {a: rtmps:/live.example/hunter2}\n",
		"account:\n  customer_secret:\n  hunter2\n",
		"account:\n  customer_secret:\n  - hunter2\n",
		"account:\n  customer_secret:\n\thunter2\n",
		"account:\n  customer_secret hunter2\n  customer_id: ${A}\n",
		"account:\n  customer_secret:hunter2\n  customer_id: ${A}\n",
		"account:\n  customer_id: ${A}\n    customer_secret: hunter2\n",
		"account:\ncustomer_secret: hunter2\n",
		"notify:\n  - webhook:\n    hunter2\n",
		"apps:\n  main:\n    id:\n  hunter2\n",
	} {
		for _, f := range findingsOf(t, plantest.Texts{"plan.yaml": text}, "plan.yaml") {
			if strings.Contains(f.Message+f.Hint+f.Fix.Text, "hunter2") {
				t.Errorf("%s\n%s\t%q", text, plantest.Show([]plan.Finding{f}), f.Fix.Text)
			}
		}
	}
}
