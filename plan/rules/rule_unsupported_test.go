package rules

import (
	"strings"
	"testing"

	"rundown/plan"
	"rundown/plan/plantest"
)

// TestAnAddressThatLeadsNowhereIsTold: what is empty is no secret.
func TestAnAddressThatLeadsNowhereIsTold(t *testing.T) {
	const (
		to       = "to is empty, so that nothing can be sent | " + addressExamples
		webhook  = "webhook is empty, so that nothing can be sent | write the address of the program behind a reference such as ${DUTY_WEBHOOK}, or remove the entry"
		bare     = "to has nothing behind its scheme, so that nothing can be sent | " + addressExamples
		hostless = "to names no host, so that mail goes to a server on the daemon's own machine, if there is one | " + addressExamples
	)
	for entry, want := range map[string]string{
		`notify: [{to: ""}]`:                         to,
		`notify: [{to: " "}]`:                        to,
		`notify: [{webhook: ""}]`:                    webhook,
		`notify: [{webhook: "${HOOK}", secret: ""}]`: "secret is empty, so that anybody can sign what goes to the webhook | write a reference such as ${WEBHOOK_KEY}, or remove secret",
		`ping: ""`:                                           "ping is empty, so that nothing is requested | write the address behind a reference such as ${PING_URL}, or remove ping",
		`notify: [{to: "smtp:"}]`:                            bare,
		`notify: [{to: "smtp:?to=a@b.example"}]`:             hostless,
		`notify: [{to: "SMTP://"}]`:                          bare,
		`notify: [{to: "smtp://:587/?to=a@b.example"}]`:      hostless,
		`notify: [{to: "smtp://${LOGIN}@/?to=a@b.example"}]`: hostless,
		`notify: [{to: "slack://"}]`:                         bare,
	} {
		found := schoolFindings(t, "calendars:", entry+"\ncalendars:")
		f := found[len(found)-1]
		if got := f.Message + " | " + f.Hint; got != want || f.Rule != "unsupported" || f.Severity != plan.SeverityWarning {
			t.Errorf("%s: got\n\t%s\nwant\n\t%s", entry, got, want)
		}
		written := strings.Contains(entry, "b.example") && !strings.Contains(entry, "${")
		if shown := plantest.Show(found); strings.Contains(shown, "plain text") != written || strings.Contains(shown, "has no scheme") {
			t.Errorf("%s: %s", entry, shown)
		}
	}
	for _, entry := range []string{
		`notify: [{to: "${MAIL}"}]`, `notify: [{to: "smtp://${LOGIN}@${HOST}/?to=a@b.example"}]`, `notify: [{to: "smtp:${REST}"}]`, `notify: [{to: "smtp://${ALL}"}]`,
		`notify: [{to: "smtp://${LOGIN}${REST}"}]`, `notify: [{to: "ntfy:///duty"}]`, `notify: [{webhook: "${HOOK}", secret: "${KEY}"}]`, `ping: "${PING}"`,
	} {
		if found := schoolFindings(t, "calendars:", entry+"\ncalendars:"); strings.Contains(plantest.Show(found), "unsupported") {
			t.Errorf("%s: %s", entry, plantest.Show(found))
		}
	}
}
