package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// faultKeys are the keys of a script, by where they are.
var faultKeys = map[string][]string{
	"":         {"seed", "requests", "sessions", "notices"},
	"requests": {"endpoint", "host", "cname", "rate", "per_cname", "skip", "times", "delay", "drop", "status", "code", "reason", "body", "headers"},
	"sessions": {"cname", "after", "stop", "gone_for"},
	"notices":  {"event", "cname", "rate", "delay", "copies", "drop", "after", "send"},
	"send":     {"event", "product", "service", "cname", "uid", "sid", "details", "payload"},
}

// ParseFaults parses a script of faults from JSON or YAML and validates it. Unknown keys (and, in YAML, repeated
// ones) are errors of one line; an empty text is an empty script.
func ParseFaults(data []byte) (Faults, error) {
	var f Faults
	if json.Valid(data) {
		var tree any
		_ = json.Unmarshal(data, &tree) // valid, as just seen
		if err := checkFaultKeys(tree); err != nil {
			return Faults{}, err
		}
		if err := json.Unmarshal(data, &f); err != nil {
			return Faults{}, fmt.Errorf("faults: %s", strings.TrimPrefix(oneLine(err), "json: "))
		}
		return f, f.Validate()
	}
	var tree any
	dec := yaml.NewDecoder(bytes.NewReader(data))
	if err := dec.Decode(&tree); err != nil && !errors.Is(err, io.EOF) {
		return Faults{}, fmt.Errorf("faults: %s", oneLine(err))
	}
	if err := dec.Decode(new(any)); err == nil {
		return Faults{}, errors.New("faults: a second document: keep one in the file")
	}
	if err := checkFaultKeys(tree); err != nil {
		return Faults{}, err
	}
	if err := yaml.Unmarshal(data, &f); err != nil {
		return Faults{}, fmt.Errorf("faults: %s", oneLine(err))
	}
	return f, f.Validate()
}

// checkFaultKeys refuses unknown keys by exact spelling, since the decoders ignore them or their case.
func checkFaultKeys(tree any) error {
	if tree == nil {
		return nil
	}
	top, ok := tree.(map[string]any)
	if !ok {
		return errors.New("faults: give a mapping with seed, requests, sessions and notices")
	}
	if err := knownKeys("", top); err != nil {
		return err
	}
	for _, name := range []string{"requests", "sessions", "notices"} {
		list, ok := top[name].([]any)
		if !ok && top[name] != nil {
			return fmt.Errorf("faults: %s: give a list", name)
		}
		for i, entry := range list {
			m, ok := entry.(map[string]any)
			if !ok {
				return fmt.Errorf("faults: %s[%d]: give a mapping", name, i)
			}
			if err := knownKeys(name, m); err != nil {
				return fmt.Errorf("%w (entry %d)", err, i)
			}
			if send, ok := m["send"].(map[string]any); ok {
				if err := knownKeys("send", send); err != nil {
					return fmt.Errorf("%w (entry %d)", err, i)
				}
			}
		}
	}
	return nil
}

// knownKeys checks the keys of one mapping.
func knownKeys(at string, m map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(m)) {
		if !slices.Contains(faultKeys[at], key) {
			where := "faults"
			if at != "" {
				where += "." + at
			}
			return fmt.Errorf("%s: unknown key %q: choose from %s", where, key, strings.Join(faultKeys[at], ", "))
		}
	}
	return nil
}

// oneLine writes an error on one line.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }
