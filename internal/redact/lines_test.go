package redact_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"rundown/internal/redact"
	"rundown/plan"
)

const canary = "CANARY"

func TestSnippetsNeverShowSecrets(t *testing.T) {
	for name, text := range map[string]string{
		"in block style":                   "account:\n  customer_id: x\n  customer_secret: CANARY\n",
		"in flow style":                    "account: {customer_id: \"x\", customer_secret: \"CANARY\"}\n",
		"in quotes that hold structure":    "account: {customer_secret: \"a, {vendor: CANARY}\"}\n",
		"behind a harmless key":            "storage:\n  v: {bucket: b, access_key: CANARY, region: us-east-1}\n",
		"under a key that is misspelt":     "storage:\n  v: {secret_kye: CANARY}\n",
		"under a section that is unknown":  "acount:\n  whatever: CANARY\n",
		"on the next line":                 "account:\n  customer_secret:\n    CANARY\n",
		"in a block scalar":                "account:\n  customer_secret: |\n    CANARY\n",
		"in quotes over lines":             "account:\n  customer_secret: \"abc\n    CANARY\"\n",
		"after a key in quotes":            "account:\n  customer_secret: \"abc\n    vendor: CANARY\"\n",
		"after a section in quotes":        "account: {customer_secret: \"abc\nrecordings: CANARY\", customer_id: x}\n",
		"after a comment in quotes":        "account:\n  customer_secret: 'abc\n    # CANARY\n\n    vendor: CANARY'\n",
		"after an escaped quote":           "account:\n  customer_secret: \"a\\\"\n    vendor: CANARY\"\n",
		"after a key in a block":           "account:\n  customer_secret: |\n    vendor: CANARY\n\n    recordings: CANARY\n",
		"in a block with its indent":       "account:\n  secret_kye: >2-\n    vendor: CANARY\n",
		"in a block where it has no place": "recordings:\n  a:\n    customer_secret: |+\n      when: CANARY\n",
		"in a mapping below its key":       "account:\n  customer_secret:\n    vendor: CANARY\n",
		"in a text that is no mapping":     "account:\n  customer_secret: abc\n    vendor: CANARY\n",
		"in quotes that never end":         "account:\n  customer_secret: \"CANARY\n",
		"in a path":                        "cdn: {a: \"rtmps://live.example/app/CANARY\"}\n",
		"in a query beside a reference":    "cdn:\n  a: rtmp://live.example/${APP}?key=CANARY\n",
		"in a user part":                   "cdn:\n  a: rtmp://CANARY@live.example/app\n",
		"in a webhook":                     "notify:\n  - {webhook: \"https://hooks.example/CANARY\", events: [failed]}\n",
		"where a secret has no place":      "recordings:\n  a: {customer_secret: CANARY}\n",
		"in a root in flow style":          "{version: 1, account: {customer_secret: CANARY}}\n",
		"in a root that is indented":       "  version: 1\n  account:\n    customer_secret: CANARY\n",
		"before any section":               "CANARY\n",
		"in a comment":                     "account:\n  customer_secret: ${X} # was CANARY\n",
		"in a line put aside":              "account:\n  # customer_secret: CANARY\n  customer_id: x\n",
		"put aside where it has no place":  "recordings:\n  # customer_secret: CANARY\n",
		"on the line after its key":        "recordings:\n  a:\n    customer_secret:\n      CANARY\n",
		"in a list":                        "storage:\n  v:\n    sts:\n      command:\n        - CANARY\n",
		"with text before a reference":     "account:\n  customer_secret: CANARY${X}\n",
		"after a colon that is too much":   "account:\n  customer_secret: a: CANARY\n",
		"in a plain scalar with commas":    "account:\n  customer_secret: a,CANARY\n",
		"in flow style over lines":         "account: {customer_id: x,\n  customer_secret:\n  CANARY}\n",
		"in flow style at the margin":      "account: {customer_id: x,\ncustomer_secret: CANARY}\n",
		"in flow style, last line":         "account: {customer_secret:\nCANARY}\n",
		"in a document after a mark":       "---\naccount:\n  customer_secret: CANARY\n",
		"in a page's address":              "recordings:\n  a:\n    url: https://user:CANARY@school.example/a\n",
		"in a page's address in quotes":    "recordings:\n  a: {when: x, url: \"https://user:CANARY/1@school.example/{id}\", note: y}\n",
		"in a page's address put aside":    "recordings:\n  a:\n    # url: https://user:CANARY@school.example/a\n",
		"after a CR":                       "account:\r\n  customer_secret: CANARY\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			m := redact.NewLines([]byte(text), plan.MaskUser)
			for n := range m.Len() {
				shown, _, _ := m.Line(n + 1)
				if strings.Contains(string(shown), canary) {
					t.Errorf("line %d shows the secret: %s", n+1, string(shown))
				}
			}
		})
	}
}

