package reason

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
)

// Code says in one word why something is as it is: how a class or a session ended, what a health issue is about, why
// an order or a plan was refused. It stands beside the sentence for people. The list is closed: a code may be added, none
// is renamed or given another meaning.
type Code string

// The codes of classes and sessions.
const (
	CancelledByOperator Code = "cancelled-by-operator"
	CancelledByPlan     Code = "cancelled-by-plan"
	EndedByOperator     Code = "ended-by-operator"
	LeftPlan            Code = "left-plan"
	DaemonDown          Code = "daemon-down"
	BegunLate           Code = "begun-late"
	NoTimeLeft          Code = "no-time-left"
	AttemptsUsedUp      Code = "attempts-used-up"
	PageFault           Code = "page-fault"
	Incomplete          Code = "incomplete"
	NothingRecorded     Code = "nothing-recorded"
	NotRunning          Code = "not-running"
	EndedByService      Code = "ended-by-service"
	SessionLost         Code = "session-lost"
	HoursOver           Code = "hours-over"
	HoldNotEnded        Code = "hold-not-ended"
	ClassOver           Code = "class-over"
	ClassMoved          Code = "class-moved"
	NotNeeded           Code = "not-needed"
	ServiceRefused      Code = "service-refused"
	ServiceError        Code = "service-error"
	NoAnswer            Code = "no-answer"
	ForeignAnswer       Code = "foreign-answer"
	RateLimited         Code = "rate-limited"
	NoCapacity          Code = "no-capacity"
	UIDConflict         Code = "uid-conflict"
	ResourceExpired     Code = "resource-expired"
	StopFailed          Code = "stop-failed"
	SecretUnreadable    Code = "secret-unreadable"
	Interrupted         Code = "interrupted"
	Unattended          Code = "unattended"
	OrphanSID           Code = "orphan-sid-unknown"
	OrphanGone          Code = "orphan-not-found"
	OrphanForeign       Code = "orphan-of-another-store"
	OrphanHeard         Code = "orphan-heard-again"
	NodeUnconfirmed     Code = "node-unconfirmed"
)

// The codes of health issues.
const (
	IssueAccountRefused     Code = "account-refused"
	IssueServiceUnreachable Code = "service-unreachable"
	IssueStoreFailed        Code = "store-failed"
	IssueStoreReplaced      Code = "store-replaced"
	IssueClockOff           Code = "clock-off"
	IssueNodeClock          Code = "node-clock-off"
	IssueNodeUnfit          Code = "node-unfit"
	IssueOrphan             Code = "orphan"
	IssuePlanRejected       Code = "plan-rejected"
	IssuePlanWaiting        Code = "plan-waiting"
	IssueCredentialsFailing Code = "credentials-failing"
	IssueReferencesUnset    Code = "references-unset"
	IssueQuotaTaken         Code = "quota-taken"
	IssuePageFailing        Code = "page-failing"
	IssueStorageFailing     Code = "storage-failing"
	IssueLogDropped         Code = "log-dropped"
	IssueOutboxStuck        Code = "outbox-stuck"
	IssueAddressesChanged   Code = "addresses-changed"
	IssueDiskLow            Code = "disk-low"
)

// The codes of plans and orders that are not carried out.
const (
	PlanRemovesMany Code = "plan-removes-many"
	PlanEmptied     Code = "plan-emptied"
	OrderInvalid    Code = "order-invalid"
	NotActive       Code = "class-not-active"
	HasEnded        Code = "class-ended"
	NotBegun        Code = "class-not-begun"
	IsCancelled     Code = "class-cancelled"
	NotCancelled    Code = "class-not-cancelled"
	NotExtended     Code = "class-not-extended"
	IsStopping      Code = "class-stopping"
	EndPassed       Code = "end-passed"
	EndNotLater     Code = "end-not-later"
	PageBusy        Code = "page-busy"
)

// reasonInfo describes a code.
type reasonInfo struct {
	Code    Code
	meaning string
	todo    string // what to do about it
}

// reasonGroup is a section of docs/reason-codes.md.
type reasonGroup struct {
	title string
	text  string
	Codes []reasonInfo
}

// issueGroup is the title of the group of the health issues.
const issueGroup = "Health issues"

