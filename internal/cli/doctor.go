package cli

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/fatih/color"
	"github.com/spf13/cobra"

	"rundown/agora"
	"rundown/internal/cli/render"
	"rundown/plan"
	"rundown/plan/rules"
	"rundown/runner"
	"rundown/runner/preflight"
	"rundown/runner/reason"
	"rundown/runner/store"
	"rundown/runner/view"
)

// The bounds for warnings of doctor.
const (
	mostSkew    = 2 * time.Second
	probeWithin = 20 * time.Second
)

// checkResult is the result of a check.
type checkResult string

const (
	checkOK   checkResult = "ok"
	checkWarn checkResult = "warn"
	checkFail checkResult = "fail"
)

// checkJSON is one check as doctor writes it.
type checkJSON struct {
	Check   string      `json:"check"`
	Result  checkResult `json:"result"`
	Message string      `json:"message"`
	Try     *string     `json:"try"`

	word string // in text, in place of the result, of what was not checked or is only to be known; "": the result
}

// checkup collects the checks of one run of doctor.
type checkup struct {
	a      *app
	checks []checkJSON
	unread bool // an active revision of the store cannot be read

	// simulated says that the daemon works with a simulator: --simulate says so, or the store belongs to one and no --api-url is given.
	simulated bool
	other     string // the service that the store belongs to, where the flags select Agora; "": that, or none
}

// add notes a check; try is what to do about it, "" for nothing.
func (c *checkup) add(check string, result checkResult, message, try string) {
	c.checks = append(c.checks, checkJSON{Check: check, Result: result, Message: message, Try: view.OrNull(try)})
}

// skip adds what was not checked, and why. Programs see it as ok, since nothing is wrong.
func (c *checkup) skip(check, why string) {
	c.checks = append(c.checks, checkJSON{Check: check, Result: checkOK, Message: why, word: "skip"})
}

// note adds what is to be known and is no failure. Programs see it as ok.
func (c *checkup) note(check, message, try string) {
	c.add(check, checkOK, message, try)
	c.checks[len(c.checks)-1].word = "note"
}

// newDoctorCommand makes doctor. It changes nothing: the store is opened to read, a file that is made beside it is removed at once,
// and the one request for each project queries what does not exist. Checks go on after one that fails, so that one run tells all.
// A check that fails is status 1; warnings and what was not checked are status 0. Results go to standard output, also as JSON.
func newDoctorCommand(a *app) *cobra.Command {
	var offline bool
	cmd := &cobra.Command{
		Use:   "doctor [PLAN...]",
		Short: "Check the environment of the daemon",
		Long: `Check the environment of the daemon: time zones, certificates, store, disk
space, references, the service and the clock.

Each check is one line, with advice if it fails. Without PLAN, doctor checks
the active plans of the store. The exit status is 1 if a check fails.

Doctor sends one request for each project: a query for a recording that does
not exist. The request is free of charge and tells whether the service is
reachable, whether it accepts the credentials, and how far the clocks differ.
--offline sends nothing. The store is only read. For a store of run --simulate,
and with --simulate, nothing is sent, and references may be unset.`,
		Example: `  rundown doctor plan.yaml
  rundown doctor --store sqlite:/var/lib/rundown/rundown.db
  rundown doctor plan.yaml --offline --format json`,
		Args:              arguments(0, -1, "PLAN"),
		ValidArgsFunction: completePlans,
	}
	cmd.Flags().BoolVar(&offline, "offline", false, "do not send requests")
	format := addFormat(cmd, "text", "json")
	addIncludeDir(a, cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		c := &checkup{a: a, simulated: a.flags.simulate}
		c.environment()
		c.proxy()
		applied := c.store(cmd.Context(), len(args) == 0)
		plans := c.plans(args, applied)
		for _, p := range plans {
			c.references(p)
			c.buckets(p)
			if !offline {
				c.service(cmd.Context(), p)
			}
		}
		if offline {
			c.skip("service", "skipped, not tested: --offline")
		}
		if format.value == "json" {
			return cmp.Or(render.JSON(a.out, map[string]any{"checks": c.checks}), c.status())
		}
		c.print()
		return c.status()
	}
	return cmd
}

// status is exit status 1 if a check failed.
func (c *checkup) status() error {
	if slices.ContainsFunc(c.checks, func(x checkJSON) bool { return x.Result == checkFail }) {
		return errFindings
	}
	return nil
}

// print writes a line a check, its result in colour, its advice behind it.
func (c *checkup) print() {
	colours := c.a.paletteFor(c.a.out)
	marks := map[checkResult]color.Attribute{checkOK: color.FgGreen, checkWarn: color.FgYellow, checkFail: color.FgRed}
	for _, x := range c.checks {
		line := fmt.Sprintf("%s: %s", x.Check, view.Line(x.Message))
		if x.Try != nil {
			line += "; " + view.Line(*x.Try)
		}
		word := fmt.Sprintf("%-4s", cmp.Or(x.word, string(x.Result)))
		c.a.printWrapped(c.a.out, colours.Paint(word, marks[x.Result])+"  ", line)
	}
}

