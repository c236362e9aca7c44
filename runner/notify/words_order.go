package notify

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// orders say what operators did, for a text and as a title.
var orders = map[string]struct{ did, title string }{
	"cancel":   {"cancelled the recording of", "Cancelled by an operator"},
	"uncancel": {"took back the cancellation of", "Recorded after all"},
	"extend":   {"extended", "Extended"},
	"unextend": {"took back the extension of", "Not extended any more"},
	"stop":     {"stopped the recording of", "Stopped by an operator"},
}

// orderWords tell of an order for one class, with how it is taken back while that is possible.
func orderWords(t topic) words {
	if t.f.Closure != nil {
		return closureWords(t)
	}
	order, known := orders[t.f.Order]
	if !known {
		order.did, order.title = "ordered "+t.f.Order+" for", "Order"
	}
	text := fmt.Sprintf("%s %s %s", t.f.Who, order.did, t.class())
	var args struct {
		Until time.Time `json:"until"`
	}
	if json.Unmarshal(t.f.Args, &args) == nil && !args.Until.IsZero() {
		// The class may have been extended again since, so its end is not said beside this one.
		text = fmt.Sprintf("%s %s %s to %s", t.f.Who, order.did, t.begun(), t.end(args.Until))
	}
	if t.f.Note != "" {
		text += ": " + t.f.Note
	}
	text = strings.TrimSuffix(text, ".") + "."
	undo := nothingToDo
	switch t.f.Order {
	case "unextend":
		if t.f.Class != nil {
			text += " It ends at " + t.end(t.f.Class.End) + " again."
		}
	case "extend":
		undo += " Until the end that it had before, rundown extend --undo " + t.a.Subject + " takes it back."
	case "cancel":
		undo = unlessHeld + " Until the class ends, rundown cancel --undo " + t.a.Subject + " takes it back."
	case "stop":
		undo += " Until the planned end of the class, rundown cancel --undo " + t.a.Subject + " has the rest recorded."
	}
	if c := t.f.Class; t.f.Order == "uncancel" && c != nil && t.a.At.Before(c.Start) {
		order.title = "Will be recorded after all"
	}
	return words{title: order.title + ": " + t.brief(), text: text, class: undo}
}

// closureWords tells of an order for many classes.
func closureWords(t topic) words {
	c, note := t.f.Closure, ""
	if t.f.Note != "" {
		note = ": " + strings.TrimSuffix(t.f.Note, ".")
	}
	classes := plural(t.c.count, "class", "classes")
	w := words{
		title: "Order for many classes: " + c.Covers,
		text:  fmt.Sprintf("%s gave an order for many classes (closure %d): %s%s. It covers %s now, and those that a later plan adds.", t.f.Who, c.ID, c.Covers, note, classes),
		class: nothingToDo + " " + sentence(c.Undo+" takes it back"),
	}
	switch done, kind, _ := strings.Cut(t.f.Order, "-"); {
	case done == "add":
		w.text = fmt.Sprintf("A plan has brought %s to closure %d, which %s gave: %s%s.", classes, c.ID, t.f.Who, c.Covers, note)
	case done == "end" && kind == "extend":
		w = words{title: w.title + ", taken back", text: fmt.Sprintf("%s took back closure %d: %s%s. %s as before.", t.f.Who, c.ID, c.Covers, note, verb(t.c.count, classes, "ends", "end")), class: nothingToDo}
	case done == "end":
		w = words{title: w.title + ", taken back", text: fmt.Sprintf("%s took back closure %d: %s%s. %s recorded after all.", t.f.Who, c.ID, c.Covers, note, verb(t.c.count, classes, "is", "are")), class: nothingToDo}
	}
	if len(t.c.classes) > 0 {
		w.text += " Classes of: " + few(t.c.classes) + "."
	}
	return w
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// verb puts the verb that fits behind so many.
func verb(n int, what, one, many string) string {
	if n == 1 {
		return what + " " + one
	}
	return what + " " + many
}
