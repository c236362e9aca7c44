package view

import (
	"reflect"
	"testing"

	"rundown/plan"
)

// notListed are the settings that list leaves out, with the reason.
var notListed = map[string]string{
	"region": "show", "near": "show", "cname": "show", "only": "its days are listed", "skip": "its days are not listed", "video": "show",
	"audio_profile": "show", "mp4": "show", "mobile": "show", "ready_timeout": "show", "padding": "record_from and record_until", "preflight": "show",
	"min_remainder": "show", "attempts": "show", "labels": "show",
}

// TestListHasEachSettingOrLeavesItOutOnPurpose names a new key that nobody has decided about.
func TestListHasEachSettingOrLeavesItOutOnPurpose(t *testing.T) {
	listed := map[string]bool{}
	for i := range reflect.TypeFor[Planned]().NumField() {
		listed[reflect.TypeFor[Planned]().Field(i).Tag.Get("json")] = true
	}
	for _, row := range plan.SettingTable {
		if why := notListed[row.Key]; listed[row.Key] == (why != "") {
			t.Errorf("%s: in list %v, left out because of %q", row.Key, listed[row.Key], why)
		}
	}
}
