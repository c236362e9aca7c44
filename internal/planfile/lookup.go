package planfile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"rundown/plan"
)

// MaxSecretSize bounds the file that a reference names.
const MaxSecretSize = 64 << 10 // bytes

// ErrUnset means that a reference is not set.
var ErrUnset = errors.New("not set")

// NewLookup resolves references from the environment and from files relative to the folder of the plan. Each call reads
// them again, so that rotated secrets work. Errors never contain a value.
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

// fileValue reads the file of a reference. One newline at its end is not part of the value: editors add it.
func fileValue(folder string, r plan.Reference) (string, error) {
	b, err := readBeside(folder, r.File, MaxSecretSize)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("%s is %w: no such file", r, ErrUnset)
	case err != nil:
		return "", fmt.Errorf("%s cannot be read: %w", r, err)
	}
	v := strings.TrimSuffix(strings.TrimSuffix(string(b), "\n"), "\r")
	if v == "" {
		return "", fmt.Errorf("%s is %w: the file is empty", r, ErrUnset)
	}
	return v, nil
}

// readBeside reads a file of at most so many bytes that a plan names: relative to the folder of the plan.
func readBeside(folder, name string, limit int64) ([]byte, error) {
	path := filepath.FromSlash(name)
	if !filepath.IsAbs(path) {
		path = filepath.Join(folder, path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, Reason(err)
	}
	defer f.Close()
	return ReadBounded(f, limit)
}

// SimulatedLookup gives unset references a fallback value, always the same: an ingest address where a CDN target needs
// one, else 32 hexadecimal digits, as in an App ID. It is for what the simulator is sent; notifications go to real
// addresses only, so theirs need no form.
func SimulatedLookup(p *plan.Plan, next plan.Lookup) plan.Lookup {
	addresses := map[plan.Reference]bool{} // that an ingest address begins with
	for _, c := range p.CDNs {
		for _, t := range []plan.Text{c.URL, c.Fallback} {
			if refs := t.References(); len(refs) > 0 && strings.HasPrefix(t.String(), refs[0].String()) {
				addresses[refs[0]] = true
			}
		}
	}
	return func(r plan.Reference) (string, error) {
		v, err := next(r)
		if !errors.Is(err, ErrUnset) {
			return v, err
		}
		sum := sha256.Sum256([]byte("simulated " + r.String()))
		made := hex.EncodeToString(sum[:16])
		if addresses[r] {
			return "rtmps://simulated.example/" + made, nil
		}
		return made, nil
	}
}
