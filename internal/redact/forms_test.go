package redact_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"rundown/agora"
	"rundown/internal/redact"
)

var upperHex = regexp.MustCompile(`%[0-9A-F]{2}`)

func lowerHex(s string) string { return upperHex.ReplaceAllStringFunc(s, strings.ToLower) }

// encoders write a text as the standard library does, and as other writers of the same formats do.
var encoders = map[string]func(string) string{
	"raw": func(s string) string { return s },
	"json": func(s string) string {
		out, _ := json.Marshal(s)
		return string(out[1 : len(out)-1])
	},
	"json without HTML escapes": func(s string) string {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		_ = e.Encode(s)
		out := strings.TrimSuffix(b.String(), "\n")
		return out[1 : len(out)-1]
	},
	"json with \\/": func(s string) string {
		out, _ := json.Marshal(s)
		return strings.ReplaceAll(string(out[1:len(out)-1]), "/", `\/`)
	},
	"html": html.EscapeString,
	"html by names": func(s string) string {
		return strings.NewReplacer("&", "&amp;", "/", "&sol;", `"`, "&quot;").Replace(s)
	},
	"html in hex": func(s string) string {
		return strings.NewReplacer("&", "&#x26;", "/", "&#x2F;", "+", "&#x2b;").Replace(s)
	},
	"query":              url.QueryEscape,
	"query, lower case":  func(s string) string { return lowerHex(url.QueryEscape(s)) },
	"path":               url.PathEscape,
	"path, lower case":   func(s string) string { return lowerHex(url.PathEscape(s)) },
	"Go's quoting":       func(s string) string { return unquoted(strconv.Quote(s)) },
	"Go's ASCII quoting": func(s string) string { return unquoted(strconv.QuoteToASCII(s)) },
}

func unquoted(s string) string { return s[1 : len(s)-1] }

func redactorOf(secrets ...string) *redact.Redactor {
	r := &redact.Redactor{}
	r.Add(secrets...)
	return r
}

