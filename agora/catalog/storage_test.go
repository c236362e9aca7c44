package catalog

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func TestVendorsAndRegionsAreThoseOfTheCatalogue(t *testing.T) {
	var numbers []int64
	for _, v := range Vendors() {
		numbers = append(numbers, int64(v.Number))
		var regions []int64
		for _, r := range v.Regions {
			regions = append(regions, int64(r.Number))
		}
		if want := IntsOf("storage-region-values", strconv.Itoa(v.Number)); !slices.Equal(regions, want) {
			t.Errorf("%s: regions %v, want %v", v.Name, regions, want)
		}
		if got, ok := VendorByName(v.Name); !ok || got.Number != v.Number {
			t.Errorf("VendorByName(%q) = %d, %v", v.Name, got.Number, ok)
		}
		if got, ok := VendorByNumber(v.Number); !ok || got.Name != v.Name {
			t.Errorf("VendorByNumber(%d) = %q, %v", v.Number, got.Name, ok)
		}
	}
	if want := Ints("storage-vendor-values"); !slices.Equal(numbers, want) {
		t.Errorf("vendors %v, want %v", numbers, want)
	}
}

func TestNamesAndNumbersOfRegionsAreUnique(t *testing.T) {
	for _, v := range Vendors() {
		names, numbers := map[string]bool{}, map[int]bool{}
		for _, r := range append(v.Regions, v.Withdrawn...) {
			if names[normalRegion(r.Name)] || numbers[r.Number] {
				t.Errorf("%s: %s or %d twice", v.Name, r.Name, r.Number)
			}
			names[normalRegion(r.Name)], numbers[r.Number] = true, true
			areas := []Region{"", RegionNone, RegionCN, RegionAP, RegionEU, RegionNA}
			if !slices.Contains(areas, r.Area) {
				t.Errorf("%s %s: area %q", v.Name, r.Name, r.Area)
			}
		}
		if _, ok := VendorByName(v.Name); ok == (len(v.Regions) == 0) {
			t.Errorf("%s: found %v with %d regions", v.Name, ok, len(v.Regions))
		}
	}
}

func TestARegionIsFoundHoweverItsNameIsWritten(t *testing.T) {
	for _, c := range []struct {
		vendor, name string
		number       int
		area         Region
	}{
		{"s3", "us-east-1", 0, RegionNA},
		{"s3", "US_EAST_1", 0, RegionNA},
		{"s3", "eu-central-1", 7, RegionEU},
		{"s3", "sa-east-1", 12, RegionNone},
		{"alibaba", "cn-beijing", 3, RegionCN},
		{"alibaba", "cn-hongkong", 7, RegionAP},
		{"alibaba", "CN_Northeast_2", 26, RegionAP}, // the English page's spelling
		{"alibaba", "cn-southeast-7", 27, RegionAP},
		{"alibaba", "ap-northeast-2", 26, RegionAP},
		{"alibaba", "AP_Southeast_7", 27, RegionAP},
		{"tencent", "ap-beijing", 1, RegionCN},
		{"tencent", "AP_Hongkong", 9, RegionAP},
		{"huawei", "la-south-2", 14, RegionNone},
		{"baidu", "shanghai", 7, RegionCN},
		{"azure", "", 0, ""},
		{"google", "", 0, ""},
		{"s3-compatible", "", 0, ""},
	} {
		v, _ := VendorByName(c.vendor)
		r, ok := v.Region(c.name)
		if !ok || r.Number != c.number || r.Area != c.area {
			t.Errorf("%s %q = %+v, %v, want %d %q", c.vendor, c.name, r, ok, c.number, c.area)
		}
		if back, ok := v.RegionByNumber(c.number); !ok || back != r {
			t.Errorf("%s %d = %+v, %v", c.vendor, c.number, back, ok)
		}
	}
}

func TestUnknownAndWithdrawnRegionsAreNotTaken(t *testing.T) {
	s3, _ := VendorByName("s3")
	for _, name := range []string{"", "us-gov-west-1", "il-central-1", "eu-south-2"} {
		if r, ok := s3.Region(name); ok {
			t.Errorf("%q = %+v", name, r)
		}
	}
	if r, ok := s3.WithdrawnRegion("us-gov-west-1"); !ok || r.Number != 17 {
		t.Errorf("withdrawn = %+v, %v", r, ok)
	}
	if _, ok := s3.RegionByNumber(17); ok {
		t.Error("number 17 is taken")
	}
	azure, _ := VendorByName("azure")
	if _, ok := azure.Region("westeurope"); ok {
		t.Error("a region of a vendor without any is taken")
	}
	if _, ok := VendorByNumber(4); ok {
		t.Error("a withdrawn vendor is taken")
	}
}

func TestStreamLimitsAndPricesAreTheDocumentedOnes(t *testing.T) {
	want := map[Region][3]int{
		RegionCN: {100, 50, 30}, RegionEU: {50, 30, 10}, RegionNA: {100, 50, 30}, RegionAP: {100, 100, 30},
		"": {50, 30, 10},
	}
	for _, r := range slices.Sorted(maps.Keys(want)) {
		for i, c := range StreamClasses() {
			if got := StreamLimit(r, c); got != want[r][i] {
				t.Errorf("StreamLimit(%q, %s) = %d, want %d", r, c, got, want[r][i])
			}
		}
	}
	for _, c := range []struct {
		w, h    int
		stream  StreamClass
		billing BillingClass
	}{
		{640, 360, StreamSD, BillingHD},
		{848, 480, StreamHD, BillingHD},
		{1280, 720, StreamHD, BillingHD},
		{1281, 720, StreamFHD, BillingFullHD},
		{1080, 1920, StreamFHD, BillingFullHD},
		{1 << 20, 1 << 20, StreamFHD, BillingFullHD},
	} {
		if s, b := StreamClassOf(c.w, c.h), BillingClassOf(c.w, c.h); s != c.stream || b != c.billing {
			t.Errorf("%d × %d: %s %s, want %s %s", c.w, c.h, s, b, c.stream, c.billing)
		}
	}
	got := []int{DefaultConcurrent(), MaxConcurrent(), UnitPrice(BillingHD), UnitPrice(BillingFullHD), FreeMinutes()}
	if !slices.Equal(got, []int{50, 200, 14, 28, 10000}) {
		t.Errorf("defaults %v", got)
	}
}

func TestTheDefaultRateIsATenthOfTheConcurrency(t *testing.T) {
	for concurrent, want := range map[int]int{-1: 5, 0: 5, 1: 1, 9: 1, 19: 1, 20: 2, 50: 5, 99: 9, 100: 10, 200: 10, 5000: 10} {
		if got := DefaultQPS(concurrent); got != want {
			t.Errorf("%d concurrent recordings: %d requests a second, want %d", concurrent, got, want)
		}
	}
}

func TestVendorTitlesNameTheVendorForMessages(t *testing.T) {
	for _, v := range Vendors() {
		if v.Title == "" || v.Name != strings.ToLower(v.Name) || strings.Contains(v.Name, " ") {
			t.Errorf("%+v", v)
		}
	}
}
