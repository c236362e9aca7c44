package rules

import (
	"fmt"
	"strings"

	"rundown/plan"
)

func checkUnsupported(c *checker) {
	for _, n := range c.p.Notify {
		scheme := n.UnsupportedChannel()
		switch scheme {
		case "":
		case "http", "https", "generic":
			c.report(n.To.Pos(), "to takes an address of mail or chat, not of a program", "write webhook in place of to")
		default:
			c.report(n.To.Pos(), fmt.Sprintf("no notification can be sent to %s", plan.Quoted(scheme)), "channels are "+strings.Join(plan.Channels, ", "))
		}
	}
}
