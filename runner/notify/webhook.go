package notify

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	webhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"rundown/plan"
	"rundown/runner/store"
)

// tryWithin bounds one try to send a message.
const tryWithin = 20 * time.Second

// answer is how a try to send went.
type answer struct {
	err    error
	tooOld bool          // it was not sent any more
	gone   bool          // the receiver wants no more messages
	after  time.Duration // when to try again at the earliest; 0: not said
}

// errGone says that a webhook was answered by 410.
var errGone = errors.New("HTTP 410 Gone: the receiver wants no more messages")

// newHTTPClient makes the client of webhooks and of ping. It follows no redirect, since what is sent is meant for the address
// that was given.
func newHTTPClient(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Timeout: tryWithin, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// sendWebhook posts a message as a CloudEvent, signed as Standard Webhooks describes.
func (n *Notifier) sendWebhook(ctx context.Context, t *target, m *store.Message) answer {
	address, err := resolve(t.entry.Webhook, t.lookup, "webhook")
	if err != nil {
		return answer{err: err}
	}
	if err := checkAddress(address, t.entry.PlainHTTP); err != nil {
		return answer{err: err}
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(m.Body))
	if err != nil {
		return answer{err: errors.New("webhook is not a valid address")}
	}
	now := n.cfg.Now()
	request.Header.Set("Content-Type", "application/cloudevents+json; charset=utf-8")
	request.Header.Set(webhooks.HeaderWebhookID, m.ID)
	request.Header.Set(webhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	if !t.entry.Secret.IsZero() {
		signature, err := sign(t.entry.Secret, t.lookup, m, now)
		if err != nil {
			return answer{err: err}
		}
		request.Header.Set(webhooks.HeaderWebhookSignature, signature)
	}
	return n.exchange(request, address)
}

// exchange sends a request to a webhook or a ping and judges the answer. No error shows the address.
func (n *Notifier) exchange(request *http.Request, address string) answer {
	request.Header.Set("User-Agent", n.cfg.UserAgent)
	response, err := n.client.Do(request)
	if err != nil {
		return answer{err: unsent(err, address)}
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 16<<10)) // so that the connection can be used again
	return judge(response, n.cfg.Now())
}

// judge says what an answer to a webhook means.
func judge(response *http.Response, now time.Time) answer {
	got := response.StatusCode
	switch {
	case got/100 == 2:
		return answer{}
	case got == http.StatusGone:
		return answer{err: errGone, gone: true}
	case got/100 == 3:
		return answer{err: fmt.Errorf("HTTP %d: redirects are not followed: write the final address", got)}
	}
	a := answer{err: fmt.Errorf("HTTP %d", got)}
	if text := http.StatusText(got); text != "" {
		a.err = fmt.Errorf("HTTP %d %s", got, text)
	}
	header := response.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(header); err == nil {
		a.after = time.Duration(seconds) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		a.after = at.Sub(now)
	}
	a.after = min(max(a.after, 0), time.Hour)
	return a
}

// sign makes the signature of a message.
func sign(secret plan.Text, lookup plan.Lookup, m *store.Message, at time.Time) (string, error) {
	key, err := resolve(secret, lookup, "secret")
	if err != nil {
		return "", err
	}
	hook, err := webhooks.NewWebhook(key)
	if err != nil || key == "" {
		return "", errors.New("secret is not a key of Standard Webhooks: whsec_ and 24 to 64 bytes in base64")
	}
	signature, err := hook.Sign(m.ID, at, m.Body)
	if err != nil {
		return "", errors.New("the message cannot be signed with secret")
	}
	return signature, nil
}

// resolve gives the value of a text of a notify entry. The error names the key and the reference.
func resolve(t plan.Text, lookup plan.Lookup, key string) (string, error) {
	value, err := t.Resolve(lookup)
	if err != nil {
		return "", fmt.Errorf("%s: %w", key, err)
	}
	return strings.TrimSpace(value), nil
}

// checkAddress takes HTTPS addresses, and plain HTTP to a loopback address or where the plan wants it. The error shows nothing of the address.
func checkAddress(address string, plainHTTP bool) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return errors.New("the address is not valid: write it as https://host/path")
	case u.Scheme == "https":
		return nil
	case u.Scheme != "http":
		return fmt.Errorf("the address begins with %s and must begin with https", u.Scheme)
	}
	host := u.Hostname()
	if ip := net.ParseIP(host); plainHTTP || host == "localhost" || ip != nil && ip.IsLoopback() {
		return nil
	}
	return errors.New("plain http goes to a loopback address only: write https, or plain_http: true")
}

// unsent says why a request was not answered, without its address.
func unsent(err error, address string) error {
	failure, ok := errors.AsType[*url.Error](err)
	if !ok {
		return errors.New("it could not be sent")
	}
	if failure.Timeout() {
		return errors.New("no answer in time")
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Errorf("the host of the address is not found: %s", cmp.Or(dns.Err, "no such host"))
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("%s: %w", op.Op, op.Err)
	}
	return errors.New(withoutAddress(failure.Err.Error(), address))
}
