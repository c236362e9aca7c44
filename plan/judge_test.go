package plan

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestTheJudgeAndValidatorAgreeOnEachRecording(t *testing.T) {
	settings := rapid.Custom(func(t *rapid.T) settingsKeys {
		number := rapid.Ptr(rapid.SampledFrom([]int{-1, 0, 1, 2, 3, 4, 5, 20, 21, 60, 61, 240, 1920, 8001}), true)
		length := rapid.Ptr(rapid.SampledFrom([]boundedDuration{-1, 0, 1, boundedDuration(time.Second), boundedDuration(time.Minute), boundedDuration(time.Hour), boundedDuration(5 * time.Hour)}), true)
		word := rapid.Ptr(rapid.SampledFrom([]string{"", none, "EU", "eu", "high", "higher"}), true)
		s := settingsKeys{
			Region: word.Draw(t, "region"), Priority: word.Draw(t, "priority"),
			AudioProfile: number.Draw(t, "audio_profile"), Attempts: number.Draw(t, "attempts"), Redundancy: number.Draw(t, "redundancy"),
		}
		if rapid.Bool().Draw(t, "has a picture") {
			s.Video = &videoKeys{
				Width: number.Draw(t, "width"), Height: number.Draw(t, "height"), FPS: number.Draw(t, "fps"), Bitrate: number.Draw(t, "bitrate"),
			}
		}
		if split := length.Draw(t, "mp4"); split != nil {
			s.MP4 = &mp4Keys{Enabled: true, Split: split}
		}
		if timeout := length.Draw(t, "ready_timeout"); timeout != nil {
			s.ReadyTimeout = &readyTimeoutKey{Duration: timeout}
		}
		return s
	})
	rapid.Check(t, func(t *rapid.T) {
		var one entry[recordingKeys]
		if rapid.Bool().Draw(t, "has settings") {
			one.Value.Settings = settings.Draw(t, "settings")
		}
		if rapid.Bool().Draw(t, "has a time") {
			one.Value.When = &whenKeys{}
		}
		if rapid.Bool().Draw(t, "has a change") {
			one.Value.Changes = entries[changeKeys]{{Value: changeKeys{Settings: settings.Draw(t, "change")}}}
		}
		var j judge
		right := j.right(reflect.ValueOf(&one.Value).Elem())
		err := fieldChecks().Struct(&recordingsOf{entries[recordingKeys]{one}})
		if right != (err == nil) {
			t.Fatalf("the judge says %v, validator: %v", right, err)
		}
	})
}
