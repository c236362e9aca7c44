package runner

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"rundown/agora/catalog"
	"rundown/internal/redact"
	"rundown/plan"
	"rundown/runner/session"
)

// Keys are storage credentials. They cannot be printed or marshalled.
type Keys struct {
	access, secret, token string

	Until time.Time // when they expire; zero: never
}

// NewKeys are lasting credentials.
func NewKeys(access, secret string) Keys { return Keys{access: access, secret: secret} }

// String masks the keys.
func (Keys) String() string { return redact.Mark }

// GoString masks the keys.
func (Keys) GoString() string { return redact.Mark }

// Format masks the keys, whatever the verb.
func (Keys) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redact.Mark)) }

// Show gives the keys to somebody who signs requests with them. Nobody may keep them.
func (k Keys) Show(to func(access, secret, token string)) { to(k.access, k.secret, k.token) }

// StorageCredentials gives the credentials of a storage of an active plan ahead of a start. It shares the cache of the starts: what
// was fetched lately is not fetched again, and what it fetches serves the classes that begin soon.
func (e *Engine) StorageCredentials(ctx context.Context, conn *Connection, storage *plan.Storage) (Keys, error) {
	return e.keys.get(ctx, conn, storage, keysForCheck, e.cfg.Now())
}

// sum tells two credentials apart without keeping them.
func (k Keys) sum() [sha256.Size]byte {
	return sha256.Sum256([]byte(k.access + "\x00" + k.secret + "\x00" + k.token))
}

// ReadKeys reads temporary credentials: a JSON object with access_key, secret_key, token and expiration, the last as
// RFC 3339 or Unix seconds. No error quotes from the text. At now they must be valid for as long as the service asks,
// four hours.
func ReadKeys(text []byte, now time.Time) (Keys, error) {
	var raw struct {
		AccessKey  string          `json:"access_key"`
		SecretKey  string          `json:"secret_key"`
		Token      string          `json:"token"`
		Expiration json.RawMessage `json:"expiration"`
	}
	if err := json.Unmarshal(text, &raw); err != nil {
		return Keys{}, errors.New("not a JSON object of texts: access_key, secret_key, token and expiration are wanted")
	}
	for _, f := range []struct{ name, value string }{{"access_key", raw.AccessKey}, {"secret_key", raw.SecretKey}, {"token", raw.Token}, {"expiration", string(raw.Expiration)}} {
		if f.value == "" || f.value == "null" {
			return Keys{}, fmt.Errorf("%s is missing", f.name)
		}
	}
	k := Keys{access: raw.AccessKey, secret: raw.SecretKey, token: raw.Token}
	var seconds int64
	if err := json.Unmarshal(raw.Expiration, &k.Until); err != nil {
		if err := json.Unmarshal(raw.Expiration, &seconds); err != nil || seconds <= 0 || seconds > latestExpiration {
			return Keys{}, errors.New("expiration is neither a time as in 2031-09-17T20:00:00Z nor Unix seconds")
		}
		k.Until = time.Unix(seconds, 0)
	}
	k.Until = k.Until.UTC().Truncate(time.Second)
	if least := leastValidity(); k.Until.Sub(now.Truncate(time.Second)) < least { // an expiration in whole seconds
		return Keys{}, fmt.Errorf("they run out at %s, and the service asks for at least %s: let them last longer", k.Until.Format(time.RFC3339), plan.DurationText(least))
	}
	return k, nil
}

// latestExpiration is the end of the year 9999 in Unix seconds: JSON has no later time. Milliseconds lie beyond it.
const latestExpiration = 253402300799

// leastValidity is how long temporary credentials must be valid when they are sent.
func leastValidity() time.Duration {
	lo, _ := catalog.Bound("sts-min-validity")
	return time.Duration(*lo) * time.Second
}

// How old fetched credentials may be. Those of a start were fetched ahead of it, and serve all that begin at one
// bell; those of a renewal serve the sessions that renew at the same time.
const (
	keysForStart   = 30 * time.Minute
	keysForRenewal = time.Minute
	keysForCheck   = keysForStart / 2 // so that a source that fails is noticed while those of a start still serve
	// keysInHand is how much of the least validity may have passed since they were fetched: an issuer that gives no more
	// than that is not asked anew between acquire and start, nor for each class of a bell.
	keysInHand = time.Minute
)

