package simulator

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestARecordingGoesThroughItsStatesAndIsAccountedForToTheMillisecond(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, r *rig) {
		begun := time.Now()
		k := r.begin("room-1", "7")
		for second, want := range []int{0, 0, 1, 2, 3, 4} {
			r.sleepUntil(begun.Add(time.Duration(second) * time.Second))
			k.wantStatus(want)
		}
		if at := k.entry().RecordingAt; at == nil || !at.Equal(begun.Add(5*time.Second)) {
			t.Fatalf("recording at %v, want 5 s after the start", at)
		}
		r.sleepUntil(begun.Add(20*time.Second - time.Millisecond))
		if a := k.wantStatus(4); !strings.Contains(a.raw, `"fileList":[]`) {
			t.Fatalf("files before the first slice: %s", a.raw)
		}
		r.sleepUntil(begun.Add(20 * time.Second))
		a := k.wantStatus(5)
		files := a.body.Server.Services[0].Payload.FileList
		if len(files) != 1 || files[0].Filename != "school/2031/"+k.sid+"_room-1.m3u8" || files[0].SliceStartTime != begun.Add(5*time.Second).Unix() {
			t.Fatalf("files %v", files)
		}
		r.sleepUntil(begun.Add(90*time.Second + 250*time.Millisecond))
		a = k.stop(false)
		a.want(t, 200, 0, "")
		if up := a.body.Server.Services[0]; up.Name != "upload_service" || up.Payload.Uploading != "uploaded" || a.body.Server.Status != nil {
			t.Fatalf("answer to stop: %s", a.raw)
		}
		if took := time.Since(begun) - 90*time.Second - 250*time.Millisecond; took != defaultUploadDelay {
			t.Fatalf("a synchronous stop took %s, want the upload's %s", took, defaultUploadDelay)
		}
		k.query().want(t, 404, 404, "failed to find worker")
		k.stop(false).want(t, 400, 49, "invalid operation")
		time.Sleep(time.Minute)
		k.stop(false).want(t, 404, 404, "failed to find worker")
		k.update(tree{}).want(t, 404, 404, "failed to find worker")
		l := k.entry()
		if l.StopReason != "stop" || l.BilledSeconds != 90.25 || l.PausedSeconds != 0 || !l.StoppedAt.Equal(begun.Add(90*time.Second+250*time.Millisecond)) {
			t.Fatalf("ledger %+v", l)
		}
	})
}

func TestAPauseIsBilledAndKeepsTheFirstSliceWaiting(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, r *rig) {
		begun := time.Now()
		k := r.begin("room-1", "7", set(param, "onhold", true))
		r.sleepUntil(begun.Add(65 * time.Second))
		a := k.wantStatus(4)
		if !a.body.Server.Services[0].Payload.OnHold || k.entry().RecordingAt != nil {
			t.Fatalf("on hold from the beginning: %s %+v", a.raw, k.entry())
		}
		k.update(tree{"webRecordingConfig": tree{"onhold": false}}).want(t, 200, 0, "")
		if at := k.entry().RecordingAt; at == nil || !at.Equal(begun.Add(65*time.Second)) {
			t.Fatalf("recording at %v, want the moment it was resumed", at)
		}
		k.wantStatus(4)
		r.sleepUntil(begun.Add(80 * time.Second))
		k.wantStatus(5)
		k.update(tree{"webRecordingConfig": tree{"onhold": true}}).want(t, 200, 0, "")
		r.sleepUntil(begun.Add(100 * time.Second))
		k.update(tree{"webRecordingConfig": tree{}}).want(t, 200, 0, "") // the default resumes
		r.sleepUntil(begun.Add(110 * time.Second))
		k.stop(true).want(t, 200, 0, "")
		if l := k.entry(); l.BilledSeconds != 110 || l.PausedSeconds != 60+20 {
			t.Fatalf("ledger %+v, want 110 s billed, 60 s of hold from the moment it was ready and 20 s of pause", l)
		}
	})
}

func TestAnAsynchronousStopAnswersAtOnceAndTheTaskLeavesWithItsUpload(t *testing.T) {
	inBubble(t, Config{UploadDelay: 4 * time.Second}, func(t *testing.T, r *rig) {
		k := r.begin("room-1", "7")
		time.Sleep(30 * time.Second)
		stopped := time.Now()
		a := k.stop(true)
		a.want(t, 200, 0, "")
		if time.Since(stopped) != 0 || a.body.Server.Services[0].Payload.Uploading != "unknown" {
			t.Fatalf("after %s: %s", time.Since(stopped), a.raw)
		}
		k.wantStatus(6)
		k.stop(true).want(t, 400, 49, "invalid operation")
		time.Sleep(2 * time.Second)
		k.wantStatus(7)
		time.Sleep(2 * time.Second)
		k.query().want(t, 404, 404, "")
	})
}

