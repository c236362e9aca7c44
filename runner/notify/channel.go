package notify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"rundown/internal/redact"
	"rundown/runner/store"
)

// channelWithin bounds one try to send a message to people: mail servers take their time.
const channelWithin = 45 * time.Second

// sendChannel sends a message to people. A service that hangs is left alone, and nothing more is sent to it until it has
// returned.
func (n *Notifier) sendChannel(ctx context.Context, w *worker, t *target, m *store.Message) answer {
	select {
	case w.channel <- struct{}{}:
	default:
		return answer{err: errors.New("the try before has not ended")}
	}
	address, err := resolve(t.entry.To, t.lookup, "to")
	if err != nil {
		<-w.channel
		return answer{err: err}
	}
	sent := make(chan error, 1)
	go func() {
		defer func() { <-w.channel }()
		sent <- shout(address, t.kind, m, n.cfg.Transport)
	}()
	limit := time.NewTimer(channelWithin)
	defer limit.Stop()
	select {
	case err := <-sent:
		return answer{err: err}
	case <-limit.C:
		return answer{err: errors.New("no answer in time")}
	case <-ctx.Done():
		return answer{err: ctx.Err()}
	}
}

// shout hands a message to the service that an address names. Errors of the library may quote the address, hence they are
// shown without any part of it.
func shout(address, kind string, m *store.Message, transport http.RoundTripper) error {
	scheme, _, whole := strings.Cut(address, "://")
	scheme, _, _ = strings.Cut(scheme, "+")
	if !whole || !knownChannel(scheme) {
		return errors.New("to is not an address of a channel, such as smtp://… or slack://…; see docs/notifications.md")
	}
	quiet := log.New(io.Discard, "", 0)
	services, err := router.New(quiet)
	if err != nil {
		return errors.New("the channel cannot be set up")
	}
	service, err := services.Locate(address)
	if err != nil {
		return fmt.Errorf("the address is not one of %s: see docs/notifications.md", scheme)
	}
	if strict, ok := service.(interface{ SetHTTPClient(client *http.Client) }); ok && !strings.Contains(strings.ToLower(address), "disabletls") {
		strict.SetHTTPClient(newHTTPClient(transport))
	}
	title, text, err := textOf(m)
	if err != nil {
		return err
	}
	params := types.Params{}
	switch strings.ToLower(scheme) {
	case "smtp":
		params["subject"] = title
	case "ntfy", "gotify", "pushover", "slack", "discord":
		params["title"] = title
	default:
		text = title + "\n\n" + text
	}
	if err := service.Send(text, &params); err != nil {
		return errors.New(withoutAddress(err.Error(), address))
	}
	return nil
}

// withoutAddress takes an address and all its parts out of a text.
func withoutAddress(text, address string) string {
	var secrets redact.Redactor
	secrets.AddURL(address, true)
	if u, err := url.Parse(address); err == nil {
		secrets.Add(u.Host, u.Hostname())
		for part := range strings.SplitSeq(u.Path+"/"+u.Fragment, "/") {
			secrets.Add(part)
		}
		if u.User != nil {
			secrets.Add(u.User.Username())
		}
		for _, values := range u.Query() {
			for _, value := range values {
				for part := range strings.SplitSeq(value, ",") {
					secrets.Add(part)
				}
			}
		}
	}
	return clean(secrets.Redact(text))
}
