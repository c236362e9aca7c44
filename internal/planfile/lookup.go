package planfile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"rundown/plan"
)

// MaxSecretSize bounds the file that a reference names.
const MaxSecretSize = 64 << 10 // bytes

// ErrUnset says that nothing is there for a reference to stand for.
var ErrUnset = errors.New("not set")

// NewLookup resolves references from the environment and from files, relative to the plan's folder. Each call reads
// anew, so that rotated secrets work. No error holds a value.
func NewLookup(planPath string, env func(string) (string, bool)) plan.Lookup {
	folder := filepath.Dir(filepath.FromSlash(planPath)) // of "-": the working folder
	return func(r plan.Reference) (string, error) {
		if r.File != "" {
			return fileValue(folder, r)
		}
		v, ok := env(r.Name)
		switch {
		case !ok:
			return "", fmt.Errorf("%s is %w in the environment", r, ErrUnset)
		case v == "":
			return "", fmt.Errorf("%s is empty in the environment: %w", r, ErrUnset)
		}
		return v, nil
	}
}

func fileValue(folder string, r plan.Reference) (string, error) {
	path := filepath.FromSlash(r.File)
	if !filepath.IsAbs(path) {
		path = filepath.Join(folder, path)
	}
	f, err := os.Open(path)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return "", fmt.Errorf("%s is %w: no such file", r, ErrUnset)
		}
		return "", fmt.Errorf("%s cannot be read: %w", r, Reason(err))
	}
	defer f.Close()
	b, err := ReadBounded(f, MaxSecretSize)
	if err != nil {
		return "", fmt.Errorf("%s cannot be read: %w", r, err)
	}
	v := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if v == "" {
		return "", fmt.Errorf("%s is %w: the file is empty", r, ErrUnset)
	}
	return v, nil
}

// SimulatedLookup lets an unset reference stand for a made-up value, the same each time: an address where the plan
// wants one, otherwise 32 hexadecimal digits as an App ID has them.
func SimulatedLookup(p *plan.Plan, next plan.Lookup) plan.Lookup {
	scheme := map[plan.Reference]string{}
	address := func(t plan.Text, s string) {
		if refs := t.References(); len(refs) > 0 && strings.HasPrefix(t.String(), refs[0].String()) {
			scheme[refs[0]] = s
		}
	}
	for _, c := range p.CDNs {
		address(c.URL, "rtmps")
		address(c.Fallback, "rtmps")
	}
	for _, n := range p.Notify {
		address(n.Webhook, "https")
	}
	address(p.Ping, "https")
	return func(r plan.Reference) (string, error) {
		v, err := next(r)
		if !errors.Is(err, ErrUnset) {
			return v, err
		}
		sum := sha256.Sum256([]byte("simulated " + r.String()))
		made := hex.EncodeToString(sum[:16])
		if s := scheme[r]; s != "" {
			return s + "://simulated.example/" + made, nil
		}
		return made, nil
	}
}
