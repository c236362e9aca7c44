package runner_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"rundown/agora"
	"rundown/agora/catalog"
	"rundown/plan"
	"rundown/plan/schedule"
	"rundown/runner"
	"rundown/runner/session"
)

// sent is a request's body as the service reads it.
type sent map[string]any

func sentAs(t *testing.T, request any) sent {
	t.Helper()
	text, err := json.Marshal(request)
	if err != nil {
		t.Fatal(err)
	}
	var body sent
	if err := json.Unmarshal(text, &body); err != nil {
		t.Fatal(err)
	}
	return body
}

// at follows keys and list positions, as in a.b.0.c; nil where there is nothing.
func (s sent) at(path string) any {
	var v any = map[string]any(s)
	for key := range strings.SplitSeq(path, ".") {
		switch here := v.(type) {
		case map[string]any:
			v = here[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(here) {
				return nil
			}
			v = here[i]
		default:
			return nil
		}
	}
	return v
}

// without says that a key of the client's part is not there, not even as null.
func (s sent) without(key string) bool {
	client, _ := s.at("clientRequest").(map[string]any)
	_, there := client[key]
	return len(client) > 0 && !there
}

// both are the requests of one session, and the settings that they are built from.
type both struct {
	set            plan.Settings
	acquire, start sent
}

const (
	services = "clientRequest.extensionServiceConfig.extensionServices"
	recorder = services + ".0.serviceParam."
)

func optionalBool(v any) bool { _, isBool := v.(bool); return v == nil || isBool }

func isMap(v any) bool { m, ok := v.(map[string]any); return ok && len(m) > 0 }

// each says of a service in the list whether it is right.
func (b both) each(right func(service sent) bool) bool {
	list, _ := b.start.at(services).([]any)
	for _, v := range list {
		service, ok := v.(map[string]any)
		if !ok || !right(service) {
			return false
		}
	}
	return len(list) > 0
}

func (b both) policy(service string, documented string) bool {
	return b.each(func(s sent) bool {
		return s["serviceName"] != service || s["errorHandlePolicy"] == catalog.Strings(documented)[0]
	})
}

// documented says for each restriction that no plan can break whether the requests keep to it.
var documented = map[string]func(b both) bool{
	"acquire-scene-web": func(b both) bool {
		return b.acquire.at("clientRequest.scene") == float64(catalog.Ints("acquire-scene-web")[0])
	},
	"acquire-no-region-affinity": func(b both) bool {
		near := b.set.Near()
		if near == "" {
			return b.acquire.without("regionAffinity")
		}
		return b.acquire.at("clientRequest.regionAffinity") == float64(near.Affinity()) && slices.Contains(catalog.Ints("acquire-no-region-affinity"), int64(near.Affinity()))
	},
	"start-parameter-consistent": func(b both) bool {
		parameter := b.acquire.at("clientRequest.startParameter")
		return parameter == nil || fmt.Sprint(parameter) == fmt.Sprint(b.start.at("clientRequest"))
	},
	"uid-required-string": func(b both) bool {
		uid, _ := b.acquire.at("uid").(string)
		_, err := strconv.ParseUint(uid, 10, 32)
		return err == nil && uid == b.start.at("uid")
	},
	"token-not-for-web":              func(b both) bool { return b.start.without("token") },
	"recording-config-not-for-web":   func(b both) bool { return b.start.without("recordingConfig") },
	"snapshot-config-not-for-web":    func(b both) bool { return b.start.without("snapshotConfig") },
	"recording-file-config-required": func(b both) bool { return isMap(b.start.at("clientRequest.recordingFileConfig")) },
	"av-file-type-values": func(b both) bool {
		files := fmt.Sprint(b.start.at("clientRequest.recordingFileConfig.avFileType"))
		return files == "[hls]" || files == "[hls mp4]"
	},
	"av-file-type-mp4-needs-hls": func(b both) bool { return b.start.at("clientRequest.recordingFileConfig.avFileType.0") == "hls" },
	"extension-service-config-required": func(b both) bool {
		list, _ := b.start.at(services).([]any)
		return len(list) > 0
	},
	"extension-error-policy": func(b both) bool {
		return b.start.at("clientRequest.extensionServiceConfig.errorHandlePolicy") == catalog.Strings("extension-error-policy")[0]
	},
	"extension-service-names": func(b both) bool {
		return b.each(func(s sent) bool {
			name, _ := s["serviceName"].(string)
			return slices.Contains(catalog.Strings("extension-service-names"), name)
		})
	},
	"extension-recorder-present": func(b both) bool { return b.start.at(services+".0.serviceName") == agora.ServiceWebRecorder },
	"extension-recorder-policy":  func(b both) bool { return b.policy(agora.ServiceWebRecorder, "extension-recorder-policy") },
	"extension-rtmp-policy":      func(b both) bool { return b.policy(agora.ServiceRTMPPublish, "extension-rtmp-policy") },
	"service-param-required":     func(b both) bool { return b.each(func(s sent) bool { return isMap(s["serviceParam"]) }) },
	"mobile-boolean":             func(b both) bool { return optionalBool(b.start.at(recorder + "mobile")) },
	"onhold-boolean":             func(b both) bool { return optionalBool(b.start.at(recorder + "onhold")) },
	"max-video-duration-needs-mp4": func(b both) bool {
		return b.start.at(recorder+"maxVideoDuration") == nil || b.start.at("clientRequest.recordingFileConfig.avFileType.1") == "mp4"
	},
	"video-bitrate-default": func(b both) bool {
		return (b.start.at(recorder+"videoBitrate") == nil) == (b.set.Video.Bitrate == 0)
	},
	"rtmp-outputs-required": func(b both) bool {
		return b.each(func(s sent) bool {
			address, _ := s.at("serviceParam.outputs.0.rtmpUrl").(string)
			return s["serviceName"] != agora.ServiceRTMPPublish || address != ""
		})
	},
	"rtmp-single-output": func(b both) bool {
		_, most := catalog.Bound("rtmp-single-output")
		return b.each(func(s sent) bool {
			outputs, _ := s.at("serviceParam.outputs").([]any)
			return int64(len(outputs)) <= *most
		})
	},
}

// TestRequestsAreBuiltAsDocumented holds what no plan can break to the requests of plans that differ in every key that
// reaches them.
func TestRequestsAreBuiltAsDocumented(t *testing.T) {
	now := time.Date(2031, 9, 1, 0, 0, 0, 0, time.UTC)
	seen := map[string]bool{}
	for _, keys := range []string{
		"", "    mp4: true", "    mp4: 30m\n    cdn: one", "    cdn: two\n    mobile: true\n    video: {width: 390, height: 844, fps: 15, bitrate: 600}",
		"    mobile: false\n    exact_start: true\n    ready_timeout: 30s", "    cname: hall\n    region: EU\n    video: 1080p30\n    audio_profile: 2", "    near: us",
	} {
		p := loadPlan(t, school("2031-09-15 09:00-09:50", keys), "school.yaml")
		for _, o := range schedule.Occurrences(p, now, now.AddDate(0, 1, 0)) {
			maxHour, expireHour := o.Hours(o.RecordFrom)
			uid := o.UIDs(0)[0]
			x := session.Session{Cname: o.Cname, UID: uid, Limits: session.Limits{MaxHour: maxHour, ExpireHour: expireHour}, HoldFacts: session.HoldFacts{Held: o.Settings.ExactStart}, StartFacts: session.StartFacts{Near: o.Settings.Near()}}
			var push plan.Text
			if o.Settings.CDN != nil {
				push = o.Settings.CDN.URL
			}
			start, err := runner.StartRequest(&o, x, push, runner.NewKeys("example-access", "example-secret"), func(text plan.Text) (string, error) { return text.Resolve(values) })
			if err != nil {
				t.Fatal(err)
			}
			b := both{o.Settings, sentAs(t, runner.AcquireRequest(&o, x)), sentAs(t, start)}
			for id, keeps := range documented {
				if !keeps(b) {
					t.Errorf("%s is broken by a recording with %q", id, keys)
				}
			}
			seen[keys] = true
		}
	}
	if len(seen) != 7 {
		t.Errorf("requests of %d recordings were looked at", len(seen))
	}
}

// TestEveryClaimOfTheRequestsIsLookedAt holds the table of rules to the one above, so that neither goes on alone.
func TestEveryClaimOfTheRequestsIsLookedAt(t *testing.T) {
	claimed := 0
	for _, r := range catalog.Restrictions() {
		if r.Enforced.Test != "runner.TestRequestsAreBuiltAsDocumented" {
			continue
		}
		claimed++
		if documented[r.ID] == nil {
			t.Errorf("%s is said to be looked at in the requests", r.ID)
		}
	}
	if claimed != len(documented) {
		t.Errorf("%d restrictions are looked at and %d are said to be", len(documented), claimed)
	}
}