// IssueIDs lists the ids of health issues.
func IssueIDs() (ids []Code) {
	for _, g := range Groups {
		if g.title != issueGroup {
			continue
		}
		for _, info := range g.Codes {
			ids = append(ids, info.Code)
		}
	}
	return ids
}

// Groups describe all codes.
var Groups = []reasonGroup{
	{
		"Classes and sessions",
		"A class that was recorded whole has no code, and a session that was stopped at its end has none.",
		[]reasonInfo{
			{CancelledByOperator, "An operator cancelled the class, and nothing of it was recorded.", "Nothing; `rundown cancel ID --undo` takes it back before the class has ended."},
			{CancelledByPlan, "The plan cancels the class by a change.", "Nothing; take the change out of the plan to record the class."},
			{EndedByOperator, "An operator ended the class while it was recorded. What was recorded until then is kept.", "Nothing; until the planned end of the class `rundown cancel ID --undo` has the rest of it recorded."},
			{LeftPlan, "The plan no longer holds the class, so that it was not begun or not begun again.", "Nothing, if the plan was meant so; else put the class back."},
			{DaemonDown, "No daemon was running, or the machine slept, when the class was to begin.", "Keep the daemon under a supervisor; see `daemon` in `rundown status` and the log of the machine."},
			{BegunLate, "The class was begun after its start, or too late to be begun at all by `min_remainder`.", "See in `rundown history ID` and in the log what held the daemon up, such as a store that could not be written. If nothing did, plan classes earlier than a minute ahead."},
			{NoTimeLeft, "A session had failed, and no class time was left for another.", "See why in `rundown history ID`; padding gives more time."},
			{AttemptsUsedUp, "As many sessions in a row failed as `attempts` allows.", "See why each failed in `rundown history ID`."},
			{PageFault, "Sessions ended for a cause that lies in the page: it does not load, or is beyond what can be recorded.", "Open the page in a browser, then check its address, `ready_timeout` and size."},
			{Incomplete, "Parts of the class were not recorded, and no more precise cause is known.", "See the gaps and sessions in `rundown history ID`."},
			{NothingRecorded, "The session ran, and the service recorded nothing.", "Check the page and the storage of the plan."},
			{NotRunning, "The service accepted the start, but the recording was not seen running in time.", "Check the page's address, the storage keys and the recording's settings."},
			{EndedByService, "The service ended the recording by itself.", "Nothing; another session follows while class time is left. Ask the service's support if it repeats."},
			{SessionLost, "The service did not know the session any more, or did not show it running, for longer than a failover takes. It is taken for ended when it was last seen.", "Nothing; another session follows while class time is left. If it repeats, open the page in a browser, since a page that does not load ends a recording; else give the service's support the sid and the times in `rundown history ID`."},
			{HoursOver, "The session's hours (`maxRecordingHour`) ended before the class.", "See in `rundown history ID` why no other session took over."},
			{HoldNotEnded, "The session was opened on hold, and the hold did not end.", "See the answers in `rundown history ID`; `exact_start: false` records without a hold."},
			{ClassOver, "The class was over, or cancelled, before the session could be started or stopped.", "See what was waited for in `rundown history ID`."},
			{ClassMoved, "The plan moved the class before the session could be started.", "Nothing; the class is recorded at its new time."},
			{NotNeeded, "Another session records the class, or the plan asks for fewer at once.", "Nothing."},
			{ServiceRefused, "The service refuses the request, and would refuse it again.", "Correct what the answer names, such as a parameter of the plan."},
			{ServiceError, "The service failed at the request, or did not complete it in time.", "Nothing; the request is repeated. Ask the service's support if it lasts."},
			{NoAnswer, "No answer came that says whether the request had an effect.", "Check the network between here and the service."},
			{ForeignAnswer, "Something else answered in the place of the service.", "Look at proxies, firewalls, login pages and the base URL between here and the service."},
			{RateLimited, "The App ID sent more requests in a second than it may.", "Set the account's limits in the plan, and find out who else uses the App ID."},
			{NoCapacity, "As many recordings run as the account may have.", "Set the account's limits in the plan, or have them raised."},
			{UIDConflict, "A recording with the session's cname and uid runs already.", "Nothing; the class goes on with the other uid."},
			{ResourceExpired, "The resource id is of no use any more, or there was no worker for it.", "Nothing; another is acquired."},
			{StopFailed, "The stop was refused until the session's hours were over.", "Look for what it recorded after the class, and check the bill."},
			{SecretUnreadable, "A reference of the plan, such as a storage key, could not be read.", "Check the variables and files that the answer names, and their permissions."},
			{Interrupted, "Rundown ended while a request was out.", "Nothing; the next start settles it, or another daemon does."},
			{Unattended, "The class is due, and no daemon is running.", "Start `rundown run`."},
			{OrphanSID, "A session may run although its sid is unknown, so that it cannot be stopped.", "It ends by itself once its hours (`maxRecordingHour`) are over; the service's support may end it earlier. Its files may be in the bucket."},
			{OrphanGone, "The service did not know the session when it was to be stopped, and nothing tells that it has ended.", "Check the bucket and the bill; it ends at the latest once its hours (`maxRecordingHour`) are over."},
			{OrphanForeign, "A recording runs that this store does not know, with the class's cname and uid.", "Find out whether another Rundown runs the same plan on another store."},
			{OrphanHeard, "A notification told of a session that was taken for an orphan; it is stopped, or has ended.", "Nothing."},
			{NodeUnconfirmed, "A request was not sent, since the store had not confirmed a heartbeat of the node for some seconds, so another node might have taken over.", "Nothing if it was for a moment; else check the connection between the node and the database."},
		},
	},
	{
		issueGroup,
		"`/readyz` lists them by these ids. An issue whose `reason_code` is another code of this page tells more precisely what it is about.",
		[]reasonInfo{
			{IssueAccountRefused, "The service refuses the credentials of an app, or the account is suspended or overdue. Its classes cannot begin.", "Check `customer_id` and `customer_secret`, and the account at the service."},
			{IssueServiceUnreachable, "Requests get no answer, or something else than the service answers them, or the proxy on the way cannot be used.", "Check network, DNS, firewall and HTTPS_PROXY."},
			{IssueNodeClock, "The clock of the node differs from that of the store's database by two seconds or more. From ten on the node owns only App IDs that no other node can work on, and their classes begin and end too early or too late by as much.", "Set both clocks by NTP."},
			{IssueNodeUnfit, "The node cannot work on a plan, since it lacks what the plan refers to. Other nodes own the plan's App IDs. Where there are none, the issue names the classes that nobody can stop.", "Set the variables that the issue names and restart the node, or write the files, which are read again without a restart."},
			{IssueStoreFailed, "The store cannot be written. Recordings go on, and nothing begins. On SQLite they are stopped on time, on PostgreSQL once it answers again.", "Check the disk, its room and its permissions."},
			{IssueDiskLow, "Little space is free on the disk of an SQLite store: less than 200 MB, or than a fifth of a disk of less than 1 GB. Once it is full, no class begins.", "Free some space. A class takes about 10 KB of the store; `run --keep` lets the file reuse the room of old classes, and does not make it smaller."},
			{IssueStoreReplaced, "The store's files were deleted or replaced. What runs is stopped on time, and nothing begins.", "If the file was moved, move it back. Else stop the daemon, put a copy in place with `rundown store restore COPY`, and start the daemon."},
			{IssueClockOff, "The clock of this machine and that of the service differ by seconds.", "Let NTP set the clock."},
			{IssueOrphan, "A session may run, and nothing here can stop it.", "See the class in `rundown history ID`."},
			{IssuePlanRejected, "A plan could not be read or has errors. The active plan stays.", "Correct it; `rundown validate PLAN` lists its errors."},
			{IssuePlanWaiting, "A plan removes much and waits for a confirmation. The active plan stays.", "Check it with `rundown diff`, then `rundown apply --confirm`."},
			{IssueCredentialsFailing, "The storage credentials of a session could not be renewed, or those of a class that begins soon cannot be fetched.", "Check what issues them before those in use run out."},
			{IssueReferencesUnset, "An active plan refers to variables or files that are not set. Classes that need them cannot begin.", "Set the variables and restart the daemon, or write the files, which are read again without a restart."},
			{IssueQuotaTaken, "As many recordings run as the account may have. Its next classes wait for a place.", "Find out what else records with the account, and have its quota raised."},
			{IssuePageFailing, "The page of a class that begins soon failed a check from the daemon's machine. Its recording may fail.", "Open it in a browser; correct its address, or see to the server."},
			{IssueStorageFailing, "The bucket of a class that begins soon failed a check from the daemon's machine. Its recording may fail to be stored.", "Check its name, region and keys."},
			{IssueOutboxStuck, "A target of notifications does not take them, so that they wait or are not sent any more.", "Check the address and what answers there; `rundown notify list` shows what waits, `rundown notify test TARGET` tries again."},
			{IssueAddressesChanged, "The service's notifications come from new addresses. The issue is there for three days after the change, since the daemon cannot see what a firewall lets in.", "Let the new addresses through the firewall in front of the daemon, if there is one; `rundown addresses` prints all of them."},
			{IssueLogDropped, "Standard error does not take the log, so that lines were dropped.", "Check what reads the log."},
		},
	},
	{
		"Plans and orders",
		"A plan that waits and an order that is not carried out.",
		[]reasonInfo{
			{PlanRemovesMany, "The plan removes more than a fifth, and more than five, of the classes of the next seven days.", "Check it with `rundown diff`, then `rundown apply --confirm`."},
			{PlanEmptied, "The plan removes all classes of the next seven days and has none after them.", "Check that the file is whole, then `rundown apply --confirm`."},
			{OrderInvalid, "The order is of a kind or has arguments that this version does not know.", "Give it again with the version of the daemon."},
			{NotActive, "No active plan holds the class.", "`rundown list PLAN` names the classes of a plan."},
			{HasEnded, "The class has ended already.", "Nothing."},
			{NotBegun, "The class has not begun, so that there is nothing to stop.", "`rundown cancel ID` keeps it from beginning."},
			{IsCancelled, "The class is cancelled already.", "`rundown cancel ID --undo` takes that back."},
			{NotCancelled, "The class is not cancelled, so that nothing can be taken back.", "Nothing."},
			{NotExtended, "The class is not extended, or not by that closure, so that nothing can be taken back.", "Nothing."},
			{IsStopping, "The class is being stopped already.", "Nothing; extend earlier."},
			{EndPassed, "The end, or the new end, of the class is past.", "`rundown now` records at once."},
			{EndNotLater, "The class lasts as long anyway.", "Nothing."},
			{PageBusy, "The page is being recorded already.", "Wait for the end of that class, or cancel it."},
		},
	},
}