// environment checks the binary and the host.
func (c *checkup) environment() {
	v := versionOf()
	c.add("version", checkOK, fmt.Sprintf("rundown %s, %s, catalogue of %s", v.Version, v.Go, v.Catalogue), "")
	c.timeZones()
	if pool, err := x509.SystemCertPool(); err != nil || pool.Equal(x509.NewCertPool()) {
		c.add("certificates", checkFail, "no trusted certificates", "install ca-certificates")
	} else {
		c.add("certificates", checkOK, "found on the system", "")
	}
}

// proxy checks the proxy of the environment, if there is one.
func (c *checkup) proxy() {
	if err := agora.CheckProxy(c.a.env); err != nil {
		c.add("proxy", checkFail, err.Error(), "")
	}
}

// timeZones reports the release of the embedded database. A table without clock changes shows in July and January.
func (c *checkup) timeZones() {
	zone, ok := plan.Zone("Europe/Madrid")
	if !ok {
		c.add("time zones", checkFail, "the embedded data cannot be read", "build the binary from the project's source")
		return
	}
	_, winter := time.Date(2026, 1, 15, 12, 0, 0, 0, zone).Zone()
	_, summer := time.Date(2026, 7, 15, 12, 0, 0, 0, zone).Zone()
	if winter != 3600 || summer != 7200 {
		c.add("time zones", checkFail, "the embedded data is wrong: Europe/Madrid has no summer time", "build the binary from the project's source")
		return
	}
	c.add("time zones", checkOK, fmt.Sprintf("IANA release %s, embedded; the files of the system and ZONEINFO are not used", plan.ZoneRelease()), "")
}

// store checks the store and returns the active revisions.
func (c *checkup) store(ctx context.Context, wanted bool) []store.Revision {
	var s *store.Store
	dsn, err := c.a.storeDSN()
	if err == nil {
		s, err = store.Open(ctx, dsn, store.Options{})
	}
	switch {
	case errors.Is(err, store.ErrNotExist) && wanted:
		c.add("store", checkWarn, "does not exist yet", "rundown run creates it; --store selects another")
		return nil
	case errors.Is(err, store.ErrNotExist):
		c.note("store", "does not exist yet", "rundown run creates it; --store selects another")
		return nil
	case err != nil:
		c.unread = true
		c.add("store", checkFail, err.Error(), "")
		return nil
	}
	defer s.Close()
	switch err := s.CheckIntegrity(ctx); {
	case err != nil:
		c.add("store", checkFail, err.Error(), "")
	case s.Remote():
		c.add("store", checkOK, s.Path()+" answers", "")
	default:
		c.add("store", checkOK, s.Path()+" is sound", "")
	}
	if !s.Remote() {
		c.permissions(s.Path())
	}
	c.storeService(ctx, s)
	c.daemon(ctx, s)
	if !s.Remote() {
		c.room(s.Path())
	}
	c.held(ctx, s, store.RevisionWaiting, checkWarn, "waits for a confirmation", "rundown apply --confirm")
	c.held(ctx, s, store.RevisionRefused, checkFail, "was refused, the previous one is active", "fix the plan and apply it again")
	applied, err := activeTexts(ctx, s, func(r store.Revision, err error) {
		c.add("plan "+r.Plan, checkFail, err.Error(), "pass its file as PLAN")
		c.unread = true
	})
	if err != nil {
		c.add("store", checkFail, err.Error(), "")
		c.unread = true
	}
	return applied
}

// storeService looks which service a store belongs to. A simulator is a warning, since nothing else shows that there will be no
// recordings. Another address is asked only where --api-url says so: the credentials are not to go where the store says.
func (c *checkup) storeService(ctx context.Context, s *store.Store) {
	name, err := s.Service(ctx)
	switch {
	case err != nil:
		c.add("store", checkFail, err.Error(), "")
	case name == view.ServiceSimulator:
		c.simulated = c.simulated || c.a.flags.apiURL == ""
		c.add("simulation", checkWarn, view.SimulatedText, "to record, start run without --simulate and with another store")
	case name != "" && name != serviceAgora && c.a.flags.apiURL == "":
		c.other = name
	}
}

// held names the plans whose newest revision is in a state in which it is not used. A store that cannot be read is told already.
func (c *checkup) held(ctx context.Context, s *store.Store, state store.RevisionState, result checkResult, what, try string) {
	revisions, _ := view.HeldRevisions(ctx, s, state)
	for _, r := range revisions {
		c.add("plan "+r.Plan, result, fmt.Sprintf("revision %d %s: %s", r.ID, what, r.Note), try)
	}
}

