package simulator

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func faults(t *testing.T, text string) Faults {
	t.Helper()
	f, err := ParseFaults([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestADroppedStartRanOrNotAsScripted(t *testing.T) {
	for drop, ran := range map[string]int{dropBefore: 0, dropAfter: 1} {
		t.Run(drop, func(t *testing.T) {
			r := newRig(t, Config{Faults: faults(t, `{requests: [{endpoint: start, drop: `+drop+`, times: 1, status: 500, code: 62}]}`)})
			a := r.acquire("room-1", "7")
			path := appPath + "resourceid/" + a.body.ResourceID + "/mode/web/start"
			_, err := r.try(t.Context(), http.MethodPost, path, startBody("room-1", "7"))
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("error %v", err)
			}
			if n := len(r.sim.Ledger().Sessions); n != ran {
				t.Fatalf("%d sessions, want %d", n, ran)
			}
			want := map[string]int{dropBefore: 200, dropAfter: 201}[drop]
			if again := r.start(a.body.ResourceID, "room-1", "7"); again.status != want {
				t.Fatalf("the same again: %s, want HTTP %d", again.raw, want)
			}
			if l := r.sim.Ledger(); l.Requests["start"] != 2 || l.Answers["500"] != 0 {
				t.Fatalf("ledger %v %v", l.Requests, l.Answers)
			}
		})
	}
}

func TestAScriptedAnswerTakesThePlaceOfTheEffect(t *testing.T) {
	r := newRig(t, Config{Faults: faults(t, `{"requests":[
		{"endpoint":"stop","times":1,"status":504,"code":62,"reason":"request timeout"},
		{"endpoint":"stop","skip":1,"times":1,"status":503}]}`)})
	k := r.begin("room-1", "7")
	k.stop(false).want(t, 504, 62, "request timeout")
	if a := k.stop(false); a.raw != `{"message":"Service Unavailable"}` {
		t.Fatalf("answer %s", a.raw)
	}
	if k.entry().StoppedAt != nil {
		t.Fatal("a stop that was not handled ended the recording")
	}
	k.stop(false).want(t, 206, 435, "")
}

func TestAFaultAnswersInPlaceOfTheServiceWithAnyBodyAndHeaders(t *testing.T) {
	r := newRig(t, Config{QPS: -1, Faults: faults(t, `
requests:
  - {endpoint: acquire, times: 1, status: 403, body: "<html><title>Access denied</title></html>"}
  - {endpoint: acquire, skip: 1, times: 1, status: 302, body: "", headers: {Location: "https://login.example/"}}
  - {endpoint: acquire, skip: 2, times: 1, status: 403, body: '{"error":"denied"}', headers: {Content-Type: application/problem+json}}
  - {endpoint: acquire, skip: 3, times: 1, status: 503, headers: {Retry-After: "3600"}}`)})
	for _, want := range []struct {
		status         int
		raw, kind      string
		header, value  string
		fromTheService bool
	}{
		{403, "<html><title>Access denied</title></html>", "text/html; charset=utf-8", "Location", "", false},
		{302, "", "", "Location", "https://login.example/", false},
		{403, `{"error":"denied"}`, "application/problem+json", "Location", "", false},
		{503, `{"message":"Service Unavailable"}`, "application/json;charset=utf-8", "Retry-After", "3600", true},
	} {
		a := r.acquire("room-1", "7")
		if a.status != want.status || a.raw != want.raw || a.header.Get("Content-Type") != want.kind || a.header.Get(want.header) != want.value {
			t.Errorf("HTTP %d %q %v, want %+v", a.status, a.raw, a.header, want)
		}
		if got := a.header.Get("X-Request-Id") != ""; got != want.fromTheService {
			t.Errorf("HTTP %d %q: X-Request-Id: %v", a.status, a.raw, got)
		}
	}
	if n := r.acquire("room-1", "7").status; n != 200 {
		t.Errorf("afterwards: HTTP %d", n)
	}
}

func TestADelayIsLateForTheCallerAndNotForTheEffect(t *testing.T) {
	inBubble(t, Config{Faults: faults(t, `{requests: [{endpoint: start, delay: 30s}]}`)}, func(t *testing.T, r *rig) {
		a := r.acquire("room-1", "7")
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := r.try(ctx, http.MethodPost, appPath+"resourceid/"+a.body.ResourceID+"/mode/web/start", startBody("room-1", "7"))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != 10*time.Second {
			t.Fatalf("after %s: %v", time.Since(begun), err)
		}
		if l := r.sim.Ledger(); len(l.Sessions) != 1 || !l.Sessions[0].StartedAt.Equal(begun) || l.Answers["200"] != 1 {
			t.Fatalf("ledger %+v", l)
		}
		// A caller who waits gets its answer.
		r.start(a.body.ResourceID, "room-1", "7").want(t, 201, 7, "")
		if time.Since(begun) != 40*time.Second {
			t.Fatalf("answered after %s", time.Since(begun))
		}
	})
}

func TestFaultsMatchByEndpointHostAndCname(t *testing.T) {
	r := newRig(t, Config{QPS: -1, Faults: faults(t, `
requests:
  - {endpoint: query, cname: "math-*", status: 500}
  - {host: api-eu-west-1.agora.io, status: 502}
  - {endpoint: acquire, cname: art, status: 503}`)})
	math, art := r.begin("math-1", "7"), task{}
	math.query().want(t, 500, 0, "")
	r.acquire("art", "7").want(t, 503, 0, "")
	r.acquire("art-2", "7").want(t, 200, 0, "")
	art = r.begin("xmath-1", "7")
	art.query().want(t, 200, 0, "")
	r.host = "api-eu-west-1.agora.io:443"
	art.query().want(t, 502, 0, "")
	math.query().want(t, 500, 0, "") // the first in the script's order
}

func TestSkipAndTimesCountMatchesWhicheverFaultHits(t *testing.T) {
	r := newRig(t, Config{QPS: -1, Faults: faults(t, `
requests:
  - {endpoint: acquire, skip: 1, times: 2, status: 500}
  - {endpoint: acquire, skip: 2, times: 2, status: 502}`)})
	var got []int
	for range 6 {
		got = append(got, r.acquire("room-1", "7").status)
	}
	if want := []int{200, 500, 500, 502, 200, 200}; !reflect.DeepEqual(got, want) {
		t.Fatalf("answers %v, want %v", got, want)
	}
}

func TestARateIsDrawnFromTheSeedAndTheMatchAlone(t *testing.T) {
	draw := func(seed string, between bool) (hits []bool, n int) {
		r := newRig(t, Config{QPS: -1, Faults: faults(t, `{seed: `+seed+`, requests: [{endpoint: acquire, rate: 0.3, status: 500}]}`)})
		for range 300 {
			if between {
				r.do("GET", taskPath("x", "y", "query"), nil)
			}
			hit := r.acquire("room-1", "7").status == 500
			hits = append(hits, hit)
			if hit {
				n++
			}
		}
		return hits, n
	}
	first, n := draw("1", false)
	if n < 60 || n > 120 {
		t.Fatalf("%d of 300 at a rate of 0.3", n)
	}
	if again, _ := draw("1", true); !reflect.DeepEqual(first, again) {
		t.Error("the same seed drew otherwise with other requests in between")
	}
	if other, _ := draw("2", false); reflect.DeepEqual(first, other) {
		t.Error("another seed drew the same")
	}
}

func TestAFaultPerCnameBefallsTheSameRequestsInWhateverOrder(t *testing.T) {
	script := faults(t, `{seed: 3, requests: [{endpoint: acquire, rate: 0.5, per_cname: true, skip: 1, times: 8, status: 500}]}`)
	ask := func(order []string) map[string]string {
		r := newRig(t, Config{Faults: script, QPS: -1})
		met := map[string]string{}
		for _, cname := range order {
			met[cname] += string("x."[r.acquire(cname, "7").status/200%2])
		}
		return met
	}
	var inTurn, together []string
	for _, cname := range []string{"room-1", "room-2", "room-3"} {
		inTurn = append(inTurn, slices.Repeat([]string{cname}, 10)...)
	}
	together = slices.Repeat([]string{"room-3", "room-1", "room-2"}, 10)
	first, second := ask(inTurn), ask(together)
	if !reflect.DeepEqual(first, second) {
		t.Errorf("in turn %v, together %v", first, second)
	}
	if first["room-1"] == first["room-2"] && first["room-2"] == first["room-3"] {
		t.Errorf("all rooms meet the same: %v", first)
	}
	for cname, met := range first {
		if met[0] != '.' || met[9] != '.' || !strings.Contains(met, "x") {
			t.Errorf("%s: %s, want faults between the first and the last request only", cname, met)
		}
	}
}

func TestAScriptedEndShowsForAWhileAndIsAccountedFor(t *testing.T) {
	for reason, status := range map[string]int{"recorder_error": 20, "page_load_timeout": 20, "ok": 8} {
		t.Run(reason, func(t *testing.T) {
			inBubble(t, Config{Faults: faults(t, `{sessions: [{cname: "*", after: 10s, stop: `+reason+`}]}`)}, func(t *testing.T, r *rig) {
				k := r.begin("room-1", "7")
				time.Sleep(10*time.Second - 1)
				k.wantStatus(4)
				time.Sleep(time.Nanosecond)
				k.wantStatus(status)
				k.stop(false).want(t, 400, 49, "")
				time.Sleep(exitVisible)
				k.query().want(t, 404, 404, "failed to find worker")
				if l := k.entry(); l.BilledSeconds != 10 || l.StopReason != reason {
					t.Fatalf("ledger %+v", l)
				}
				r.begin("room-1", "7") // its identity is free again
			})
		})
	}
}

func TestAGoneSessionRunsOnAndComesBack(t *testing.T) {
	inBubble(t, Config{Faults: faults(t, `{sessions: [{after: 20s, gone_for: 40s}]}`)}, func(t *testing.T, r *rig) {
		begun := time.Now()
		k := r.begin("room-1", "7")
		r.sleepUntil(begun.Add(20 * time.Second))
		k.query().want(t, 404, 404, "")
		k.stop(false).want(t, 404, 404, "")
		r.sleepUntil(begun.Add(60*time.Second - 1))
		k.query().want(t, 404, 404, "")
		time.Sleep(time.Nanosecond)
		k.wantStatus(5)
		k.stop(true).want(t, 200, 0, "")
		if l := k.entry(); l.BilledSeconds != 60 {
			t.Fatalf("ledger %+v", l)
		}
	})
}

func TestANewScriptEndsOlderSessionsNowAndNotInThePast(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, r *rig) {
		k := r.begin("room-1", "7")
		time.Sleep(time.Minute)
		if err := r.sim.SetFaults(faults(t, `{sessions: [{after: 10s, stop: recorder_error}]}`)); err != nil {
			t.Fatal(err)
		}
		if l := k.entry(); l.BilledSeconds != 60 || l.StopReason != "recorder_error" {
			t.Fatalf("ledger %+v", l)
		}
		if err := r.sim.SetFaults(Faults{}); err != nil {
			t.Fatal(err)
		}
		if l := k.entry(); l.StopReason != "recorder_error" {
			t.Fatalf("an empty script revived it: %+v", l)
		}
	})
}

