package plan

import (
	"archive/zip"
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// The IANA time zone database comes with the binary and is the only one that is used. time.LoadLocation is not: it
// prefers ZONEINFO and the machine's own files, so that two machines may disagree about a class by an hour.

// zoneArchive is lib/time/zoneinfo.zip of the Go distribution. "make zones" writes it and its release.
//
//go:embed tzdata/zoneinfo.zip
var zoneArchive string

// zoneRelease is the name of the release, and in the second line the SHA-256 of the archive.
//
//go:embed tzdata/RELEASE
var zoneRelease string

// ZoneRelease names the release of the time zone database, for instance 2025c.
func ZoneRelease() string {
	name, _, _ := strings.Cut(zoneRelease, "\n")
	return name
}

// placeholderZone is in the database for machines on which no zone was set. It is not a place.
const placeholderZone = "Factory"

// zoneFiles are the files of the database by zone name. An archive that cannot be read is a broken build.
var zoneFiles = sync.OnceValue(func() map[string]*zip.File {
	archive, err := zip.NewReader(strings.NewReader(zoneArchive), int64(len(zoneArchive)))
	if err != nil {
		panic(fmt.Sprintf("the embedded time zone database cannot be read: %v", err))
	}
	files := make(map[string]*zip.File, len(archive.File))
	for _, f := range archive.File {
		if !strings.HasSuffix(f.Name, "/") && f.Name != placeholderZone {
			files[f.Name] = f
		}
	}
	return files
})

// ZoneList is the names of all zones, sorted.
var ZoneList = sync.OnceValue(func() []string {
	var names []string
	for name := range zoneFiles() {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
})

// zoneCache holds the zones that were loaded, by name.
var zoneCache sync.Map

// Zone is a zone of the embedded database. ok is false for any name that is not in it: "", Local and localtime too.
func Zone(name string) (zone *time.Location, ok bool) {
	if name == "UTC" {
		return time.UTC, true
	}
	if cached, ok := zoneCache.Load(name); ok {
		return cached.(*time.Location), true
	}
	f := zoneFiles()[name]
	if f == nil {
		return nil, false
	}
	zone, err := readZone(f)
	if err != nil {
		return nil, false
	}
	cached, _ := zoneCache.LoadOrStore(name, zone)
	return cached.(*time.Location), true
}

// readZone parses one file of the database.
func readZone(f *zip.File) (*time.Location, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, err
	}
	return time.LoadLocationFromTZData(f.Name, data)
}
