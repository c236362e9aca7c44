package simulator

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// inbox receives notifications in memory.
type inbox struct {
	mu       sync.Mutex
	received []received
	answer   func(attempt int) (int, error) // default 200
}

type received struct {
	at        time.Time
	header    http.Header
	raw       []byte
	NoticeID  string `json:"noticeId"`
	ProductID int    `json:"productId"`
	EventType int    `json:"eventType"`
	NotifyMS  int64  `json:"notifyMs"`
	Payload   struct {
		Cname, UID, SID       string
		ServiceScene          string
		Sequence, ServiceType int
		SendTS                int64
		Details               map[string]any
	} `json:"payload"`
}

func (b *inbox) RoundTrip(r *http.Request) (*http.Response, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	m := received{at: time.Now(), header: r.Header, raw: raw}
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, err
	}
	b.received = append(b.received, m)
	status := 200
	if b.answer != nil {
		if status, err = b.answer(len(b.received)); err != nil {
			return nil, err
		}
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

// story is what came in, in order: type and second since a beginning.
func (b *inbox) story(begun time.Time) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []string
	for _, m := range b.received {
		out = append(out, fmt.Sprintf("%d@%g", m.EventType, m.at.Sub(begun).Seconds()))
	}
	return strings.Join(out, " ")
}

const callback = "https://hooks.example.org/agora?token=canary"

func TestNotificationsTellARecordingsLifeInOrder(t *testing.T) {
	box := &inbox{}
	inBubble(t, Config{Callback: callback, CallbackSecret: "secret-example", CallbackTransport: box}, func(t *testing.T, r *rig) {
		begun := time.Now()
		k := r.begin("room-1", "7", withPush("rtmp://ingest.example.net/live/key-41"))
		r.sleepUntil(begun.Add(90 * time.Second))
		k.stop(false).want(t, 200, 0, "")
		time.Sleep(time.Hour)
		if got, want := box.story(begun), "100@5 70@5 100@7 4@20 33@65 71@90 11@90 33@90.5 31@90.5"; got != want {
			t.Fatalf("came %s\nwant %s", got, want)
		}
		ids := map[string]bool{}
		for i, m := range box.received {
			if m.Payload.Sequence != i || m.ProductID != 3 || m.Payload.SID != k.sid || m.Payload.Cname != "room-1" || m.Payload.UID != "7" || m.Payload.ServiceScene != "web_record" || ids[m.NoticeID] {
				t.Errorf("notification %d: %s", i, m.raw)
			}
			ids[m.NoticeID] = true
			for name, want := range map[string]string{
				"Agora-Signature":    hex.EncodeToString(hmacOf(sha1.New, m.raw)),
				"Agora-Signature-V2": hex.EncodeToString(hmacOf(sha256.New, m.raw)),
				"Content-Type":       "application/json",
			} {
				if got := m.header.Get(name); got != want {
					t.Errorf("%s: %s, want %s", name, got, want)
				}
			}
		}
		started, stopped := box.received[1].Payload, box.received[5].Payload
		if started.Details["recorderStartTime"] != float64(begun.Add(5*time.Second).UnixMilli()) || started.ServiceType != 6 {
			t.Errorf("event 70: %+v", started)
		}
		files, _ := json.Marshal(stopped.Details["fileList"])
		if stopped.Details["code"] != 0.0 || stopped.Details["message"] != "ok" ||
			string(files) != fmt.Sprintf(`[{"filename":"school/2031/%s_room-1.m3u8","sliceStartTime":%d}]`, k.sid, begun.Add(5*time.Second).UnixMilli()) {
			t.Errorf("event 71: %+v", stopped)
		}
	})
}

func hmacOf(algorithm func() hash.Hash, body []byte) []byte {
	mac := hmac.New(algorithm, []byte("secret-example"))
	mac.Write(body)
	return mac.Sum(nil)
}