// forms gives a secret as one encoder or two write it.
func forms(secret string) []string {
	var all []string
	for _, inner := range encoders {
		once := inner(secret)
		for _, outer := range encoders {
			all = append(all, outer(once))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// secretText draws what may be a key or a token: printable characters, those that encoders escape above all.
func secretText() *rapid.Generator[string] {
	letter := rapid.OneOf(
		rapid.RuneFrom([]rune(`&/+= %\"'<>#;?`)),
		rapid.RuneFrom([]rune("abcdefXYZ0123456789")),
		rapid.RuneFrom([]rune("é漢😀\t\n\u2028\u00a0")),
	)
	return rapid.Custom(func(t *rapid.T) string {
		// The letters around it keep a drawn secret from being a part of any text by chance.
		return "Qz" + rapid.StringOfN(letter, 6, 24, -1).Draw(t, "middle") + "zQ"
	})
}

func TestNoFormOfASecretSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		secret := secretText().Draw(t, "secret")
		before := rapid.SampledFrom([]string{"", " ", `\`, "%", "&", "&amp;", `"`, "100%", `C:\\`, "key=", "&#3", `\u00`}).Draw(t, "before")
		after := rapid.SampledFrom([]string{"", " ", ";", "&x=1", `"`, "5c", `\`}).Draw(t, "after")
		r := redactorOf(secret)
		for _, form := range forms(secret) {
			got := r.Redact(before + form + after)
			if want := before + "[redacted]" + after; got != want {
				t.Fatalf("%q becomes %q, want %q", before+form+after, got, want)
			}
		}
	})
}

func TestTheDecodedFormOfASecretIsRedactedToo(t *testing.T) {
	for secret, quoted := range map[string]string{
		"live%2Fkey%26part": "live/key&part",
		"live%2fkey+part":   "live/key part",
		"key&amp;part-1":    "key&part-1",
		"bad\xffbyte-key":   "bad\ufffdbyte-key",
	} {
		if got := redactorOf(secret).Redact("no access with " + quoted + "."); got != "no access with [redacted]." {
			t.Errorf("%q: got %q", quoted, got)
		}
	}
}

// TestTheRedactorKeepsWhatIsNoSecret has texts that hold a part of a secret or look like an escape.
func TestTheRedactorKeepsWhatIsNoSecret(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([a-z ]|%[0-9a-f]{2}|\\u00[0-9a-f]{2}|&[a-z]{1,4};|\\+|[%&+;]){0,60}`).Draw(t, "text")
		if got := redactorOf("Qz0123456789zQ").Redact(text); got != text {
			t.Fatalf("%q becomes %q", text, got)
		}
	})
}

func TestHugeAndHostileTextsAreRedactedInTime(t *testing.T) {
	secret := `\\\\\\\\%25%25%25&amp;&amp;++++zQ`
	for _, unit := range []string{`\`, `%25`, `&amp;`, `+`, `\u005c`, `%`, "&", `\\u0026`, secret[:len(secret)-1]} {
		text := strings.Repeat(unit, 1<<20/len(unit)) + secret
		begin := time.Now()
		if got := redactorOf(secret, "another-secret").Redact(text); strings.Contains(got, "zQ") {
			t.Errorf("%q: the secret survives", unit)
		}
		if took := time.Since(begin); took > time.Minute {
			t.Errorf("%q: took %v", unit, took)
		}
	}
}

// TestWhatIsCutShortKeepsNoHalfOfASecret has a secret that lies across the end of what is looked at.
func TestWhatIsCutShortKeepsNoHalfOfASecret(t *testing.T) {
	secret := strings.Repeat("key/", 1000)
	for shift := range 5 {
		text := strings.Repeat("x", shift) + strings.Repeat(secret, 20)
		if got := redactorOf(secret).Redact(text); strings.Contains(got, "key/") || len(got) > 200 {
			t.Errorf("shift %d: %d bytes are left", shift, len(got))
		}
	}
}

// TestWhatTheServiceQuotesIsShownNowhere has a service that quotes the secrets of each request in its answers: the key
// and the stream key come back in each form, and neither an error nor the log shows them.
func TestWhatTheServiceQuotesIsShownNowhere(t *testing.T) {
	const secret, stream, page = `Qz sk/a&b+c="d\e%2F zQ`, `Qz-live/key&part+1-zQ`, "Qz-room&token-zQ"
	var all []string
	for _, s := range []string{secret, stream, page} {
		all = append(all, forms(s)...)
	}
	member, next := "", 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		form := all[next]
		w.Header().Set("X-Request-Id", "id "+form)
		w.WriteHeader(http.StatusBadRequest)
		_ = json.NewEncoder(w).Encode(map[string]any{"code": 2, member: "refused: " + form + " is wrong"})
	}))
	defer server.Close()
	var log bytes.Buffer
	level := &slog.HandlerOptions{Level: slog.LevelDebug}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&log, level), slog.NewJSONHandler(&log, level)} {
		client, err := agora.New(func(context.Context) (string, string, error) { return "id", secret, nil }, agora.WithBaseURL(server.URL), agora.WithLogger(slog.New(handler)))
		if err != nil {
			t.Fatal(err)
		}
		app := client.App("app", nil)
		var req agora.StartRequest
		req.ClientRequest.StorageConfig.SecretKey = secret
		req.ClientRequest.ExtensionServiceConfig.ExtensionServices = []agora.ExtensionService{
			{Name: agora.ServiceWebRecorder, Recorder: &agora.RecorderParam{URL: "https://school.example/r?t=" + url.QueryEscape(page)}},
			{Name: agora.ServiceRTMPPublish, Publisher: &agora.PublisherParam{Outputs: []agora.Output{{RTMPURL: "rtmps://live.example/app/" + stream}}}},
		}
		for _, member = range []string{"reason", "message"} {
			for next = range all {
				log.Reset()
				_, err := app.Start(context.Background(), "resource", req)
				var failure *agora.Error
				if !errors.As(err, &failure) {
					t.Fatalf("no refusal: %v", err)
				}
				for _, shown := range []string{err.Error(), failure.Reason, failure.RequestID, log.String()} {
					if strings.Contains(shown, "zQ") || !strings.Contains(shown, redact.Mark) {
						t.Fatalf("%q is shown: %s", all[next], shown)
					}
				}
			}
		}
	}
}

func BenchmarkRedactALogLine(b *testing.B) {
	r := redactorOf("0123456789abcdef0123456789abcdef", "AKIAEXAMPLE", "rtmps://live.example/app/key-1234", "example/secret+key")
	for i := range 100 {
		r.Add(fmt.Sprintf("%d-another/secret+%d", i, i))
	}
	line := "acquire failed: HTTP 400, code 2: storageConfig.accessKey is wrong (resource id 0123abcd, host api.agora.io, 100% sure & certain)"
	escaped := url.QueryEscape(strings.Repeat(line, 2))
	for b.Loop() {
		r.Redact(line)
		r.Redact(escaped)
	}
}