// Meaning is what a code says, and Advice what to do about it, each as a sentence in Markdown; "" for what is no code.
func (c Code) Meaning() string { return c.info().meaning }

// Advice is what to do about it.
func (c Code) Advice() string { return c.info().todo }

func (c Code) info() reasonInfo {
	for _, group := range Groups {
		for _, info := range group.Codes {
			if info.Code == c {
				return info
			}
		}
	}
	return reasonInfo{}
}

// EventData is the code as an event of the log holds it; nil for none.
func (c Code) EventData() []byte {
	if c == "" {
		return nil
	}
	data, _ := json.Marshal(map[string]Code{"reason_code": c}) // a map of texts
	return data
}

// Reason is why something is as it is: a code for programs and a sentence for people.
type Reason struct {
	Code Code
	Text string // shown as it is, so that it holds no secret
}

// Because gives a reason. The arguments are those of [fmt.Sprintf].
func Because(code Code, format string, args ...any) Reason {
	return Reason{code, fmt.Sprintf(format, args...)}
}

// None says that there is no reason: the zero Reason.
func (r Reason) None() bool { return r == Reason{} }

// Or is the other reason where there is none.
func (r Reason) Or(other Reason) Reason { return cmp.Or(r, other) }

// Refusal is the error of what is refused, with its code.
type Refusal struct {
	Code Code
	Text string
}

// Error is the sentence alone.
func (r *Refusal) Error() string { return r.Text }

// Refuse gives the error of what is refused, a [*Refusal], whose code [CodeOf] finds however often it is wrapped.
func Refuse(code Code, format string, args ...any) error {
	return &Refusal{code, fmt.Sprintf(format, args...)}
}

// CodeOf is the code of an error that refuses something; "" where it has none.
func CodeOf(err error) Code {
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return refusal.Code
	}
	return ""
}

// Orphan says that a session was taken for an orphan, be it that it was found again.
func (c Code) Orphan() bool {
	switch c {
	case OrphanSID, OrphanGone, OrphanForeign, OrphanHeard:
		return true
	}
	return false
}