func TestAnEndNobodyAskedForIsTold(t *testing.T) {
	box := &inbox{}
	inBubble(t, Config{
		Callback: callback, CallbackTransport: box,
		Faults: faults(t, `{sessions: [{cname: bad, after: 2s, stop: access_url_failed}]}`),
	}, func(t *testing.T, r *rig) {
		begun := time.Now()
		r.begin("bad", "7")
		r.begin("long", "7", set(param, "maxRecordingHour", 1), set(param, "onhold", true))
		time.Sleep(2 * time.Hour)
		if got, want := box.story(begun), "71@2 11@2 71@3600 11@3600"; got != want {
			t.Fatalf("came %s, want %s", got, want)
		}
		for i, want := range []string{"access_url_failed 5", "session_exit 1", "max_recording_hour 1", "session_exit 0"} {
			d := box.received[i].Payload.Details
			got := fmt.Sprint(d["message"], " ", d["code"])
			if box.received[i].EventType == eventSessionExit {
				got = fmt.Sprint(d["msgName"], " ", d["exitStatus"])
			}
			if got != want {
				t.Errorf("notification %d: %s, want %s", i, got, want)
			}
		}
	})
}

func TestWhereNothingWasWrittenNoUploadIsTold(t *testing.T) {
	box := &inbox{}
	inBubble(t, Config{Callback: callback, CallbackTransport: box}, func(t *testing.T, r *rig) {
		begun := time.Now()
		k := r.begin("room-1", "7")
		time.Sleep(2 * time.Second)
		k.stop(false).want(t, 206, 435, "")
		time.Sleep(time.Hour)
		if got, want := box.story(begun), "71@2 11@2"; got != want {
			t.Fatalf("came %s, want %s", got, want)
		}
	})
}

func TestANotificationIsResentThreeTimesAndThenGivenUp(t *testing.T) {
	var log bytes.Buffer
	box := &inbox{answer: func(n int) (int, error) {
		if n%2 == 0 {
			return 500, nil
		}
		return 0, errors.New("unreachable")
	}}
	inBubble(t, Config{
		Callback: callback, CallbackSecret: "secret-canary", CallbackTransport: box,
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Faults: faults(t, `{sessions: [{after: 2s, stop: recorder_error}]}`),
	}, func(t *testing.T, r *rig) {
		begun := time.Now()
		r.begin("room-1", "7")
		time.Sleep(time.Hour)
		if got, want := box.story(begun), "71@2 11@2 71@2 11@2 71@7 11@7 71@22 11@22"; got != want {
			t.Fatalf("came %s, want %s", got, want)
		}
		first, last := box.received[0], box.received[6]
		if first.NoticeID != last.NoticeID || last.NotifyMS-first.NotifyMS != 20000 || first.Payload.Sequence != last.Payload.Sequence {
			t.Errorf("first %s\nlast  %s", first.raw, last.raw)
		}
	})
	if n := strings.Count(log.String(), "notification given up"); n != 2 {
		t.Errorf("%d notifications logged as given up, want 2", n)
	}
	for _, secret := range []string{"canary", "secret", "key-example"} {
		if strings.Contains(log.String(), secret) {
			t.Errorf("the log holds %q:\n%s", secret, &log)
		}
	}
}

func TestCloseEndsTheSendingEvenWhileAReceiverHangs(t *testing.T) {
	hangs := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		close(hangs)
		<-r.Context().Done()
	}))
	defer server.Close()
	r := newRig(t, Config{Callback: server.URL, StartAfter: -1})
	r.begin("room-1", "7")
	<-hangs
	if err := errors.Join(r.sim.Close(), r.sim.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestACallbackAddressIsChecked(t *testing.T) {
	for _, address := range []string{"hooks.example.org", "ftp://hooks.example.org/canary", "https:///canary", "http://[canary"} {
		if _, err := New(Config{Callback: address}); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%s: error %v", address, err)
		}
	}
}

func TestEveryScriptedEndHasItsCode(t *testing.T) {
	var codes []int
	for message, code := range stopCodes {
		codes = append(codes, code)
		if err := (Faults{Sessions: []SessionFault{{Stop: message}}}).Validate(); err != nil {
			t.Error(err)
		}
	}
	slices.Sort(codes)
	if !slices.Equal(codes, []int{0, 1, 2, 3, 4, 5, 6}) {
		t.Errorf("codes %v", codes)
	}
}

func TestWithoutACallbackNothingRunsInTheBackground(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sim, err := New(Config{})
		if err != nil {
			t.Fatal(err)
		}
		_ = sim // never closed: the bubble would not end if a goroutine were left
	})
}
