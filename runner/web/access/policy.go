package access

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"regexp"
	"sync"
	"time"

	"gopkg.in/yaml.v3"
)

const (
	minToken    = 20  // characters: shorter ones can be guessed
	minPassword = 12  // characters; the limit of failures slows guesses
	maxSecret   = 512 // characters of what a request gives, so that nobody has a megabyte hashed
)

// Secret reads a secret, anew at each use, so that it can be rotated.
type Secret func() (string, error)

// Resolver turns a reference, ${NAME} or ${file:PATH}, into what reads the secret. A text that is no reference is an error.
type Resolver func(reference string) (Secret, error)

// file is an access file.
type file struct {
	Tokens []struct {
		Name   string  `yaml:"name"`
		Token  string  `yaml:"token"`
		Scopes []Scope `yaml:"scopes"`
	} `yaml:"tokens"`
	Users []struct {
		Name     string  `yaml:"name"`
		Password string  `yaml:"password"`
		Scopes   []Scope `yaml:"scopes"`
	} `yaml:"users"`
}

// entry is a token or a user.
type entry struct {
	name   string
	user   bool
	secret Secret
	scopes []Scope
}

// Policy is an access file: the tokens and users that there are, and their scopes. The file is read again when it has
// changed; one that cannot be read changes nothing and is logged. It is safe for concurrent use.
type Policy struct {
	path    string
	resolve Resolver
	log     *slog.Logger

	mu      sync.Mutex // guards what is below; held while the file is read, at most once a second
	entries []entry
	seen    stamp
	looked  time.Time
	unread  map[string]string // why a secret cannot be read, by the name of its entry
}

// stamp tells whether a file has changed.
type stamp struct {
	modified time.Time
	size     int64
}

func stampOf(path string) (stamp, error) {
	info, err := os.Stat(path)
	if err != nil {
		return stamp{}, err
	}
	return stamp{info.ModTime(), info.Size()}, nil
}

// lookEvery is how often a file is looked at, at most.
const lookEvery = time.Second

// Load reads an access file. Each secret must be there and be long enough.
func Load(path string, resolve Resolver, log *slog.Logger) (*Policy, error) {
	p := &Policy{path: path, resolve: resolve, log: log, unread: map[string]string{}}
	var err error
	if p.seen, err = stampOf(path); err != nil {
		return nil, fmt.Errorf("access file: %w", err)
	}
	p.looked = time.Now()
	p.entries, err = p.read()
	return p, err
}

// misread says where an access file cannot be read, and what belongs there. The text of the YAML library is left out: it quotes the
// file, in which somebody may have written a secret.
func misread(err error) string {
	const form = "give tokens: [{name: duty, token: '${DUTY_TOKEN}', scopes: [read]}], or users: with password in place of token"
	text := "it cannot be read"
	if errors.As(err, new(*yaml.TypeError)) {
		text = "it has a key or a value that does not belong there"
	}
	if line := errorLine.FindString(err.Error()); line != "" {
		text = line + ": " + text
	}
	return text + ": " + form
}

// errorLine is where an error of the YAML library is.
var errorLine = regexp.MustCompile(`line \d+`)

// read reads the whole file and each secret once: a file with a mistake counts as a whole not.
func (p *Policy) read() ([]entry, error) {
	text, err := os.ReadFile(p.path)
	if err != nil {
		return nil, fmt.Errorf("access file: %w", err)
	}
	var f file
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&f); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("access file %s: %s", p.path, misread(err))
	}
	var entries []entry
	for _, t := range f.Tokens {
		entries = append(entries, entry{name: t.Name, scopes: t.Scopes})
		if err := p.fill(entries, t.Token); err != nil {
			return nil, fmt.Errorf("access file %s: token %q: %w", p.path, t.Name, err)
		}
	}
	for _, u := range f.Users {
		entries = append(entries, entry{name: u.Name, user: true, scopes: u.Scopes})
		if err := p.fill(entries, u.Password); err != nil {
			return nil, fmt.Errorf("access file %s: user %q: %w", p.path, u.Name, err)
		}
	}
	if len(entries) == 0 {
		return nil, fmt.Errorf("access file %s: it lists no tokens and no users", p.path)
	}
	return entries, nil
}

