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

	"rundown/plan"
	"rundown/runner/reason"
	"rundown/runner/session"
	"rundown/runner/store"
)

// Node is one of several daemons that work on a store.
type Node struct {
	ID      int64
	Name    string
	Started time.Time // when it joined
	Seen    time.Time // its last heartbeat
	Gone    time.Time // when it ended or was taken for dead; zero: it works
	Left    bool      // it ended as it should
	Lost    time.Time // when the one before it of the same name was taken for dead; zero: there is none, or it ended as it should
	Apps    []string  // App IDs that it owns
}

// The grace in which a loss is judged.
const (
	// takenOverWithin is how long a loss waits to be told where App IDs of the lost daemon have no owner yet: as a rule others take
	// them over at once.
	takenOverWithin = 10 * time.Second
	// shortLoss is how long what a lost daemon records may be left alone before it may suffer: well over the time for which a
	// heartbeat keeps a node alive.
	shortLoss = 30 * time.Second
)

// Ownership is who owns what a lost daemon owned.
type Ownership struct {
	By    []string `json:"by,omitempty"`    // the daemons that have taken over App IDs, by name
	Free  []string `json:"free,omitempty"`  // App IDs that nobody owns
	Short bool     `json:"short,omitempty"` // all were taken over so fast that what was being recorded went on
}

// ownership finds the owners of App IDs.
func ownership(nodes []Node, apps []string) *Ownership {
	o := &Ownership{}
	for _, app := range apps {
		i := slices.IndexFunc(nodes, func(n Node) bool { return n.Gone.IsZero() && slices.Contains(n.Apps, app) })
		if i < 0 {
			o.Free = append(o.Free, app)
		} else if !slices.Contains(o.By, nodes[i].Name) {
			o.By = append(o.By, nodes[i].Name)
		}
	}
	slices.Sort(o.By)
	return o
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
	n.observer.nodes(found, nodes, known, len(n.cfg.Plans()), func(from time.Time, apps []string, began bool) []Class {
		return n.classesIn(ctx, from, now, apps, began)
	}, now)
}

// nodes announces what has become of daemons. classes are those since an instant, of some App IDs.
func (o *observer) nodes(found *news, nodes []Node, known []int64, plans int, classes func(from time.Time, apps []string, began bool) []Class, now time.Time) {
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
				found.add(store.Mark{Name: mark, Value: string(is)}, announcement(kindJoined, "", x.Name, key, now, Fact{Count: plans, Nodes: others, Since: x.Started, Until: x.Lost}))
			}
		case !marked:
		case x.Left:
			found.marks = append(found.marks, store.Mark{Name: mark})
		default:
			if f, settled := o.loss(x, nodes, value, now); settled {
				f.Nodes = others
				f.Classes = classes(x.Seen, knownFrom(value).Apps, f.Owners.Short)
				found.add(store.Mark{Name: mark}, announcement(kindNodeLost, "", cmp.Or(x.Name, knownFrom(value).Name), key, now, f))
			}
		}
	}
	for _, id := range forgotten { // it ended so long ago that the store has forgotten it
		found.marks = append(found.marks, store.Mark{Name: fmt.Sprintf("%s/%d", nodeMark, id)})
	}
}

// knownFrom reads what a mark remembers. One of another form names no App IDs.
func knownFrom(value string) (k knownNode) {
	_ = json.Unmarshal([]byte(value), &k)
	k.Apps = append([]string{}, k.Apps...)
	return k
}

// loss is what is told of a daemon that was taken for dead, of which a mark has the value; false while others may still take over its
// App IDs.
func (o *observer) loss(x Node, nodes []Node, value string, now time.Time) (f Fact, settled bool) {
	mark := fmt.Sprintf("%s/%d", nodeMark, x.ID)
	owners := ownership(nodes, knownFrom(value).Apps)
	if _, waits := o.gone[mark]; !waits {
		o.gone[mark] = now
	}
	if len(owners.Free) > 0 && now.Sub(o.gone[mark]) < takenOverWithin {
		return f, false
	}
	owners.Short = len(owners.Free) == 0 && x.Gone.Sub(x.Seen) <= shortLoss
	f = Fact{Since: x.Seen, Until: x.Gone, Owners: owners}
	if len(owners.Free) > 0 { // no class of them begins, and what is being recorded is not replaced where it ends
		f.As = plan.NotifyCritical
	}
	return f, true
}

// joined announces that this process uses the store, and that the one before ended without a word, where no other can use it at the
// same time.
func (n *Notifier) joined(ctx context.Context) {
	now := n.cfg.Now()
	found := news{}
	n.observer.started(&found, &n.cfg, func(since time.Time) []Class { return n.classesIn(ctx, since, now, nil, false) }, now)
	n.announce(ctx, found)
}

// started announces the start of the only daemon of a store, and the loss of the one before. One that sends again has not joined, and was
// not lost. classes are those since an instant.
func (o *observer) started(found *news, cfg *Config, classes func(since time.Time) []Class, now time.Time) {
	last, there := o.marks[nodeMark]
	name, seen, _ := strings.Cut(last, " ")
	if there && !(cfg.Again && name == cfg.Node) {
		since, _ := time.Parse(time.RFC3339, seen)
		if cfg.LastSeen.After(since) {
			since = cfg.LastSeen
		}
		f := Fact{Since: since, Who: cfg.Node, Classes: classes(since)}
		found.announcements = append(found.announcements, announcement(kindNodeLost, "", name, seen, now, f))
	}
	found.marks = append(found.marks, store.Mark{Name: nodeMark, Value: cfg.Node + " " + now.UTC().Format(time.RFC3339)})
	if !cfg.Again {
		found.announcements = append(found.announcements, announcement(kindJoined, "", cfg.Node, now.UTC().String(), now, Fact{Count: len(cfg.Plans())}))
	}
}

// mostSuffering is how many classes an announcement of a loss holds.
const mostSuffering = 100

// classesIn are the first classes between two instants that were not cancelled, of some App IDs or with nil of all, and with began only
// those that began in that time; none where they cannot be read.
func (n *Notifier) classesIn(ctx context.Context, from, until time.Time, apps []string, began bool) (classes []Class) {
	briefs, err := n.cfg.Store.Briefs(ctx, from, until)
	if err != nil {
		n.complain("the classes of the time in which a daemon was down cannot be read; the message names none", err)
	}
	for _, b := range briefs {
		its := apps == nil || slices.Contains(apps, b.App)
		if its && !(began && b.Start.Before(from)) && b.Outcome != string(session.Cancelled) && len(classes) < mostSuffering {
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
