package plan

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // zones do not depend on what the machine has installed
)

func init() {
	register(rule{id: "timezone-unknown", severity: SeverityError, statement: "Every timezone is one of the IANA database."})
}

// zoneNames are the names of the IANA database, for hints; what is a zone, the database itself decides.
//
//go:embed zones.txt
var zoneNames string

var zoneList = sync.OnceValue(func() []string { return strings.Fields(zoneNames) })

type zoneResult struct {
	zone *time.Location
}

// zone loads a zone once per plan; nil when there is none of that name, which is then reported.
func (b *builder) zone(u *unit, name item) *time.Location {
	known, ok := b.zones[name.Text]
	if !ok {
		known.zone = loadZone(name.Text)
		b.zones[name.Text] = known
	}
	if known.zone == nil && !u.noReference("timezone", name) {
		hint := zoneHint(name.Text)
		u.advise("timezone-unknown", name.At, fmt.Sprintf("%s is no time zone of the IANA database", quoted(name.Text)), hint)
	}
	return known.zone
}

// loadZone refuses what time.LoadLocation takes beside the database: the machine's zone, and UTC without a name.
func loadZone(name string) *time.Location {
	if name == "" || name == "Local" {
		return nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil
	}
	return zone
}
