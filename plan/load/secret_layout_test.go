package load

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"rundown/plan"
	"rundown/plan/plantest"
)

// secretMark is a part of each secret of the texts below.
const secretMark = "hunter2"

// secretPlan is layoutPlan with a secret wherever a plan may have one.
var secretPlan = strings.NewReplacer("calendars:\n", `cdn:
  parents: rtmps://live.lingua.example/app/hunter2
notify:
  - severity: warning
    to: telegram://110201543:hunter2@telegram?chats=x
  - webhook: https://hooks.lingua.example/hunter2
    secret: hunter2hunter
ping: https://ping.lingua.example/hunter2
calendars:
`, "${AGORA_CUSTOMER_SECRET}", "hunter2hunter", "${S3_ACCESS_KEY}", "hunter2", "${S3_SECRET_KEY}", "hunter2hunter",
	"    padding:\n", "    cdn: rtmps//live.lingua.example/app/hunter2\n    padding:\n").Replace(layoutPlan)

// secretLine matches a line of a plan whose value may be a secret.
var secretLine = regexp.MustCompile(`(?m)^( *(?:- )?(?:customer_secret|access_key|secret_key|secret|webhook|to|ping|cdn): +)(\S.*)$`)

// layoutMistakes are the texts with a mistake of layout at a line.
func layoutMistakes(lines []string, i int) (texts []string) {
	with := func(changed string) {
		texts = append(texts, strings.Join(lines[:i], "\n")+"\n"+changed+"\n"+strings.Join(lines[i+1:], "\n"))
	}
	bare := strings.TrimLeft(lines[i], " ")
	indent := len(lines[i]) - len(bare)
	for _, by := range []int{-4, -2, -1, 1, 2, 4} {
		if indent+by >= 0 {
			with(strings.Repeat(" ", indent+by) + bare)
		}
	}
	lead := lines[i][:indent]
	with("\t" + bare)
	with(lead + strings.Replace(bare, ":", "", 1))
	with(lead + strings.Replace(bare, ": ", ":", 1))
	with(lead + strings.Replace(bare, ": ", " = ", 1))
	with(lead + strings.Replace(bare, ": ", ":\n"+lead, 1))
	with(lead + strings.Replace(bare, ": ", ":\n"+lead+"  ", 1))
	with(lead + strings.Replace(bare, ": ", ": “", 1) + "”")
	with(lead + "- " + bare)
	with(lead + bare + " # " + secretMark)
	with(lead + " " + bare + " # " + secretMark)
	return texts
}

// showsSecret fails for findings that hold a part of a secret in anything that a format prints.
func showsSecret(t *testing.T, text string) {
	t.Helper()
	found := findingsOf(t, plantest.Texts{"plan.yaml": text}, "plan.yaml")
	for _, f := range found {
		if strings.Contains(fmt.Sprintf("%+v %s", f, plantest.Show([]plan.Finding{f})), secretMark) {
			t.Errorf("a secret is shown: %s\n%+v", plantest.Show([]plan.Finding{f}), f)
		}
	}
}

// TestNoMistakeOfLayoutShowsASecret makes each mistake at each line of a plan that is full of secrets, and at the lines with secrets
// of all plans that FuzzLoad begins with.
func TestNoMistakeOfLayoutShowsASecret(t *testing.T) {
	lines := strings.Split(secretPlan, "\n")
	for i := range lines {
		for _, text := range layoutMistakes(lines, i) {
			showsSecret(t, text)
		}
	}
	for _, pattern := range []string{"../testdata/err/*.yaml", "../testdata/ok/*.yaml", "../../examples/*.yaml"} {
		files := must(filepath.Glob(pattern))
		if len(files) == 0 {
			t.Fatal(pattern)
		}
		for _, file := range files {
			lines := strings.Split(secretLine.ReplaceAllString(string(must(os.ReadFile(file))), "${1}"+"x//a.example/"+secretMark), "\n")
			for i := range lines {
				if strings.Contains(lines[i], secretMark) {
					for _, text := range layoutMistakes(lines, i) {
						showsSecret(t, text)
					}
				}
			}
		}
	}
}

// TestSecretsInOtherFormsAreNotShown: a mapping in braces, an alias, a block, and a value below its key.
func TestSecretsInOtherFormsAreNotShown(t *testing.T) {
	const storage = "storage:\n  videos:\n    vendor: s3\n    region: eu-central-1\n    bucket: lingua-videos\n    access_key: ${S3_ACCESS_KEY}\n    secret_key: ${S3_SECRET_KEY}\n"
	const key, padding, german = "  customer_secret: ${AGORA_CUSTOMER_SECRET}\n", "    padding:", "  german-a1:\n"
	for _, c := range []struct{ right, wrong string }{
		{storage, " storage: {videos: {vendor: s3, region: eu-central-1, bucket: b, access_key: hunter2, secret_key: hunter2hunter}}\n"},
		{storage, "  storage: &a hunter2\n"},
		{storage, "  storage: *hunter2\n"},
		{"calendars:", "notify:\n  - severity: warning\n    to telegram://hunter2@telegram?chats=x\ncalendars:"},
		{"calendars:", "notify:\n- to: telegram://hunter2@telegram?chats=x\n   severity: warning\ncalendars:"},
		{padding, "    storage: {videos: {secret_key: hunter2}}\n    cdn: {a: {rtmp: rtmp://hunter2/x}}\n      padding:"},
		{german, german + "      cdn: rtmps://live.example/app/hunter2key\n"},
		{german, german + "    cdn\n      youtube: rtmps://live.example/app/hunter2key\n"},
		{german, german + "    cdn: rtmp//a.example/live/hunter2\n"},
		{german, german + "    cdn: [rtmp//a.example/live/hunter2]\n"},
		{german, german + "    cdn: a.example/live/hunter2\n"},
		{german, german + "     title: [hunter2\n"},
		{key, "  customer_secret:\n  hunter2bcdef0123456789abcdef\n"},
		{key, "  customer_secret:\nhunter2bcdef0123456789abcdef\n"},
		{key, "  customer_secret\n    hunter2bcdef0123456789abcdef\n"},
	} {
		if strings.Count(layoutPlan, c.right) != 1 {
			t.Fatal(c.right)
		}
		showsSecret(t, strings.Replace(layoutPlan, c.right, c.wrong, 1))
	}
}
