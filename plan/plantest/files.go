package plantest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gopkg.in/yaml.v3"

	"rundown/plan"
)

// Folder reads a plan's files from the repository.
type Folder string

func (f Folder) ReadFile(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(string(f), filepath.FromSlash(name)))
}

func (f Folder) Glob(pattern string) ([]string, error) {
	matches, err := filepath.Glob(filepath.Join(string(f), filepath.FromSlash(pattern)))
	for i, m := range matches {
		rel, err := filepath.Rel(string(f), m)
		if err != nil {
			return nil, err
		}
		matches[i] = filepath.ToSlash(rel)
	}
	return matches, err
}

// Texts are files that a test writes out.
type Texts = plan.FileSet

// Show writes findings as the command line does.
func Show(findings []plan.Finding) string {
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintf(&b, "%s:%d:%d-%d:%d: %s: %s [%s]\n", f.Pos.File, f.Pos.Line, f.Pos.Column, f.Pos.EndLine, f.Pos.EndColumn, f.Severity, f.Message, f.Rule)
		if f.Hint != "" {
			fmt.Fprintf(&b, "    %s\n", f.Hint)
		}
	}
	return b.String()
}

var September = time.Date(2031, 9, 1, 0, 0, 0, 0, time.UTC)

const Base = `version: 1
name: lingua
account: {customer_id: "${AGORA_CUSTOMER_ID}", customer_secret: "${AGORA_CUSTOMER_SECRET}"}
apps: {main: {id: "${AGORA_APP_ID}"}}
storage:
  videos: {vendor: s3, region: eu-central-1, bucket: lingua-videos, access_key: "${S3_ACCESS_KEY}", secret_key: "${S3_SECRET_KEY}"}
`

// ShownEveryWay prints a value in every way there is.
func ShownEveryWay(t *testing.T, v any) string {
	t.Helper()
	var b bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%08v", "% x", "%#q", "%40v", "%-40s", "%.5s", "%p"} {
		fmt.Fprintf(&b, verb+"\n", v)
	}
	b.WriteString(fmt.Sprint(v) + fmt.Sprintln(v))
	asJSON, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	b.Write(asJSON)
	asYAML, err := yaml.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	b.Write(asYAML)
	for _, handler := range []slog.Handler{slog.NewTextHandler(&b, nil), slog.NewJSONHandler(&b, nil)} {
		log := slog.New(handler)
		log.Info("a text", "value", v)
		log.With("value", v).WithGroup("g").Info("again", slog.Any("value", v))
	}
	return b.String()
}

const Canary = "canary-0f6e2b"

// WithURL is a sound plan but for the page's address.
func WithURL(address string) string {
	return `version: 1
name: lingua
account: {customer_id: "${AGORA_CUSTOMER_ID}", customer_secret: "${AGORA_CUSTOMER_SECRET}"}
apps: {main: {id: "${AGORA_APP_ID}"}}
storage:
  videos: {vendor: s3, region: eu-central-1, bucket: lingua-videos, access_key: "${S3_ACCESS_KEY}", secret_key: "${S3_SECRET_KEY}"}
expose: [HOST, PASSWORD]
calendars: {autumn: 2031-09-15..2031-12-19}
defaults: {ready_timeout: 30s, timezone: Europe/Madrid, url: '` + address + `', only: autumn}
recordings:
  german-a1: {when: Mon Wed 19:00-19:50}
`
}