// daemon says whether a daemon is using the store, and which health issues it has. One that hangs is a failure; a doctor before the
// first start is none, so a missing daemon is a warning.
func (c *checkup) daemon(ctx context.Context, s *store.Store) {
	d, issues, err := c.a.liveDaemon(ctx, s)
	switch {
	case err != nil:
		c.add("daemon", checkFail, err.Error(), "")
	case d.Quiet():
		c.add("daemon", checkFail, d.Text(), "check its log")
	case d.Running():
		c.add("daemon", checkOK, d.Text(), "")
	default:
		c.add("daemon", checkWarn, d.Text(), "start rundown run")
	}
	for _, issue := range issues {
		if issue.ID == reason.IssueDiskLow { // told as space
			continue
		}
		result := checkWarn
		if issue.Severity == runner.SeverityCritical {
			result = checkFail
		}
		c.add("health", result, string(issue.ID)+": "+issue.Text, issue.Advice)
	}
}

// plans reads the given plans, else the active ones.
func (c *checkup) plans(paths []string, applied []store.Revision) []*plan.Plan {
	var plans []*plan.Plan
	opts := rules.Options{Now: c.a.now()}
	sound := func(name string, p *plan.Plan) {
		c.add("plan "+name, checkOK, fmt.Sprintf("%d recordings", len(p.Recordings)), "")
		plans = append(plans, p)
	}
	for _, path := range paths {
		checked, err := c.a.checkPlan(path, opts)
		i := slices.IndexFunc(checked.Findings, func(f plan.Finding) bool { return f.Severity == plan.SeverityError })
		switch {
		case err != nil:
			c.add("plan "+path, checkFail, err.Error(), "")
		case i >= 0:
			f := checked.Findings[i]
			c.add("plan "+path, checkFail, fmt.Sprintf("%s:%d: %s [%s]", f.Pos.File, f.Pos.Line, f.Message, f.Rule), "rundown validate")
		case checked.Plan == nil:
			c.add("plan "+path, checkFail, "not readable", "rundown validate")
		default:
			sound(path, checked.Plan)
		}
	}
	if len(paths) > 0 {
		return plans
	}
	for _, r := range applied {
		p, err := runner.LoadRevision(r, opts)
		if err != nil {
			c.add("plan "+r.Plan, checkWarn, err.Error(), "pass its file as PLAN")
			continue
		}
		sound(r.Plan, p)
	}
	if len(applied) == 0 && !c.unread {
		c.add("plan", checkWarn, "no plan is active: nothing will be recorded", "rundown apply PLAN")
	}
	return plans
}

// references checks that every reference is set. A simulator needs none, so that those which are not are told and are no failure.
func (c *checkup) references(p *plan.Plan) {
	w := &environment{app: c.a}
	missing := rules.NotChecked(p, w.lookup(p))
	if len(missing) > 0 && c.simulated {
		c.note("references of "+p.Name, "not set: "+view.JoinSome(missing, 8)+"; the simulator needs none", "")
		return
	}
	if len(missing) > 0 {
		c.add("references of "+p.Name, checkFail, "not set: "+view.JoinSome(missing, 8), setReferences)
		return
	}
	c.add("references of "+p.Name, checkOK, "all are set", "")
	for _, s := range p.Storages {
		if s.STS != nil {
			c.add("references of "+p.Name, checkOK, "storage "+s.Name+": temporary credentials are not requested by doctor", "")
		}
	}
}

// buckets names the storages whose buckets run cannot check before classes.
func (c *checkup) buckets(p *plan.Plan) {
	for _, s := range p.Storages {
		if !preflight.Checked(s) {
			c.add("storages of "+p.Name, checkOK, fmt.Sprintf("storage %s: run does not check buckets of %s before classes, only those of s3 and s3-compatible", s.Name, s.Vendor.Title), "")
		}
	}
}

// service asks the service about a recording that does not exist, once for each project.
func (c *checkup) service(ctx context.Context, p *plan.Plan) {
	switch {
	case c.a.flags.simulate:
		c.skip("service", "skipped, not tested: --simulate")
		return
	case c.simulated:
		c.skip("service", "skipped, not tested: the store belongs to a simulator")
		return
	case c.other != "":
		c.skip("service", fmt.Sprintf("skipped, not tested: the store belongs to the service %s; add --api-url %s", c.other, c.other))
		return
	}
	w := &environment{app: c.a}
	conn, err := w.connect(p)
	if err != nil {
		c.add("service", checkFail, err.Error(), "")
		return
	}
	for _, app := range p.Apps {
		name := fmt.Sprintf("app %s of %s", app.Name, p.Name)
		id, err := app.ID.Resolve(conn.Lookup)
		if err != nil {
			c.add(name, checkFail, "its id is not set", "")
			continue
		}
		region, near, _ := wayOf(p, app)
		client, err := conn.Client(region)
		if err != nil {
			c.add(name, checkFail, err.Error(), "")
			continue
		}
		begun := c.a.clock()
		r, err := probe(ctx, client.App(id, nil).Near(near), "rundown-doctor") // one query needs no budget
		c.answer(name, begun, c.a.clock(), r.Meta.Date, err)
	}
}

// answer interprets the answer to the query.
func (c *checkup) answer(name string, begun, ended, date time.Time, err error) {
	const sent = "by a query for a recording that does not exist"
	failure, answered := errors.AsType[*agora.Error](err)
	if answered {
		date = failure.Date
	}
	switch {
	case err == nil:
		c.add(name, checkOK, "the service answers and accepts the credentials, "+sent, "")
	case unreached(failure):
		what, try := agora.Unreached(failure.Err)
		c.add(name, checkFail, fmt.Sprintf("cannot reach the service at %s: %s", failure.Host, oneLine(what)), try)
		return
	case !answered || !failure.Answered():
		c.add(name, checkFail, "the service was not queried: "+oneLine(err.Error()), "")
		return
	case failure.Foreign && failure.Verdict() != agora.VerdictUnauthorized && !failure.Failed():
		c.add(name, checkWarn, fmt.Sprintf("the answer is not from the service: HTTP %d %q, %s", failure.Status, failure.Reason, sent),
			"check for a proxy, firewall or login page in between, and --api-url")
		return
	case failure.CredentialsRefused():
		c.add(name, checkFail, fmt.Sprintf("the service answers HTTP %d and refuses the credentials, %s", failure.Status, sent),
			"check customer_id and customer_secret, and that the App ID belongs to that account")
	case failure.Verdict() == agora.VerdictRateLimited || failure.Failed():
		c.add(name, checkWarn, fmt.Sprintf("the service is reachable and answers HTTP %d, %s", failure.Status, sent), "try again later")
	default:
		c.add(name, checkOK, fmt.Sprintf("the service answers and accepts the credentials (HTTP %d), %s", failure.Status, sent), "")
	}
	if date.IsZero() {
		c.add("clock", checkWarn, "the answer of the service has no date", "")
		return
	}
	// The date is in whole seconds and was written at some instant between question and answer.
	skew := max(begun.Sub(date.Add(time.Second)), date.Sub(ended), 0)
	if skew > mostSkew {
		c.add("clock", checkWarn, fmt.Sprintf("the clock of this host is at least %v off that of the service", skew.Round(time.Second)), "synchronize it with NTP")
		return
	}
	c.add("clock", checkOK, "within about a second of the service", "")
}

// permissions checks who may read and change the store. Whoever can write to the file, or replace it since the folder is
// writable, decides what is recorded and what is stopped.
func (c *checkup) permissions(path string) {
	if runtime.GOOS == "windows" { // permission bits tell nothing there
		return
	}
	file, err := filepath.EvalSymlinks(path)
	if err != nil {
		return // told already
	}
	folder := filepath.Dir(file)
	info, err := os.Stat(file)
	if err != nil {
		return
	}
	around, err := os.Stat(folder)
	if err != nil {
		return
	}
	const group, others = "the group of the owner", "every user of this host"
	bits, reach, sticky := info.Mode().Perm(), around.Mode().Perm(), around.Mode()&fs.ModeSticky != 0
	shared := false
	for _, one := range []struct {
		holds               bool
		result              checkResult
		name, who, may, try string
	}{
		{reach&0o002 != 0 && !sticky, checkFail, folder, others, "write to", "o-w"},
		{reach&0o002 != 0 && sticky, checkWarn, folder, others, "create files in", "o-w"}, // but not replace these
		{reach&0o022 == 0o020, checkWarn, folder, group, "write to", "g-w"},
		// Who cannot enter the folder does not get to the file.
		{reach&0o001 != 0 && bits&0o002 != 0, checkFail, file, others, "write to", "o-rw"},
		{reach&0o001 != 0 && bits&0o006 == 0o004, checkWarn, file, others, "read", "o-r"},
		{reach&0o010 != 0 && bits&0o020 != 0, checkWarn, file, group, "write to", "g-rw"},
		{reach&0o010 != 0 && bits&0o060 == 0o040, checkWarn, file, group, "read", "g-r"},
	} {
		if one.holds {
			shared = true
			c.add("store", one.result, fmt.Sprintf("%s can %s %s", one.who, one.may, one.name), fmt.Sprintf("chmod %s %s", one.try, one.name))
		}
	}
	if !shared {
		c.add("store", checkOK, "only the owner can read and write it", "")
	}
}
