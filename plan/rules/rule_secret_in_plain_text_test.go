package rules

import (
	"strings"
	"testing"

	"rundown/plan"
	"rundown/plan/plantest"
)

// TestAReferenceWithoutItsBracesIsTold: a key that was never written out need not be rotated. No value is shown, since
// a key may look like a reference.
func TestAReferenceWithoutItsBracesIsTold(t *testing.T) {
	const (
		rotate   = "write a reference, ${NAME} or ${file:PATH}; treat the key as compromised and rotate it"
		variable = "write ${NAME}, with braces, if a variable was meant; else treat the key as compromised and rotate it"
		file     = "write ${file:PATH}, with braces, if a file was meant; else treat the key as compromised and rotate it"
	)
	for value, want := range map[string]string{
		"$CANARY_KEY": variable, "$canary": variable, "file:/etc/CANARY": file, "CANARY": rotate, "$1CANARY": rotate, "$CANARY$": rotate, "$$CANARY": variable, "file:": rotate,
	} {
		f := schoolFindings(t, `secret_key: "${S3_SECRET_KEY}"`, `secret_key: "`+value+`"`)[0]
		if f.Rule != "secret-in-plain-text" || f.Severity != plan.SeverityError || f.Hint != want || f.Message != "secret_key is in plain text: everybody who can read this file sees it" {
			t.Errorf("%s: %s", value, plantest.Show([]plan.Finding{f}))
		}
		if shown := f.Message + f.Hint + f.Fix.Text; strings.Contains(strings.ToLower(shown), "canary") {
			t.Errorf("%s: %s", value, shown)
		}
	}
}

func TestAStreamKeyInPlainTextIsToBeChanged(t *testing.T) {
	const want = "write a reference for what is secret in it: ${NAME} or ${file:PATH}; whoever knows the stream key can broadcast with it, so change the key"
	for key, want := range map[string]string{
		"CANARY": want, "CANARY$1": want, "$CANARY_KEY": "write ${NAME}, with braces, if a variable was meant: a $ without braces stands for itself; else " + want,
	} {
		f := schoolFindings(t, "${STREAM_KEY}", key)[0]
		if f.Severity != plan.SeverityWarning || f.Hint != want {
			t.Error(plantest.Show([]plan.Finding{f}))
		}
	}
}

// addressExamples is the hint where an address of mail or chat is none.
const addressExamples = "mail needs smtp://USER:PASSWORD@HOST:587/?from=ADDRESS&to=ADDRESS, Slack slack://hook:TOKEN-A-TOKEN-B-TOKEN-C@webhook, " +
	"Telegram telegram://TOKEN@telegram?chats=CHAT, and docs/notifications.md has the others; write it behind a reference such as ${DUTY_MAIL}"

func TestAnAddressOfMailNeedsAScheme(t *testing.T) {
	for to, want := range map[string]string{
		"it@hillside.example":         "an address of mail or chat is in plain text, and it has no scheme, so that nothing can be sent to it | " + addressExamples,
		"smtp://it:CANARY@h.example/": "an address of mail or chat is in plain text: everybody who can read this file sees it | write a reference for what is secret in it: ${NAME} or ${file:PATH}",
		"$DUTY_MAIL":                  "an address of mail or chat is in plain text, and it has no scheme, so that nothing can be sent to it | write ${NAME}, with braces, if a variable was meant; " + addressExamples,
	} {
		f := schoolFindings(t, "calendars:", "notify: [{to: \""+to+"\"}]\ncalendars:")[0]
		if got := f.Message + " | " + f.Hint; got != want || f.Severity != plan.SeverityWarning {
			t.Errorf("%s: got\n\t%s\nwant\n\t%s", to, got, want)
		}
	}
}