// credentialCache fetches temporary storage credentials and remembers, as a hash, what each session was last sent. Sessions are
// known by their sid, because another occurrence may take them over. Nothing is stored. It is safe for concurrent use; of one
// source only one fetch runs at a time, and others wait for it. The zero value is ready.
type credentialCache struct {
	mu      sync.Mutex
	sources map[*plan.STS]*keySource
	last    map[string][sha256.Size]byte
}

// keySource is what was fetched last from one source. mu is held while it is fetched, which may take the 30 s of a command: of several
// classes of a bell one fetches, and the others find what it got.
type keySource struct {
	mu      sync.Mutex
	keys    Keys
	fetched time.Time
}

// get returns the credentials for a storage, temporary ones no older than maxAge. It may run the plan's command, for up to 30 s.
func (r *credentialCache) get(ctx context.Context, conn *Connection, storage *plan.Storage, maxAge time.Duration, now time.Time) (Keys, error) {
	if storage.STS == nil {
		access, err := storage.AccessKey.Resolve(conn.Lookup)
		if err != nil {
			return Keys{}, fmt.Errorf("storage %s: access_key: %w", storage.Name, err)
		}
		secret, err := storage.SecretKey.Resolve(conn.Lookup)
		if err != nil {
			return Keys{}, fmt.Errorf("storage %s: secret_key: %w", storage.Name, err)
		}
		return NewKeys(access, secret), nil
	}
	if conn.Issue == nil {
		return Keys{}, fmt.Errorf("storage %s: sts: nothing issues temporary credentials here", storage.Name)
	}
	r.mu.Lock()
	source := r.sources[storage.STS]
	if source == nil {
		if r.sources == nil {
			r.sources = map[*plan.STS]*keySource{}
		}
		source = &keySource{}
		r.sources[storage.STS] = source
	}
	r.mu.Unlock()

	source.mu.Lock()
	defer source.mu.Unlock()
	if age := now.Sub(source.fetched); age >= 0 && age <= maxAge && source.keys.Until.Sub(now) >= leastValidity()-keysInHand && storage.STS.File == "" {
		return source.keys, nil
	}
	text, err := conn.Issue(ctx, storage.STS)
	if err == nil {
		var keys Keys
		if keys, err = ReadKeys(text, now); err == nil {
			source.keys, source.fetched = keys, now
			return keys, nil
		}
	}
	return Keys{}, fmt.Errorf("storage %s: sts: %w", storage.Name, err)
}

// drop lets go of the sources that no active plan names, since each reading of a plan brings its own. A class that is no
// longer in its plan fetches anew what it still needs.
func (r *credentialCache) drop(used map[*plan.STS]bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	maps.DeleteFunc(r.sources, func(sts *plan.STS, _ *keySource) bool { return !used[sts] })
}

// sent remembers what a session was sent, as a hash.
func (r *credentialCache) sent(sid string, keys Keys) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.last == nil {
		r.last = map[string][sha256.Size]byte{}
	}
	r.last[sid] = keys.sum()
}

// forget drops what is known of an occurrence's sessions.
func (r *credentialCache) forget(sessions []session.Session) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, x := range sessions {
		delete(r.last, x.SID)
	}
}

// rotated says that credentials which come from files are others than those that the session was sent, or, after a
// restart, may be. What cannot be read or understood now has not rotated yet: it may be half written.
func (r *credentialCache) rotated(conn *Connection, storage *plan.Storage, sid string, now time.Time) bool {
	if storage == nil || !fromFile(storage) {
		return false
	}
	keys, err := r.get(context.Background(), conn, storage, 0, now)
	if err != nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	last, known := r.last[sid]
	return !known || last != keys.sum()
}

// fromFile reports whether a storage's credentials come from files, which may be replaced at any time.
func fromFile(storage *plan.Storage) bool {
	if storage.STS != nil {
		return storage.STS.File != ""
	}
	return slices.ContainsFunc(storage.AccessKey.References(), inFile) || slices.ContainsFunc(storage.SecretKey.References(), inFile)
}

