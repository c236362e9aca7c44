package rules

import (
	"fmt"
	"slices"
	"strings"

	"rundown/plan"
)

// checkUnsupported looks for notifications that cannot be sent. What only leads nowhere is a warning: the recordings need none of it.
func checkUnsupported(c *checker) {
	blank := func(t plan.Text, message, hint string) {
		if isBlank(t) {
			c.warn(t.Pos(), message, hint)
		}
	}
	for _, n := range c.p.Notify {
		scheme := n.UnsupportedChannel()
		switch scheme {
		case "":
		case "http", "https", "generic":
			c.report(n.To.Pos(), "to takes an address of mail or chat, not of a program", "write webhook in place of to")
		default:
			c.report(n.To.Pos(), fmt.Sprintf("no notification can be sent to %s", plan.Quoted(scheme)), "channels are "+strings.Join(plan.Channels, ", "))
		}
		blank(n.To, "to is empty, so that nothing can be sent", addressHint(n.To))
		switch scheme, rest := channelOf(n.To); {
		case scheme != "" && strings.Trim(rest, "/") == "":
			c.warn(n.To.Pos(), "to has nothing behind its scheme, so that nothing can be sent", addressHint(n.To))
		case scheme == "smtp" && hostOf(n.To) == "":
			c.warn(n.To.Pos(), "to names no host, so that mail goes to a server on the daemon's own machine, if there is one", addressHint(n.To))
		}
		blank(n.Webhook, "webhook is empty, so that nothing can be sent", "write the address of the program behind a reference such as ${DUTY_WEBHOOK}, or remove the entry")
		blank(n.Secret, "secret is empty, so that anybody can sign what goes to the webhook", "write a reference such as ${WEBHOOK_KEY}, or remove secret")
	}
	blank(c.p.Ping, "ping is empty, so that nothing is requested", "write the address behind a reference such as ${PING_URL}, or remove ping")
}

// isBlank says whether the plan gives a text of spaces or of nothing.
func isBlank(t plan.Text) bool {
	return !t.IsZero() && strings.TrimSpace(plan.Written(t.Parts())) == ""
}

// channelOf splits an address where its scheme ends; "" where it does not begin with that of a channel of mail or chat.
func channelOf(t plan.Text) (scheme, rest string) {
	if t.IsZero() {
		return "", ""
	}
	scheme, rest, found := strings.Cut(plan.Written(t.Parts()), ":")
	scheme, _, _ = strings.Cut(strings.ToLower(scheme), "+") // teams+https
	if !found || !slices.Contains(plan.Channels, scheme) {
		return "", ""
	}
	return scheme, rest
}

// hostOf is the host of an address, which a reference may stand for or be part of. It does not parse the address: as written, with
// references in it, few are valid.
func hostOf(t plan.Text) string {
	authority, _ := plan.SplitAddress(t.Parts())
	_, host, _ := strings.Cut(plan.Written(authority), ":")
	host = strings.TrimPrefix(host, "//")
	host = host[strings.LastIndexByte(host, '@')+1:]
	if strings.HasPrefix(host, ":") { // a port alone
		return ""
	}
	return host
}

// addressHint shows what addresses of mail and chat look like.
func addressHint(t plan.Text) string {
	hint := "mail needs smtp://USER:PASSWORD@HOST:587/?from=ADDRESS&to=ADDRESS, Slack slack://hook:TOKEN-A-TOKEN-B-TOKEN-C@webhook, " +
		"Telegram telegram://TOKEN@telegram?chats=CHAT, and docs/notifications.md has the others; write it behind a reference such as ${DUTY_MAIL}"
	if braces := bracesMissing(t); braces != "" {
		hint = braces + "; " + hint
	}
	return hint
}