// entryName keeps what the log quotes to one word.
var entryName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$`)

// fill judges the last of the entries and gives it its secret.
func (p *Policy) fill(entries []entry, reference string) error {
	e := &entries[len(entries)-1]
	if !entryName.MatchString(e.name) {
		return errors.New("the name must be one word of letters, digits, and ._@-")
	}
	for _, other := range entries[:len(entries)-1] {
		if other.name == e.name {
			return errors.New("the name is used twice")
		}
	}
	if len(e.scopes) == 0 {
		return errors.New("it has no scopes: give read, operate or recording:ID")
	}
	for _, s := range e.scopes {
		if err := s.check(); err != nil {
			return err
		}
	}
	var err error
	if e.secret, err = p.resolve(reference); err != nil {
		return err
	}
	_, err = e.read()
	return err
}

// read gives the secret of an entry, where it is long enough to be one.
func (e *entry) read() (string, error) {
	secret, err := e.secret()
	least := minToken
	if e.user {
		least = minPassword
	}
	switch {
	case err != nil:
		return "", err
	case len(secret) < least:
		return "", fmt.Errorf("the secret is too short: %d characters at least", least)
	}
	return secret, nil
}

// current gives the entries, after a look at the file.
func (p *Policy) current() []entry {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if now.Sub(p.looked) < lookEvery {
		return p.entries
	}
	p.looked = now
	seen, err := stampOf(p.path)
	if err == nil && seen == p.seen {
		return p.entries
	}
	var entries []entry
	if err == nil {
		entries, err = p.read()
	}
	if seen != p.seen { // tried once for each change
		p.seen = seen
		if err != nil {
			p.log.Error("access file not reloaded, the former tokens and users stay", "error", err)
		} else {
			p.log.Info("access file reloaded", "path", p.path, "entries", len(entries))
		}
	}
	if err == nil {
		p.entries = entries
	}
	return p.entries
}

// Token finds who a token belongs to. It compares with every token in constant time, so that the time of the answer does
// not tell which one is near.
func (p *Policy) Token(token string) (Caller, bool) { return p.find("", token, false) }

// User finds who a name and a password belong to, in the same way.
func (p *Policy) User(name, password string) (Caller, bool) { return p.find(name, password, true) }

// find looks at every entry, also behind the one that fits, so that all answers take alike long. A name is compared by its hash, as a
// secret is.
func (p *Policy) find(name, secret string, user bool) (found Caller, ok bool) {
	if len(secret) > maxSecret || len(name) > maxSecret {
		return Caller{}, false
	}
	given, givenName := sha256.Sum256([]byte(secret)), sha256.Sum256([]byte(name))
	for _, e := range p.current() {
		if e.user != user {
			continue
		}
		kept, err := e.read()
		p.logUnread(e.name, err)
		if err != nil {
			continue
		}
		want, wantName := sha256.Sum256([]byte(kept)), sha256.Sum256([]byte(e.name))
		same := subtle.ConstantTimeCompare(given[:], want[:])
		if user {
			same &= subtle.ConstantTimeCompare(givenName[:], wantName[:])
		}
		if same == 1 {
			found, ok = Caller{Name: e.name, scopes: e.scopes}, true
		}
	}
	return found, ok
}

// logUnread logs that a secret cannot be read: once, until it can be or the reason is another. Each request reads secrets.
func (p *Policy) logUnread(name string, err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.unread[name] == text {
		return
	}
	if p.unread[name] = text; text != "" {
		p.log.Warn("secret cannot be read", "name", name, "error", text)
	}
}
