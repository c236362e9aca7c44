package notify_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"strings"
	"sync"
	"testing"

	"rundown/plan"
	"rundown/runner/notify"
)

// tried sends a test to the only target of a plan whose to is an address.
func tried(t *testing.T, address string) error {
	t.Helper()
	p := loadPlan(t, "notify: [{name: duty, to: \"${TO}\"}]\n")
	return notify.Try(t.Context(), notify.Config{Lookup: func(*plan.Plan) plan.Lookup {
		return func(plan.Reference) (string, error) { return address, nil }
	}}, p, "school/duty")
}

func TestAWebhookThatIsNotReachedShowsNothingOfItsAddress(t *testing.T) {
	t.Parallel()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	p := loadPlan(t, "notify: [{name: duty, webhook: \"${TO}\"}]\n")
	err = notify.Try(t.Context(), notify.Config{Lookup: func(*plan.Plan) plan.Lookup {
		return func(plan.Reference) (string, error) { return "https://localhost:" + port + "/CANARY?CANARY", nil }
	}}, p, "school/duty")
	if err == nil || !strings.Contains(err.Error(), "certificate") || strings.Contains(err.Error(), "localhost") || strings.Contains(err.Error(), "CANARY") {
		t.Errorf("it says %v", err)
	}
}

func TestPeopleHearByNtfy(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var path, title, body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		path, title, body = r.URL.Path, r.Header.Get("Title"), string(text)
		_, _ = io.WriteString(w, "{}")
	}))
	t.Cleanup(server.Close)
	host := strings.TrimPrefix(server.URL, "http://")
	if err := tried(t, "ntfy://duty:CANARY@"+host+"/school?disabletls=yes"); err != nil {
		t.Fatal(err)
	}
	mu.Lock()
	defer mu.Unlock()
	if path != "/school" || title != "Test" || !strings.Contains(body, "test of the target school/duty") || !strings.Contains(body, "What to do: ") || strings.Contains(body, "CANARY") {
		t.Errorf("%s, %q, %q", path, title, body)
	}
}

func TestWhatAChannelRefusesShowsNothingOfItsAddress(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = fmt.Fprintf(w, `{"code":40301,"error":"forbidden for CANARY-user at %s","link":"https://x/?CANARY-query"}`, r.URL)
	}))
	host := strings.TrimPrefix(server.URL, "http://")
	refused := func() {
		t.Helper()
		err := tried(t, "ntfy://CANARY-user:CANARY-password@"+host+"/CANARY-topic?disabletls=yes&tags=CANARY-query")
		if err == nil || strings.Contains(err.Error(), "CANARY") || strings.Contains(err.Error(), host) {
			t.Errorf("it says %v", err)
		}
	}
	refused()
	server.Close()
	refused()
	for _, address := range []string{"CANARY", "pigeon://CANARY", "smtp://CANARY:x@/?to=CANARY", "slack://CANARY", "http://CANARY.example/hook"} {
		if err := tried(t, address); err == nil || strings.Contains(err.Error(), "CANARY") {
			t.Errorf("it says %v", err)
		}
	}
}

// mailServer takes one mail, as a server without TLS and accounts does.
func mailServer(t *testing.T) (address string, got <-chan string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	mails := make(chan string, 1)
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		say := func(line string) { _, _ = io.WriteString(conn, line+"\r\n") }
		say("220 ready")
		var text strings.Builder
		inMail := false
		for lines := bufio.NewScanner(conn); lines.Scan(); {
			line := lines.Text()
			switch {
			case inMail && line == ".":
				inMail = false
				say("250 taken")
				mails <- text.String()
			case inMail:
				text.WriteString(line + "\r\n")
			case strings.HasPrefix(line, "DATA"):
				inMail = true
				say("354 go on")
			case strings.HasPrefix(line, "QUIT"):
				say("221 bye")
				return
			default:
				say("250 yes")
			}
		}
	}()
	return listener.Addr().String(), mails
}

func TestPeopleHearByMail(t *testing.T) {
	t.Parallel()
	address, mails := mailServer(t)
	if err := tried(t, "smtp://"+address+"/?from=rundown@school.example&to=duty@school.example&auth=None&encryption=None&usestarttls=no"); err != nil {
		t.Fatal(err)
	}
	m, err := mail.ReadMessage(strings.NewReader(<-mails))
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(m.Body)
	if m.Header.Get("Subject") != "Test" || !strings.Contains(m.Header.Get("To"), "duty@school.example") || !strings.Contains(string(body), "test of the target school/duty") {
		t.Errorf("%v\n%s", m.Header, body)
	}
}
