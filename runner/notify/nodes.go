package notify

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// Node is one of several daemons that work on a store.
type Node struct {
	ID   int64
	Name string
	Seen time.Time // its last heartbeat
	Gone time.Time // when it ended or was taken for dead; zero: it works
	Left bool      // it ended as it should
	Apps []string  // App IDs that it owns
}

// knownNode is what a mark remembers of a node.
type knownNode struct {
	Name string   `json:"name"`
	Apps []string `json:"apps,omitempty"`
}

// lookAtNodes announces daemons that have joined, and those that were taken for dead. The one that has the duties does so for all.
func (n *Notifier) lookAtNodes(ctx context.Context, found *news, now time.Time) {
	if n.cfg.Nodes == nil {
		return
	}
	var known []int64
	for name := range n.observer.marks {
		if id, err := strconv.ParseInt(strings.TrimPrefix(name, nodeMark+"/"), 10, 64); err == nil {
			known = append(known, id)
		}
	}
	slices.Sort(known)
	nodes, err := n.cfg.Nodes(ctx, known)
	if err != nil {
		n.complain("the daemons of the store cannot be read", err)
		return
	}
	n.observer.nodes(found, nodes, known, len(n.cfg.Plans()), func(from time.Time, apps []string) []Class {
		return n.classesIn(ctx, from, now, apps)
	}, now)
}

// nodes announces what has become of daemons. classes are those that began from an instant on, of some App IDs.
func (o *observer) nodes(found *news, nodes []Node, known []int64, plans int, classes func(from time.Time, apps []string) []Class, now time.Time) {
	forgotten := slices.Clone(known)
	for _, x := range nodes {
		forgotten = slices.DeleteFunc(forgotten, func(id int64) bool { return id == x.ID })
		mark := fmt.Sprintf("%s/%d", nodeMark, x.ID)
		value, marked := o.marks[mark]
		var others []string
		for _, y := range nodes {
			if y.ID != x.ID && y.Gone.IsZero() {
				others = append(others, y.Name)
			}
		}
		slices.Sort(others)
		key := fmt.Sprintf("%d", x.ID)
		switch {
		case x.Gone.IsZero():
			is, err := json.Marshal(knownNode{x.Name, slices.Sorted(slices.Values(x.Apps))})
			switch {
			case err != nil || value == string(is): // texts
			case marked:
				found.marks = append(found.marks, store.Mark{Name: mark, Value: string(is)})
			default:
				found.add(store.Mark{Name: mark, Value: string(is)}, announcement(kindJoined, "", x.Name, key, now, Fact{Count: plans, Nodes: others}))
			}
		case !marked:
		case x.Left:
			found.marks = append(found.marks, store.Mark{Name: mark})
		default:
			var was knownNode
			_ = json.Unmarshal([]byte(value), &was) // a mark of another form names no App IDs
			since := x.Seen
			f := Fact{Since: since, Until: x.Gone, Nodes: others, Classes: classes(since, append([]string{}, was.Apps...))}
			found.add(store.Mark{Name: mark}, announcement(kindNodeLost, "", cmp.Or(x.Name, was.Name), key, now, f))
		}
	}
	for _, id := range forgotten { // it ended so long ago that the store has forgotten it
		found.marks = append(found.marks, store.Mark{Name: fmt.Sprintf("%s/%d", nodeMark, id)})
	}
}

// joined announces that this process uses the store, and that the one before ended without a word, where no other can use it at the
// same time. One that sends again has not joined, and was not lost.
func (n *Notifier) joined(ctx context.Context) {
	now := n.cfg.Now()
	found := news{}
	last, there := n.observer.marks[nodeMark]
	name, seen, _ := strings.Cut(last, " ")
	if there && !(n.cfg.Again && name == n.cfg.Node) {
		since, _ := time.Parse(time.RFC3339, seen)
		if n.cfg.LastSeen.After(since) {
			since = n.cfg.LastSeen
		}
		f := Fact{Since: since, Who: n.cfg.Node, Classes: n.classesIn(ctx, since, now, nil)}
		found.announcements = append(found.announcements, announcement(kindNodeLost, "", name, seen, now, f))
	}
	found.marks = append(found.marks, store.Mark{Name: nodeMark, Value: n.cfg.Node + " " + now.UTC().Format(time.RFC3339)})
	if !n.cfg.Again {
		found.announcements = append(found.announcements, announcement(kindJoined, "", n.cfg.Node, now.UTC().String(), now, Fact{Count: len(n.cfg.Plans())}))
	}
	n.announce(ctx, found)
}

// mostSuffering is how many classes an announcement of a loss holds.
const mostSuffering = 100

// classesIn are the first classes between two instants that were not cancelled, of some App IDs or with nil of all; none where they
// cannot be read.
func (n *Notifier) classesIn(ctx context.Context, from, until time.Time, apps []string) (classes []Class) {
	briefs, err := n.cfg.Store.Briefs(ctx, from, until)
	if err != nil {
		n.complain("the classes of the time in which a daemon was down cannot be read; the message names none", err)
	}
	for _, b := range briefs {
		its := apps == nil || slices.Contains(apps, b.App) && !b.Start.Before(from)
		if its && b.Outcome != string(session.Cancelled) && len(classes) < mostSuffering {
			classes = append(classes, *n.classOf(b))
		}
	}
	return classes
}

// left remembers that this process ended as it should. A store that cannot be written holds up no end.
func (n *Notifier) left() {
	failed := func(i Issue) bool { return i.ID == reason.IssueStoreFailed }
	if slices.ContainsFunc(n.cfg.Issues(), failed) {
		n.log.Warn("the end of this daemon is not stored, since the store cannot be written; the next start takes it for lost")
		return
	}
	if err := n.cfg.Store.Announce(context.Background(), []store.Mark{{Name: nodeMark}}); err != nil {
		n.log.Warn("the end of this daemon cannot be stored; the next start takes it for lost", "error", clean(err.Error()))
	}
}
