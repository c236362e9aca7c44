package simulator

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"strconv"
	"strings"
	"time"
)

// regionAreas maps each vendor's storage regions to the acquire.region that they belong to, by its first letter: C for CN,
// A for AP, E for EU, N for NA, - for none of the four, ? where the area is not known, and a space where the vendor
// has no region of that number; the index is the number.
var regionAreas = map[int]string{
	1:  "NNNNEEEEAAAA-NACC -AAE- AE",
	2:  "CCCCCCCANNAAAAAAEEEACCCCCCAA",
	3:  "CCCCCCCCCAAAAAANNNEE",
	5:  anyRegion,
	6:  anyRegion,
	7:  "CCCCCCAAA---N---",
	8:  " CCCAACC",
	11: anyRegion,
}

// anyRegion is for vendors without regions of their own: 0, or none at all.
const anyRegion = "?"

// The numbers of the vendors that some parameters are for.
const (
	vendorS3           = 1
	vendorAlibaba      = 2
	vendorTencent      = 3
	vendorS3Compatible = 11

	prefixMax = 128 // characters, slashes included
)

// storage checks a storageConfig and returns its file name prefix.
func (o object) storage(area string, now time.Time) (prefix []string) {
	o.allowOnly("vendor", "region", "bucket", "accessKey", "secretKey", "stsToken", "stsExpiration", "fileNamePrefix", "extensionParams")
	vendor := o.requiredInteger("vendor", 0, math.MaxInt32)
	regions, ok := regionAreas[vendor]
	if !ok {
		o.bad("vendor", "%d is not a vendor: choose 1, 2, 3, 5, 6, 7, 8 or 11", vendor)
	}
	region := 0
	if o.strict || o.has("region") || regions != anyRegion {
		region = o.requiredInteger("region", 0, math.MaxInt32)
	}
	if ok && (region >= len(regions) || regions[region] == ' ') {
		o.bad("region", "%d is not a region of vendor %d", region, vendor)
	} else if ok && area != "" && regions[region] != '?' && regions[region] != area[0] {
		o.bad("region", "%d of vendor %d is outside of acquire's region %s", region, vendor, area)
	}
	o.requiredText("bucket")
	o.requiredText("accessKey")
	o.requiredText("secretKey")
	o.sts(vendor, now)
	prefix = o.prefix()
	o.extensionParams(vendor)
	return prefix
}

// sts checks temporary credentials.
func (o object) sts(vendor int, now time.Time) {
	if o.has("stsToken") {
		o.requiredText("stsToken")
		if vendor != vendorS3 && vendor != vendorAlibaba && vendor != vendorTencent {
			o.bad("stsToken", "is for vendors 1, 2 and 3 only")
		}
		if !o.has("stsExpiration") {
			o.missing("stsExpiration")
		}
	}
	v, ok := o.members["stsExpiration"]
	if !ok {
		return
	}
	n, _ := v.(json.Number)
	expires, err := strconv.ParseUint(n.String(), 10, 64)
	if err != nil {
		o.bad("stsExpiration", "must be Unix seconds, a number without a sign")
	} else if expires <= uint64(max(0, now.Unix())) {
		o.bad("stsExpiration", "is past")
	}
}

// prefix checks fileNamePrefix.
func (o object) prefix() []string {
	list := o.texts("fileNamePrefix")
	for i, s := range list {
		if s == "" || strings.IndexFunc(s, func(r rune) bool {
			return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9')
		}) >= 0 {
			o.bad(fmt.Sprintf("fileNamePrefix[%d]", i), "must hold letters a-z, A-Z and digits only")
		}
	}
	if len(list) > 0 && len(strings.Join(list, "/"))+1 > prefixMax {
		o.bad("fileNamePrefix", "is longer than %d characters with its slashes", prefixMax)
	}
	return list
}

// extensionParams checks what only some vendors take.
func (o object) extensionParams(vendor int) {
	if vendor == vendorS3Compatible && !o.has("extensionParams") {
		o.missing("extensionParams")
		return
	}
	x := o.object("extensionParams")
	if !o.strict { // some clients send what they do not set as empty texts
		maps.DeleteFunc(x.members, func(name string, value any) bool { return (name == "sse" || name == "tag") && value == "" })
	}
	x.allowOnly("sse", "tag", "endpoint")
	x.oneOf("sse", "kms", "aes256")
	x.text("tag")
	x.text("endpoint")
	if x.has("sse") && vendor != vendorS3 {
		x.bad("sse", "is for vendor 1 only")
	}
	if x.has("tag") && vendor != vendorS3 && vendor != vendorAlibaba {
		x.bad("tag", "is for vendors 1 and 2 only")
	}
	switch {
	case vendor != vendorS3Compatible && x.has("endpoint"):
		x.bad("endpoint", "is for vendor 11 only")
	case vendor == vendorS3Compatible:
		if host := x.requiredText("endpoint"); strings.ContainsAny(host, "/ ") {
			x.bad("endpoint", "must be a host name")
		}
	}
}