func TestSnippetsShowWhatIsNotSecret(t *testing.T) {
	for _, line := range []string{
		`recordings:`,
		`  german-a1: {when: Mon Wed 19:00-19:50, url: "https://lingua.example/rooms/{id}"}`,
		`defaults:`,
		`  timezone: Europe/Madird`,
		`account: {customer_id: "${AGORA_CUSTOMER_ID}", customer_secret: "${AGORA_CUSTOMER_SECRET}"}`,
		`storage:`,
		`  videos: {vendor: s4, region: eu-central-1, bucket: b, access_key: "${S3_ACCESS_KEY}", prefix: ["{plan}", "{id}"]}`,
		`cdn: {a: "${URL}", b: "rtmps://live.example/${KEY}"}`,
	} {
		section := "recordings:\n"
		if !strings.HasPrefix(line, " ") {
			section = ""
		}
		if strings.HasPrefix(line, "  videos") {
			section = "storage:\n"
		}
		m := redact.NewLines([]byte(section+line+"\n"), plan.MaskUser)
		got, _, _ := m.Line(m.Len())
		if string(got) != line {
			t.Errorf("shown as\n%s\nwant\n%s", string(got), line)
		}
	}
}

func TestCaretFollowsWhatWasMasked(t *testing.T) {
	m := redact.NewLines([]byte("storage:\n  v: {access_key: abc, regoin: x}\n"), plan.MaskUser)
	line, at, _ := m.Line(2)
	original := `  v: {access_key: abc, regoin: x}`
	column := strings.Index(original, "regoin") + 1
	if got := string(line)[at(column)-1:]; !strings.HasPrefix(got, "regoin") {
		t.Errorf("the caret would stand at %q of %q", got, string(line))
	}
}

func TestMaskingTakesAnyText(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`([a-z_]{1,8}: ?|[{}\[\],"'#$ \n|>-]|\$\{[A-Z]+\}|x){0,40}`)).Draw(t, "text")
		m := redact.NewLines([]byte(text), plan.MaskUser)
		for n := range m.Len() + 2 {
			line, at, ok := m.Line(n)
			if ok != (n >= 1 && n <= m.Len()) {
				t.Fatalf("line %d of %d: %v", n, m.Len(), ok)
			}
			if !ok {
				continue
			}
			last := 0
			for column := range len([]rune(text)) + 3 {
				got := at(column)
				if got < 1 || got > len(line)+1 || got < last {
					t.Fatalf("column %d of line %d went to %d after %d; the line has %d", column, n, got, last, len(line))
				}
				last = got
			}
		}
	})
}

// Work that grew with the square of the line would not end before the test's own limit.
func TestHugeLinesAreReadButNotShown(t *testing.T) {
	text := "account: {a: {url: x}, " + strings.Repeat("a: {url: x}, ", 1<<17)
	m := redact.NewLines([]byte(text+"\n  CANARY\nrecordings:\n  a: b\n"), plan.MaskUser)
	if _, _, ok := m.Line(1); ok {
		t.Error("a line of a megabyte is shown")
	}
	if line, _, _ := m.Line(2); strings.Contains(string(line), canary) {
		t.Error("what goes on after a line that is not shown is no longer hidden")
	}
	if line, _, _ := m.Line(4); string(line) != "  a: b" {
		t.Errorf("a line of a later section is shown as %q", string(line))
	}
}

// TestTheKeysOfNotifyThatHoldNoSecretAreShown as far as their values look like what the keys take.
func TestTheKeysOfNotifyThatHoldNoSecretAreShown(t *testing.T) {
	const text = `version: 1
notify:
  - {to: CANARY, severity: error, quiet: 22-7}
  - {webhook: "https://CANARY", severity: "warning", digest: 18.00, lead: 45 min, timezone: Europe/Berlin, plain_http: yes}
  - to: CANARY
    quiet: "22:00-07:00"
    severity: CANARY-of-many-words
    digest: CANARY
    timezone: CANARY:pass@word
    lead: [CANARY]
`
	want := map[int]string{
		3: "  - {to: [redacted], severity: error, quiet: 22-7}",
		4: `  - {webhook: "[redacted]", severity: "warning", digest: 18.00, lead: 45 min, timezone: Europe/Berlin, plain_http: yes}`,
		5: "  - to: [redacted]",
		6: `    quiet: "22:00-07:00"`,
	}
	m := redact.NewLines([]byte(text), plan.MaskUser)
	for n := 1; n <= m.Len(); n++ {
		line, _, _ := m.Line(n)
		if strings.Contains(string(line), "CANARY") || want[n] != "" && string(line) != want[n] {
			t.Errorf("line %d: %s", n, string(line))
		}
	}
}