func TestASynchronousStopGivesUpAfterTwentySeconds(t *testing.T) {
	inBubble(t, Config{UploadDelay: 25 * time.Second}, func(t *testing.T, r *rig) {
		k := r.begin("room-1", "7")
		time.Sleep(30 * time.Second)
		stopped := time.Now()
		k.stop(false).want(t, 206, 50, "")
		if took := time.Since(stopped); took != uploadWait {
			t.Fatalf("answered after %s", took)
		}
		k.wantStatus(7)
	})
}

func TestAStopBeforeAnythingWasWrittenSaysSo(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, r *rig) {
		early, held := r.begin("early", "7"), r.begin("held", "7", set(param, "onhold", true))
		time.Sleep(5*time.Second - time.Nanosecond)
		early.stop(false).want(t, 206, 435, "no recorded data")
		early.query().want(t, 404, 404, "") // without an upload there is nothing to wait for
		time.Sleep(time.Minute)
		held.stop(false).want(t, 206, 435, "no recorded data")
		if l := early.entry(); l.RecordingAt != nil || l.StoppedAt == nil {
			t.Fatalf("ledger %+v", l)
		}
	})
}

func TestARecordingEndsByItselfAfterItsLongestLength(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, r *rig) {
		begun := time.Now()
		k := r.begin("room-1", "7", set(param, "maxRecordingHour", 1))
		r.sleepUntil(begun.Add(time.Hour - 1))
		k.wantStatus(5)
		time.Sleep(time.Nanosecond)
		if a := k.wantStatus(8); a.body.Server.Services[0].Payload.State != "exit" {
			t.Fatalf("answer %s", a.raw)
		}
		k.stop(false).want(t, 400, 49, "")
		time.Sleep(exitVisible)
		k.query().want(t, 404, 404, "")
		if l := k.entry(); l.BilledSeconds != 3600 || l.StopReason != "max_recording_hour" {
			t.Fatalf("ledger %+v", l)
		}
	})
}

func TestPastResourceExpiredHourNothingCanBeStoppedAndTheBillGrows(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, r *rig) {
		a := r.acquire("room-1", "7", set(settings, "resourceExpiredHour", 1))
		b := r.start(a.body.ResourceID, "room-1", "7")
		b.want(t, 200, 0, "")
		k := task{r, "room-1", "7", a.body.ResourceID, b.body.SID}
		time.Sleep(time.Hour - 1)
		k.wantStatus(5)
		time.Sleep(time.Nanosecond)
		k.query().want(t, 404, 404, "")
		k.update(tree{}).want(t, 404, 404, "")
		k.stop(false).want(t, 404, 404, "")
		time.Sleep(2 * time.Hour)
		if l := k.entry(); l.BilledSeconds != 7200 || l.StopReason != "max_recording_hour" {
			t.Fatalf("ledger %+v", l)
		}
	})
}

func TestAResourceIDServesOnceAndForFiveMinutes(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, r *rig) {
		a := r.acquire("room-1", "7")
		old := r.acquire("room-2", "7")
		time.Sleep(resourceLife)
		r.start(a.body.ResourceID, "room-1", "7").want(t, 200, 0, "")
		again := r.start(a.body.ResourceID, "room-1", "7")
		again.want(t, 201, 7, "already started")
		if again.body.SID != "" {
			t.Fatalf("a sid in %s", again.raw)
		}
		time.Sleep(time.Nanosecond)
		r.start(old.body.ResourceID, "room-2", "7").want(t, 400, 433, "resourceid")
		r.start("made-up", "room-2", "7").want(t, 400, 1001, "resourceid")
		other := r.acquire("room-3", "7")
		r.start(other.body.ResourceID, "room-3", "8").want(t, 400, 432, "uid")
		r.do(http.MethodPost, "/v1/apps/another-app/cloud_recording/resourceid/"+other.body.ResourceID+"/mode/web/start",
			startBody("room-3", "7")).want(t, 400, 432, "App ID")
		if n := len(r.sim.Ledger().Sessions); n != 1 {
			t.Fatalf("%d sessions, want the one that started", n)
		}
	})
}

func TestAlreadyStartedCarriesTheSIDWhenAskedTo(t *testing.T) {
	r := newRig(t, Config{SIDInAlreadyStarted: true})
	k := r.begin("room-1", "7")
	if again := r.start(k.resource, "room-1", "7"); again.status != 201 || again.body.SID != k.sid {
		t.Fatalf("answer %s, want sid %s", again.raw, k.sid)
	}
}

func TestTheSameCnameAndUIDConflictWhileOneOfThemRuns(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, r *rig) {
		k := r.begin("room-1", "7")
		a := r.acquire("room-1", "7")
		r.start(a.body.ResourceID, "room-1", "7").want(t, 400, 53, "task conflict")
		r.begin("room-1", "8")
		time.Sleep(time.Minute)
		k.stop(true).want(t, 200, 0, "")
		r.start(a.body.ResourceID, "room-1", "7").want(t, 200, 0, "")
	})
}