// inFile says that a reference names a file.
func inFile(r plan.Reference) bool { return r.File != "" }

const (
	warmEvery = time.Minute
	warmAhead = 3 * time.Minute // before the first request of a class: a command may take half a minute
)

// warm fetches the temporary storage credentials of what begins soon, since the seconds before a class leave no time
// for a command. What fails is tried again here and at the start itself.
func (w *worker) warm() {
	w.post(func() {
		now := w.e.cfg.Now()
		seen := map[*plan.STS]bool{}
		for _, o := range w.near {
			if o.state.Phase != session.Planned || o.planned == nil || o.planned.Settings.Storage == nil || o.begin.After(now.Add(warmAhead)) {
				continue
			}
			storage, conn := o.planned.Settings.Storage, o.conn
			if storage.STS == nil || conn == nil || seen[storage.STS] {
				continue
			}
			seen[storage.STS] = true
			ctx := w.calls
			w.callers.Add(1)
			go func() {
				defer w.callers.Done()
				if _, err := w.e.keys.get(ctx, conn, storage, keysForStart, now); err != nil && ctx.Err() == nil {
					w.log.Warn("cannot fetch storage credentials for the next classes", "error", err)
				}
			}()
		}
	})
}

// warmKeys has every worker look ahead.
func (e *Engine) warmKeys() {
	for _, w := range e.allWorkers() {
		w.warm()
	}
}

// learnSecrets makes the secrets of a plan that the service is sent known to the redactor, as far as they can be read now. Those that are read
// anew later, since they rotate, are added when they are used.
func (e *Engine) learnSecrets(p *plan.Plan, lookup plan.Lookup) {
	learn := func(t plan.Text) {
		if value, err := t.Resolve(lookup); err == nil {
			e.learnSecret(value, t.References()...)
		}
	}
	learn(p.Account.CustomerSecret)
	for _, s := range p.Storages {
		learn(s.AccessKey)
		learn(s.SecretKey)
	}
	for _, c := range p.CDNs {
		learn(c.URL)
		learn(c.Fallback)
	}
	for _, name := range p.Expose {
		if value, err := lookup(plan.Reference{Name: name}); err == nil {
			e.learnSecret(value)
		}
	}
}

// learnSecret makes one secret known that comes from these references. Of an address its parts are secret, too, and of an
// ingest address the path. A file may be replaced at any time, so only its last secrets are kept.
func (e *Engine) learnSecret(value string, from ...plan.Reference) {
	secrets := []string{value}
	if strings.Contains(value, "://") {
		secrets = redact.URLSecrets(value, isIngest(value))
	}
	if i := slices.IndexFunc(from, inFile); i >= 0 {
		e.secrets.AddRotating(from[i].File, secrets...)
		return
	}
	e.secrets.Add(secrets...)
}

// learn makes the credentials of a storage known. Temporary ones, and those from files, are replaced as time goes by.
func (k Keys) learn(secrets *redact.Redactor, storage *plan.Storage) {
	if storage.STS != nil || fromFile(storage) {
		secrets.AddRotating("storage "+storage.Name, k.access, k.secret, k.token)
		return
	}
	secrets.Add(k.access, k.secret, k.token)
}

// isIngest says that an address is one that a push goes to. Its path is the stream key.
func isIngest(address string) bool { return strings.HasPrefix(strings.ToLower(address), "rtmp") }

// reveal gives what a text of the plan stands for, to be sent. What its references stand for is made known to the
// redactor, and an ingest address as a whole. The page of a class is not, since there is one for each class.
func (x *outgoing) reveal(t plan.Text) (string, error) {
	known := func(r plan.Reference) (string, error) {
		value, err := x.conn.Lookup(r)
		if err == nil {
			x.w.e.learnSecret(value, r)
		}
		return value, err
	}
	value, err := t.Resolve(known)
	if err == nil && isIngest(value) {
		x.w.e.learnSecret(value, t.References()...)
	}
	return value, err
}
