package catalog

// StreamClass is a class of resolution for which the number of concurrent recordings is limited, by region. It is not
// the class that is billed; see [BillingClass].
type StreamClass string

// The stream classes by output pixels.
const (
	StreamSD  StreamClass = "sd"  // up to 640 × 360
	StreamHD  StreamClass = "hd"  // above that, up to 1280 × 720
	StreamFHD StreamClass = "fhd" // above that, up to 1920 × 1080
)

// StreamClasses are the classes, smallest first.
func StreamClasses() []StreamClass { return []StreamClass{StreamSD, StreamHD, StreamFHD} }

// StreamClassOf is the stream class of an output size in pixels. Sizes above the largest class belong to it; another
// rule refuses them.
func StreamClassOf(width, height int) StreamClass {
	switch pixels := int64(width) * int64(height); {
	case pixels <= IntsOf("stream-class-bounds", "sd_max_pixels")[0]:
		return StreamSD
	case pixels <= IntsOf("stream-class-bounds", "hd_max_pixels")[0]:
		return StreamHD
	default:
		return StreamFHD
	}
}

// streamLimitIDs are the ids of the catalogue's entries, by region.
var streamLimitIDs = map[Region]string{
	RegionCN: "streams-max-mainland-china",
	RegionEU: "streams-max-europe",
	RegionNA: "streams-max-america",
	RegionAP: "streams-max-asia",
}

// StreamLimitID is the catalogue's entry of a region's limits; "" where the region is not known.
func StreamLimitID(r Region) string { return streamLimitIDs[r] }

// LeastStreamRegion is the region with the smallest limits, which [StreamLimit] assumes without a region.
func LeastStreamRegion() Region {
	least := RegionCN
	for _, r := range []Region{RegionAP, RegionEU, RegionNA} {
		if StreamLimit(r, StreamSD) < StreamLimit(least, StreamSD) {
			least = r
		}
	}
	return least
}

// StreamLimit is the documented number of concurrent web page recordings of a class in a region, for an App ID to
// which support has granted nothing else. Where the region is not known ("": near the caller), it is the smallest
// of all regions.
func StreamLimit(r Region, c StreamClass) int {
	if id, ok := streamLimitIDs[r]; ok {
		_, hi := BoundOf(id, string(c))
		return int(*hi)
	}
	least := 0
	for _, id := range streamLimitIDs {
		_, hi := BoundOf(id, string(c))
		if n := int(*hi); least == 0 || n < least {
			least = n
		}
	}
	return least
}

// carefulHDInAsia is the number of concurrent HD recordings in Asia that the mainland quota page of 2026 and an edition
// of 2023 name; the current page on web page recording names a larger one.
const carefulHDInAsia = 50

// CarefulStreamLimit is the smaller figure where the documentation has two limits for a class in a region; 0 where it
// has one. [StreamLimit] is the larger one.
func CarefulStreamLimit(r Region, c StreamClass) int {
	if r == RegionAP && c == StreamHD {
		return carefulHDInAsia
	}
	return 0
}

// DefaultQPS is the number of requests a second that the documentation allows for an App ID with so many concurrent
// recordings: a tenth of them, at most 10 and at least 1. Where concurrent is not positive, [DefaultConcurrent] is
// used.
func DefaultQPS(concurrent int) int {
	if concurrent <= 0 {
		concurrent = DefaultConcurrent()
	}
	_, most := Bound("qps-per-appid")
	return max(1, min(int(*most), int(float64(concurrent)*Share("qps-share-of-concurrency"))))
}

// DefaultConcurrent is the number of concurrent recordings to assume until the quota of an App ID is known: the
// smaller of the two documented figures.
func DefaultConcurrent() int { return int(Ints("pcw-max")[0]) }

// MaxConcurrent is the largest number of concurrent recordings that the documentation names.
func MaxConcurrent() int {
	_, hi := Bound("pcw-max")
	return int(*hi)
}

// BillingClass is a class of resolution by which minutes are billed.
type BillingClass string

// The billing classes by output pixels.
const (
	BillingHD     BillingClass = "hd"      // up to 1280 × 720 pixels in all
	BillingFullHD BillingClass = "full_hd" // above
)

// BillingClassOf is the billing class of an output size in pixels.
func BillingClassOf(width, height int) BillingClass {
	_, hi := BoundOf("billing-hd-threshold", string(BillingHD))
	if int64(width)*int64(height) <= *hi {
		return BillingHD
	}
	return BillingFullHD
}

// UnitPrice is the documented price of 1000 minutes in US dollars; a contract overrides it.
func UnitPrice(c BillingClass) int { return int(IntsOf("billing-unit-price", string(c))[0]) }

// FreeMinutes are free for each account and month. They are shared with other products and not carried over.
func FreeMinutes() int { return int(Ints("billing-free-minutes")[0]) }