func TestBeyondTheConcurrencyAcquireIsRefused(t *testing.T) {
	inBubble(t, Config{Concurrent: 2}, func(t *testing.T, r *rig) {
		r.begin("room-1", "7")
		spare, tooMany := r.acquire("room-2", "7"), r.acquire("room-3", "7")
		time.Sleep(time.Second)
		r.start(spare.body.ResourceID, "room-2", "7", set(param, "maxRecordingHour", 1)).want(t, 200, 0, "")
		r.acquire("room-4", "7").want(t, 400, 406, "vendor_over_load")
		r.start(tooMany.body.ResourceID, "room-3", "7").want(t, 500, 502, "Failed to allocate worker")
		time.Sleep(time.Hour)
		r.acquire("room-4", "7").want(t, 200, 0, "") // room-2 ended by itself
	})
}

func TestAPushConnectsPublishesAndFollowsItsUpdates(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, r *rig) {
		begun := time.Now()
		k := r.begin("room-1", "7", withPush("rtmps://ingest.example.net/live/key-41"))
		want := func(after time.Duration, status string) {
			t.Helper()
			r.sleepUntil(begun.Add(after))
			out := k.query().body.Server.Services[1].Payload.Outputs
			if len(out) != 1 || out[0].Status != status {
				t.Fatalf("after %s: %v, want %s", after, out, status)
			}
		}
		want(6*time.Second, "connecting")
		want(7*time.Second, "publishing")
		k.update(tree{"webRecordingConfig": tree{"onhold": true}}).want(t, 200, 0, "")
		want(8*time.Second, "onhold")
		k.update(tree{
			"webRecordingConfig": tree{"onhold": false},
			"rtmpPublishConfig":  tree{"outputs": []any{tree{"rtmpUrl": "rtmp://backup.example.net/live/key-41"}}},
		}).want(t, 200, 0, "")
		want(9*time.Second, "connecting")
		want(10*time.Second, "publishing")
		if l := k.entry(); l.RTMPURL != "rtmp://backup.example.net/live/key-41" {
			t.Fatalf("ledger has %s", l.RTMPURL)
		}
	})
}

func TestMP4FilesAreCutAtTheirLongestLengthOfWriting(t *testing.T) {
	inBubble(t, Config{SliceTimes: SliceMilliseconds}, func(t *testing.T, r *rig) {
		begun := time.Now()
		k := r.begin("a_b.c", "7", withMP4, set(param, "maxVideoDuration", 30))
		names := func(a answer, service int) (out []string) {
			for _, f := range a.body.Server.Services[service].Payload.FileList {
				out = append(out, strings.TrimPrefix(f.Filename, "school/2031/"+k.sid)+"@"+time.UnixMilli(f.SliceStartTime).UTC().Format("04:05"))
			}
			return out
		}
		want := func(got []string, want string) {
			t.Helper()
			if strings.Join(got, " ") != want {
				t.Fatalf("files %v, want %s", got, want)
			}
		}
		r.sleepUntil(begun.Add(10 * time.Minute))
		want(names(k.query(), 0), "_a-b-c.m3u8@00:05")
		k.update(tree{"webRecordingConfig": tree{"onhold": true}})
		time.Sleep(5 * time.Minute)
		k.update(tree{"webRecordingConfig": tree{"onhold": false}})
		r.sleepUntil(begun.Add(40 * time.Minute))
		want(names(k.query(), 0), "_a-b-c.m3u8@00:05 _a-b-c_0.mp4@00:05")
		want(names(k.stop(false), 1), "_a-b-c.m3u8@00:05 _a-b-c_0.mp4@00:05 _a-b-c_1.mp4@35:05")
	})
}

func TestMP4FilesAreCutNearTwoGigabytes(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, r *rig) {
		k := r.begin("room-1", "7", withMP4, set(param, "videoBitrate", 8000), set(param, "maxVideoDuration", 240))
		time.Sleep(time.Hour)
		if files := k.stop(false).body.Server.Services[1].Payload.FileList; len(files) != 1+2 {
			t.Fatalf("files %v, want a playlist and, at 8.2 Mbit/s, two MP4 files an hour", files)
		}
	})
}

func TestAnMP4FileThatEndsWithTheRecordingHasNoEmptySuccessor(t *testing.T) {
	inBubble(t, Config{}, func(t *testing.T, r *rig) {
		begun := time.Now()
		k := r.begin("room-1", "7", withMP4, set(param, "maxVideoDuration", 30))
		r.sleepUntil(begun.Add(defaultStartAfter + 30*time.Minute))
		if files := k.stop(false).body.Server.Services[1].Payload.FileList; len(files) != 1+1 {
			t.Fatalf("files %v", files)
		}
	})
}
