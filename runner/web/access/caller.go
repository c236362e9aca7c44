package access

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Scope is what a caller may do: [Read], [Operate], or with "recording:ID" or "recording:PLAN/ID" to read, stop and
// extend the classes of one recording.
type Scope string

// The scopes of all classes.
const (
	Read    Scope = "read"
	Operate Scope = "operate" // read, and every change
)

const recordingPrefix = "recording:"

var recordingScope = regexp.MustCompile(`^recording:(?:[a-z0-9-]{1,40}/)?[a-z0-9-]{1,40}$`)

// check refuses a scope that is not one, also a recording of a form that no plan can have.
func (s Scope) check() error {
	if s == Read || s == Operate || recordingScope.MatchString(string(s)) {
		return nil
	}
	return fmt.Errorf("unknown scope %q: give read, operate or recording:ID", string(s))
}

// Act is what a caller wants to do.
type Act int

// The acts.
const (
	Look   Act = iota // at one class
	LookAt            // everything
	Signal            // stop or extend one class
	Change            // anything else
)

// Caller is who sent a request. The zero Caller may do nothing.
type Caller struct {
	Name    string // of the token or user in the access file; "" for one without credentials
	Address string // of the network
	scopes  []Scope
}

// Can says that the caller may act. The recording is that of the class, for the acts on one class.
func (c Caller) Can(act Act, plan, recording string) bool {
	for _, s := range c.scopes {
		switch of, one := strings.CutPrefix(string(s), recordingPrefix); {
		case s == Operate, s == Read && (act == Look || act == LookAt):
			return true
		case one && (act == Look || act == Signal) && recording != "" && (of == recording || of == plan+"/"+recording):
			return true
		}
	}
	return false
}

// Scopes are the scopes of the caller in one line, the same for all that may do the same.
func (c Caller) Scopes() string {
	all := make([]string, len(c.scopes))
	for i, s := range c.scopes {
		all[i] = string(s)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// ErrForbidden says that a caller may not do what it asks for.
var ErrForbidden = errors.New("not allowed")

// Require gives an error that wraps [ErrForbidden] where the caller may not act.
func (c Caller) Require(act Act, plan, recording string) error {
	if c.Can(act, plan, recording) {
		return nil
	}
	need := "the scope read"
	switch act {
	case Signal:
		need = "the scope operate or recording:" + recording
	case Change:
		need = "the scope operate"
	}
	if c.Name == "" {
		return fmt.Errorf("%w: it needs a token or user with %s; run --access names the file that lists them", ErrForbidden, need)
	}
	return fmt.Errorf("%w: %s does not have %s", ErrForbidden, c.Name, need)
}

type callerKey struct{}

// CallerOf is who sent the request that a context belongs to.
func CallerOf(ctx context.Context) Caller {
	c, _ := ctx.Value(callerKey{}).(Caller)
	return c
}

// WithCaller is a context of a request of the caller.
func WithCaller(ctx context.Context, c Caller) context.Context {
	return context.WithValue(ctx, callerKey{}, c)
}
