package agora

import "time"

// Region is an area of recording servers, as acquire takes it.
type Region string

// The areas.
const (
	RegionCN Region = "CN" // mainland China
	RegionAP Region = "AP" // Asia without mainland China
	RegionEU Region = "EU"
	RegionNA Region = "NA"
)

// Vendor is a third-party cloud storage.
type Vendor struct {
	Name    string // as plans write it: s3, alibaba, tencent, azure, google, huawei, baidu, s3-compatible
	Number  int
	Title   string // Amazon S3
	Regions []StorageRegion
}

// StorageRegion is a region of a vendor.
type StorageRegion struct {
	Name   string // as Agora lists it: US_EAST_1
	Number int
	Area   Region // the area of recording servers that it belongs to; "": none or unclear
}

// Vendors are the storage vendors in the order of their numbers.
func Vendors() []Vendor { panic("skeleton") }

// VendorByName finds a vendor by the name that plans write.
func VendorByName(name string) (Vendor, bool) { panic("skeleton") }

// Region finds a region of the vendor by name, in any case, with - or _.
func (v Vendor) Region(name string) (StorageRegion, bool) { panic("skeleton") }

// Restriction is an entry of the catalogue.
type Restriction struct {
	ID        string
	Statement string
	Field     string
	Check     string // static, plan, probe, runtime or human
	Severity  string // error or warning
	Source    string
	Since     string
	Conflict  string
	Derived   bool
}

// Restrictions is the whole catalogue, in its order.
func Restrictions() []Restriction { panic("skeleton") }

// RestrictionByID finds an entry.
func RestrictionByID(id string) (Restriction, bool) { panic("skeleton") }

// Bound gives the bounds of an entry that has plain ones; nil where an end is open. It panics for an id without
// bounds, which is a mistake in this program and not in any input.
func Bound(id string) (lo, hi *int64) { panic("skeleton") }

// Seconds gives the value of an entry as durations; it panics for an id whose value is not in seconds.
func Seconds(id string) []time.Duration { panic("skeleton") }