func TestAScriptThatMakesNoSenseIsRefusedInOneLineThatNamesTheKey(t *testing.T) {
	for text, want := range map[string]string{
		`{"request":[]}`:                                    `"request"`,
		`{"Seed":1}`:                                        `"Seed"`,
		`request: []`:                                       `"request"`,
		`{"requests":[{"endpoints":"start"}]}`:              `"endpoints"`,
		`{sessions: [{cname: x, stops: ok}]}`:               `"stops"`,
		`{requests: [{endpoint: begin, status: 500}]}`:      "endpoint",
		`{requests: [{rate: 1.5, status: 500}]}`:            "rate",
		`{requests: [{rate: .nan, status: 500}]}`:           "rate",
		`{requests: [{skip: -1, status: 500}]}`:             "skip",
		`{requests: [{times: -1, status: 500}]}`:            "times",
		`{requests: [{delay: 2}]}`:                          "not a duration",
		`{"requests":[{"delay":2}]}`:                        "delay",
		`{requests: [{delay: -2s}]}`:                        "delay",
		`{requests: [{drop: during}]}`:                      "drop",
		`{requests: [{status: 99}]}`:                        "status",
		`{requests: [{code: 62}]}`:                          "code",
		`{requests: [{delay: 2s, reason: x}]}`:              "reason",
		`{requests: [{delay: 2s, body: x}]}`:                "body",
		`{requests: [{delay: 2s, headers: {A: b}}]}`:        "headers",
		`{requests: [{endpoint: start}]}`:                   "does nothing",
		`{requests: [{status: 400, body: x, code: 2}]}`:     "body",
		`{requests: [{status: 400, body: {a: b}}]}`:         "line 1",
		`{requests: [{status: 400, headers: {"a b": c}}]}`:  "header name",
		`{requests: [{status: 400, headers: {A: "b\nc"}}]}`: "value of A",
		`{sessions: [{cname: x, after: 10s}]}`:              "does nothing",
		`{sessions: [{stop: crashed}]}`:                     "stop",
		`{sessions: [{after: -1s, stop: ok}]}`:              "after",
		`{sessions: [{gone_for: -1s}]}`:                     "gone_for",
		`{requests: {status: 500}}`:                         "requests",
		`{requests: [500]}`:                                 "requests[0]",
		`[]`:                                                "mapping",
		"seed: 1\nseed: 2":                                  "seed",
		"seed: 1\n---\nseed: 2":                             "second document",
		"\x00\xff":                                          "faults",
		`{"seed":-1}`:                                       "seed",
		`{requests: [{drop: before, status: "no"}]}`:        "no",
	} {
		_, err := ParseFaults([]byte(text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line with %q", text, err, want)
		}
	}
	if _, err := New(Config{Faults: Faults{Requests: []RequestFault{{Drop: "x"}}}}); err == nil {
		t.Error("New took a script that makes no sense")
	}
	if err := newRig(t, Config{}).sim.SetFaults(Faults{Sessions: []SessionFault{{}}}); err == nil {
		t.Error("SetFaults took a script that makes no sense")
	}
}

func TestAScriptReadsAlikeFromJSONAndYAMLAndSurvivesWriting(t *testing.T) {
	fromJSON := faults(t, `{"seed":1,"requests":[{"endpoint":"start","host":"*","cname":"*","rate":1,"per_cname":true,"skip":0,"times":2,"delay":"2s","drop":"before","status":500,"code":62,"reason":"request timeout"}],"sessions":[{"cname":"*","after":"10s","stop":"recorder_error"},{"cname":"*","after":"20s","gone_for":"40s"}]}`)
	fromYAML := faults(t, `
seed: 1
requests:
  - {endpoint: start, host: "*", cname: "*", rate: 1, per_cname: true, skip: 0, times: 2, delay: 2s, drop: before, status: 500, code: 62, reason: request timeout}
sessions:
  - {cname: "*", after: 10s, stop: recorder_error}
  - {cname: "*", after: 20s, gone_for: 40s}`)
	if !reflect.DeepEqual(fromJSON, fromYAML) {
		t.Errorf("JSON %+v\nYAML %+v", fromJSON, fromYAML)
	}
	if time.Duration(fromJSON.Requests[0].Delay) != 2*time.Second || time.Duration(fromJSON.Sessions[1].GoneFor) != 40*time.Second {
		t.Errorf("durations in %+v", fromJSON)
	}
	data, err := json.Marshal(fromJSON)
	if err != nil {
		t.Fatal(err)
	}
	if again := faults(t, string(data)); !reflect.DeepEqual(again, fromJSON) {
		t.Errorf("written and read again: %+v", again)
	}
	if empty := faults(t, ""); !reflect.DeepEqual(empty, Faults{}) {
		t.Errorf("an empty text: %+v", empty)
	}
}

func TestPatternsMatchAnyRunOfCharacters(t *testing.T) {
	for _, tt := range []struct {
		pattern, text string
		want          bool
	}{
		{"", "x", true},
		{"*", "", true},
		{"a", "a", true},
		{"a", "ab", false},
		{"a*", "ab", true},
		{"*b", "ab", true},
		{"a*c*e", "abcde", true},
		{"a*c*e", "abde", false},
		{"ab*ba", "aba", false},
		{"a[b]?", "a[b]?", true},
	} {
		if got := matches(tt.pattern, tt.text); got != tt.want {
			t.Errorf("%q against %q: %t", tt.pattern, tt.text, got)
		}
	}
}

func TestACallerThatGivesUpDuringAStopStillStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{UploadDelay: 15 * time.Second})
		k := r.begin("room-1", "7")
		time.Sleep(time.Minute)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, err := r.try(ctx, http.MethodPost, taskPath(k.resource, k.sid, "stop"), tree{"cname": "room-1", "uid": "7", "clientRequest": tree{}})
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("error %v", err)
		}
		k.wantStatus(7)
		if l := k.entry(); l.BilledSeconds != 60 {
			t.Fatalf("ledger %+v", l)
		}
	})
}

func TestAnEndThatNobodySawFreesItsIdentityAndStands(t *testing.T) {
	inBubble(t, Config{Faults: faults(t, `{sessions: [{after: 10s, stop: recorder_error}]}`)}, func(t *testing.T, r *rig) {
		first := r.begin("room-1", "7")
		time.Sleep(time.Minute)
		second := r.begin("room-1", "7")
		time.Sleep(time.Minute)
		if err := r.sim.SetFaults(Faults{}); err != nil {
			t.Fatal(err)
		}
		for _, k := range []task{first, second} {
			if l := k.entry(); l.BilledSeconds != 10 || l.StopReason != "recorder_error" {
				t.Errorf("ledger %+v", l)
			}
		}
	})
}
