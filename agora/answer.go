package agora

import (
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"rundown/internal/redact"
)

// maxAnswer bounds how much of an answer is read, in bytes. The largest documented answers have a few kilobytes.
const maxAnswer = 1 << 20

// maxReason bounds a reason, in characters.
const maxReason = 300

// answer is an HTTP answer as far as it could be read.
type answer struct {
	status     int
	code       int
	reason     string // the service's reason, the gateway's message, or what was wrong with the body
	sid        string
	services   json.RawMessage // serverResponse, which most answers are decoded for elsewhere
	requestID  string
	date       time.Time
	retryAfter time.Duration
	body       []byte
	unreadable bool // the body is not what the status promises
	foreign    bool // it cannot be recognised as the service's own
}

// readAnswer reads an answer to its end, or to the limit. A damaged body becomes part of the answer, since the status
// alone says something. Secrets are redacted before texts are shortened, so that no half of one remains.
func readAnswer(op Op, resp *http.Response, secrets redact.All) *answer {
	a := &answer{
		status:    resp.StatusCode,
		requestID: plainText(secrets.Redact(resp.Header.Get("X-Request-Id")), 128),
	}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		a.date = date.UTC()
	}
	a.retryAfter = retryAfter(resp.Header.Get("Retry-After"), a.date)

	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	a.body = body
	switch {
	case len(body) > maxAnswer:
		a.markUnreadable("the answer is larger than 1 MiB")
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, gzip.ErrChecksum):
		a.markUnreadable("the answer has another encoding than it names")
	case err != nil:
		a.markUnreadable("the answer was cut short")
	case len(strings.TrimSpace(string(body))) == 0:
		a.markUnreadable("the answer is empty")
	default:
		a.parse(secrets, resp.Header.Get("Content-Type"))
	}
	if a.status >= 300 && a.status < 400 && a.code == 0 {
		a.reason = redirect(resp, secrets)
	}
	a.foreign = isForeign(op, a.status, a.code, a.reason) || a.unreadable && a.status != http.StatusTooManyRequests
	return a
}

// redirect says where an answer leads, without path and query, which may be secret.
func redirect(resp *http.Response, secrets redact.All) string {
	const advice = "redirects are not followed; check the base URL"
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || to.Host == "" {
		return advice
	}
	return advice + " (this one leads to " + plainText(secrets.Redact(to.Scheme+"://"+to.Host), maxReason) + ")"
}

// markUnreadable notes that the body is not what the status promises, and why.
func (a *answer) markUnreadable(what string) { a.unreadable, a.reason, a.body = true, what, nil }

// parse reads the members that say how the request went, each by itself, so that a malformed one does not hide the
// others.
func (a *answer) parse(secrets redact.All, contentType string) {
	var raw struct {
		Code           json.RawMessage `json:"code"`
		Reason         json.RawMessage `json:"reason"`
		Message        json.RawMessage `json:"message"`
		SID            json.RawMessage `json:"sid"`
		ServerResponse json.RawMessage `json:"serverResponse"`
	}
	if err := json.Unmarshal(a.body, &raw); err != nil {
		quoted := excerpt(a.body, a.status, contentType, secrets)
		a.markUnreadable("the answer is not a JSON object" + quoted)
		return
	}
	code := strings.Trim(string(raw.Code), `"`)
	if n, err := strconv.Atoi(code); err == nil {
		a.code = n
	} else if f, err := strconv.ParseFloat(code, 64); err == nil && f == float64(int(f)) {
		a.code = int(f)
	}
	a.reason = plainText(secrets.Redact(text(raw.Reason)), maxReason)
	if a.reason == "" {
		a.reason = plainText(secrets.Redact(text(raw.Message)), maxReason)
	}
	if a.reason == "" && a.code == 0 && a.status >= 300 {
		a.reason = "the answer is of another form than documented" + excerpt(a.body, a.status, contentType, secrets)
	}
	a.sid = text(raw.SID)
	a.services = raw.ServerResponse
}

// maxExcerpt bounds the quotation of a body that is not the service's, in characters.
const maxExcerpt = 80

var (
	htmlTitle = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)
	htmlTag   = regexp.MustCompile(`(?s)<[^>]*>?`)

	pushAddress = regexp.MustCompile(`(?i)rtmps?:[^\s"'<>]+`)
)

// excerpt quotes the beginning of a body that is not the service's, or the title of an HTML page, so that the reader
// can find out what sent it. A damaged success of the service is not quoted: it may contain the address of a push,
// which this call does not know to be secret.
func excerpt(body []byte, status int, contentType string, secrets redact.All) string {
	text := pushAddress.ReplaceAllString(secrets.Redact(string(body)), redact.Mark)
	if status < 300 && strings.HasPrefix(strings.TrimSpace(text), "{") {
		return ""
	}
	if strings.Contains(contentType, "html") || strings.HasPrefix(strings.TrimSpace(text), "<") {
		if title := htmlTitle.FindStringSubmatch(text); title != nil {
			text = title[1]
		}
		text = htmlTag.ReplaceAllString(text, " ")
	}
	text = plainText(strings.Join(strings.Fields(text), " "), maxExcerpt)
	if text == "" {
		return ""
	}
	return ": " + text
}

// serverResponse reads the states of the services as far as possible. An error is ignored: the result does not depend
// on it.
func (a *answer) serverResponse() (r ServerResponse) {
	if len(a.services) > 0 {
		_ = json.Unmarshal(a.services, &r)
	}
	return r
}

// text is the text of a JSON string, and anything else as it is written.
func text(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// plainText makes a text of the service fit for one line of a log, with at most so many characters.
func plainText(s string, most int) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	s = strings.TrimSpace(s)
	if runes := []rune(s); len(runes) > most {
		s = string(runes[:most]) + "…"
	}
	return s
}

// retryAfter reads the two forms of the header, seconds and a date. A date is compared with the service's own clock
// where that is known. It is 0 for neither.
func retryAfter(value string, date time.Time) time.Duration {
	if n, err := strconv.ParseUint(strings.TrimSpace(value), 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if date.IsZero() {
		date = time.Now()
	}
	return max(at.Sub(date), 0)
}

// decode reads the body of a success. missing names a member without which the answer is useless, "" for none.
func decode[T any](a *answer, missing func(*T) string) (T, error) {
	var v T
	if err := json.Unmarshal(a.body, &v); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) && wrong.Field != "" {
			return v, fmt.Errorf("the answer's %s is of another type than documented", plainText(wrong.Field, maxReason))
		}
		return v, errors.New("the answer is not what is documented")
	}
	if name := missing(&v); name != "" {
		return v, fmt.Errorf("the answer has no %s", name)
	}
	return v, nil
}
