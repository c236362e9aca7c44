package simulator

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"
)

// catalogue reads the figures of the catalogue of restrictions. The simulator does not use them: its checks were
// written from the reference, and here the two are held against each other.
func catalogue(t *testing.T) map[string]entry {
	t.Helper()
	data, err := os.ReadFile("../catalog/restrictions.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Restrictions []entry `yaml:"restrictions"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	out := map[string]entry{}
	for _, e := range file.Restrictions {
		out[e.ID] = e
	}
	return out
}

type entry struct {
	ID     string    `yaml:"id"`
	Value  yaml.Node `yaml:"value"`
	Bounds yaml.Node `yaml:"bounds"`
}

func TestTheSimulatorKeepsToTheCataloguesBounds(t *testing.T) {
	number := func(part func(tree) tree, name string) func(int) func(tree) {
		return func(n int) func(tree) { return set(part, name, n) }
	}
	acquires := map[string]func(int) func(tree){
		"resource-expired-hour-range": number(settings, "resourceExpiredHour"),
		"uid-range":                   func(n int) func(tree) { return set(whole, "uid", strconv.Itoa(n)) },
		"cname-max-bytes":             func(n int) func(tree) { return set(whole, "cname", strings.Repeat("a", n)) },
	}
	starts := map[string]func(int) func(tree){
		"video-side-range": func(n int) func(tree) {
			return func(b tree) { param(b)["videoWidth"], param(b)["videoHeight"] = n, 480 }
		},
		"video-pixels-max": func(n int) func(tree) {
			return func(b tree) { param(b)["videoWidth"], param(b)["videoHeight"] = 1920, (n+1919)/1920 }
		},
		"video-fps-range":          number(param, "videoFps"),
		"max-recording-hour-range": number(param, "maxRecordingHour"),
		"max-video-duration-range": number(param, "maxVideoDuration"),
		"ready-timeout-range":      number(param, "readyTimeout"),
		"prefix-max-length":        func(n int) func(tree) { return set(storage, "fileNamePrefix", []any{strings.Repeat("a", n-1)}) },
	}
	r := newRig(t, Config{QPS: -1, Concurrent: -1})
	entries := catalogue(t)
	try := func(id string, n int, start bool, with func(tree)) int {
		if !start {
			return r.acquire("room-1", "7", with).status
		}
		cname := fmt.Sprintf("%s %d", id, n)
		return r.start(r.acquire(cname, "7").body.ResourceID, cname, "7", with).status
	}
	probe := func(id string, start bool, with func(int) func(tree)) {
		var bounds struct{ Min, Max *int }
		node := entries[id].Bounds
		if err := node.Decode(&bounds); err != nil || bounds.Min == nil && bounds.Max == nil {
			t.Errorf("%s has no bounds: %v", id, err)
			return
		}
		if bounds.Min != nil {
			if in, out := try(id, *bounds.Min, start, with(*bounds.Min)), try(id, *bounds.Min-1, start, with(*bounds.Min-1)); in != 200 || out != 400 {
				t.Errorf("%s: HTTP %d at the minimum, %d below", id, in, out)
			}
		}
		if bounds.Max != nil {
			if in, out := try(id, *bounds.Max, start, with(*bounds.Max)), try(id, *bounds.Max+1, start, with(*bounds.Max+1)); in != 200 || out != 400 {
				t.Errorf("%s: HTTP %d at the maximum, %d above", id, in, out)
			}
		}
	}
	for id, with := range acquires {
		probe(id, false, with)
	}
	for id, with := range starts {
		probe(id, true, with)
	}
}

func TestTheSimulatorKnowsTheCataloguesStorageRegions(t *testing.T) {
	var want map[string][]int
	node := catalogue(t)["storage-region-values"].Value
	if err := node.Decode(&want); err != nil || len(want) == 0 {
		t.Fatalf("no regions in the catalogue: %v", err)
	}
	if len(want) != len(regionAreas) {
		t.Errorf("%d vendors, the catalogue has %d", len(regionAreas), len(want))
	}
	for name, numbers := range want {
		vendor, err := strconv.Atoi(name)
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for n, letter := range regionAreas[vendor] {
			if letter != ' ' {
				got = append(got, n)
			}
		}
		if fmt.Sprint(got) != fmt.Sprint(numbers) {
			t.Errorf("vendor %d: regions %v, the catalogue has %v", vendor, got, numbers)
		}
	}
}

func TestTheSimulatorKnowsTheCataloguesCnameCharacters(t *testing.T) {
	node := catalogue(t)["cname-charset"].Value
	marks := strings.Fields(strings.TrimPrefix(node.Value, "A-Z a-z 0-9 space "))
	if len(marks) < 20 {
		t.Fatalf("marks %q", marks)
	}
	want := " " + strings.Join(marks, "")
	for c := rune(0); c < 0x100; c++ {
		letter := strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", c)
		if got := channelName(string(c)); got != (letter || strings.ContainsRune(want, c)) {
			t.Errorf("%q: %t", c, got)
		}
	}
	replaced := catalogue(t)["cname-filename-replacement"].Value
	if got := fileCname(replaced.Value); got != strings.Repeat("-", len(replaced.Value)) {
		t.Errorf("%s becomes %s", replaced.Value, got)
	}
}
