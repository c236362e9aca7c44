package closure

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"rundown/runner/store"
)

// The orders by which closures are announced: what was done with a closure, and its kind.
const (
	given = ""     // cancel, extend, pause
	added = "add-" // the same for classes that a later plan has added
	ended = "end-" // it was taken back
)

// announcement tells of a closure, once for all its classes. The targets of all plans may hear of it, hence it counts the
// classes by recording: a target that is for some classes only hears of those alone.
func announcement(c store.Closure, done string, ids []string, who, reason string, at time.Time) store.Announcement {
	count := map[string]int{}
	for _, id := range ids {
		count[id[:strings.LastIndexByte(id, '/')]]++
	}
	data, err := json.Marshal(map[string]any{
		"order": done + c.Kind, "who": who, "note": reason,
		"closing": map[string]any{"closure": c.ID, "covers": What(c), "recordings": count, "undo": UndoCommand(c)},
	})
	if err != nil { // texts and numbers
		data = []byte("{}")
	}
	subject := fmt.Sprintf("closure %d", c.ID)
	return store.Announcement{
		ID: store.AnnouncementID("order.given", subject, done+c.Kind, at.UTC().String()), At: at, Kind: "order.given", Subject: subject, Data: data,
	}
}

// UndoCommand is the command that ends a closure.
func UndoCommand(c store.Closure) string {
	if c.Kind == store.ClosurePause {
		return "rundown resume " + c.Recording
	}
	command := "rundown " + c.Kind + " --on " + c.Day
	if c.From != "" {
		command += " --from " + c.From
	}
	if c.Until != "" {
		command += " --until " + c.Until
	}
	for _, key := range slices.Sorted(maps.Keys(c.Labels)) {
		command += " --label " + quoted(key+"="+c.Labels[key])
	}
	if c.Recording != "" {
		command += " --recording " + quoted(c.Recording)
	}
	return command + " --undo"
}

// quoted is a word as a shell reads it.
func quoted(word string) string {
	if strings.IndexFunc(word, func(r rune) bool {
		return !strings.ContainsRune("=-_./", r) && (r < '0' || r > '9') && (r < 'a' || r > 'z')
	}) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
