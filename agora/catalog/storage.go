package catalog

import "slices"

// Region is an area of recording servers, as acquire takes it.
type Region string

// The areas. Absent, the servers are near the caller.
const (
	RegionCN Region = "CN" // mainland China
	RegionAP Region = "AP" // Asia without mainland China
	RegionEU Region = "EU"
	RegionNA Region = "NA"
)

// RegionNone is the area of a storage outside of all areas; acquire does not take it.
const RegionNone Region = "-"

// Vendor is a third-party cloud storage.
type Vendor struct {
	Name      string // as plans write it: s3, alibaba, tencent, azure, google, huawei, baidu, s3-compatible
	Number    int
	Title     string // Amazon S3
	Regions   []StorageRegion
	Aliases   []StorageRegion // other names of Regions, by number, as another edition of the documentation prints them
	Withdrawn []StorageRegion // listed by older editions of the documentation only: refuse them, but by name
}

// StorageRegion is a region of a vendor.
type StorageRegion struct {
	Name   string // as Agora lists it: US_EAST_1; "" where the vendor needs none
	Number int
	Area   Region // the area of recording servers that it belongs to, RegionNone for none; "": unclear
}

// Vendors are the storage vendors in the order of their numbers, with the regions of the newest list.
func Vendors() []Vendor {
	list := slices.Clone(vendors)
	for i := range list {
		list[i] = list[i].clone()
	}
	return list
}

// VendorByName finds a vendor by the name that plans write.
func VendorByName(name string) (Vendor, bool) {
	v, ok := first(vendors, func(v Vendor) bool { return v.Name == name })
	return v.clone(), ok
}

// VendorByNumber finds a vendor by the number that the service takes.
func VendorByNumber(number int) (Vendor, bool) {
	v, ok := first(vendors, func(v Vendor) bool { return v.Number == number })
	return v.clone(), ok
}

// Region finds a region of the vendor by name, in any case, with - or _. Where a vendor's only region is 0, its name
// is "". An alias gives the region under its own name.
func (v Vendor) Region(name string) (StorageRegion, bool) {
	if alias, ok := regionNamed(v.Aliases, name); ok {
		return v.RegionByNumber(alias.Number)
	}
	return regionNamed(v.Regions, name)
}

// WithdrawnRegion finds a region that only older editions list, in the same way.
func (v Vendor) WithdrawnRegion(name string) (StorageRegion, bool) {
	return regionNamed(v.Withdrawn, name)
}

// RegionByNumber finds a region of the vendor by the number that the service takes.
func (v Vendor) RegionByNumber(number int) (StorageRegion, bool) {
	return first(v.Regions, func(r StorageRegion) bool { return r.Number == number })
}

func regionNamed(list []StorageRegion, name string) (StorageRegion, bool) {
	name = normalRegion(name)
	return first(list, func(r StorageRegion) bool { return normalRegion(r.Name) == name })
}

// first is the first item that matches.
func first[T any](list []T, matches func(T) bool) (found T, ok bool) {
	if i := slices.IndexFunc(list, matches); i >= 0 {
		return list[i], true
	}
	return found, false
}

// clone copies a vendor, so that callers cannot modify the tables.
func (v Vendor) clone() Vendor {
	v.Regions, v.Aliases, v.Withdrawn = slices.Clone(v.Regions), slices.Clone(v.Aliases), slices.Clone(v.Withdrawn)
	return v
}

// single is the region list of a vendor without regions of its own.
func single() []StorageRegion { return []StorageRegion{{}} }

// vendors follows "Third-party cloud storage regions", edition 2026. The areas are inferred from the location and not
// from the prefix: Tencent's AP_Beijing is in mainland China.
var vendors = []Vendor{
	{
		Name: "s3", Number: 1, Title: "Amazon S3",
		Regions: []StorageRegion{
			{"US_EAST_1", 0, RegionNA},
			{"US_EAST_2", 1, RegionNA},
			{"US_WEST_1", 2, RegionNA},
			{"US_WEST_2", 3, RegionNA},
			{"EU_WEST_1", 4, RegionEU},
			{"EU_WEST_2", 5, RegionEU},
			{"EU_WEST_3", 6, RegionEU},
			{"EU_CENTRAL_1", 7, RegionEU},
			{"AP_SOUTHEAST_1", 8, RegionAP},
			{"AP_SOUTHEAST_2", 9, RegionAP},
			{"AP_NORTHEAST_1", 10, RegionAP},
			{"AP_NORTHEAST_2", 11, RegionAP},
			{"SA_EAST_1", 12, RegionNone},
			{"CA_CENTRAL_1", 13, RegionNA},
			{"AP_SOUTH_1", 14, RegionAP},
			{"CN_NORTH_1", 15, RegionCN},
			{"CN_NORTHWEST_1", 16, RegionCN},
			{"AF_SOUTH_1", 18, RegionNone},
			{"AP_EAST_1", 19, RegionAP},
			{"AP_NORTHEAST_3", 20, RegionAP},
			{"EU_NORTH_1", 21, RegionEU},
			{"ME_SOUTH_1", 22, RegionNone},
			{"AP_SOUTHEAST_3", 24, RegionAP},
			{"EU_SOUTH_1", 25, RegionEU},
		},
		Withdrawn: []StorageRegion{
			{"US_GOV_WEST_1", 17, RegionNA},
			{"US_GOV_EAST_1", 23, RegionNA},
			{"IL_CENTRAL_1", 28, RegionNone},
		},
	},
	{
		Name: "alibaba", Number: 2, Title: "Alibaba Cloud",
		Regions: []StorageRegion{
			{"CN_Hangzhou", 0, RegionCN},
			{"CN_Shanghai", 1, RegionCN},
			{"CN_Qingdao", 2, RegionCN},
			{"CN_Beijing", 3, RegionCN},
			{"CN_Zhangjiakou", 4, RegionCN},
			{"CN_Huhehaote", 5, RegionCN},
			{"CN_Shenzhen", 6, RegionCN},
			{"CN_Hongkong", 7, RegionAP},
			{"US_West_1", 8, RegionNA},
			{"US_East_1", 9, RegionNA},
			{"AP_Southeast_1", 10, RegionAP},
			{"AP_Southeast_2", 11, RegionAP},
			{"AP_Southeast_3", 12, RegionAP},
			{"AP_Southeast_5", 13, RegionAP},
			{"AP_Northeast_1", 14, RegionAP},
			{"AP_South_1", 15, RegionAP},
			{"EU_Central_1", 16, RegionEU},
			{"EU_West_1", 17, RegionEU},
			{"EU_East_1", 18, RegionEU},
			{"AP_Southeast_6", 19, RegionAP},
			{"CN_Heyuan", 20, RegionCN},
			{"CN_Guangzhou", 21, RegionCN},
			{"CN_Chengdu", 22, RegionCN},
			{"CN_Nanjing", 23, RegionCN},
			{"CN_Fuzhou", 24, RegionCN},
			{"CN_Wulanchabu", 25, RegionCN},
			{"AP_Northeast_2", 26, RegionAP}, // Seoul
			{"AP_Southeast_7", 27, RegionAP}, // Bangkok
		},
		// The English page prints these with CN_, the mainland page and the release notes of 2023-07-05 with AP_.
		Aliases: []StorageRegion{
			{"CN_Northeast_2", 26, RegionAP},
			{"CN_Southeast_7", 27, RegionAP},
		},
	},
	{
		Name: "tencent", Number: 3, Title: "Tencent Cloud",
		Regions: []StorageRegion{
			{"AP_Beijing_1", 0, RegionCN},
			{"AP_Beijing", 1, RegionCN},
			{"AP_Shanghai", 2, RegionCN},
			{"AP_Guangzhou", 3, RegionCN},
			{"AP_Chengdu", 4, RegionCN},
			{"AP_Chongqing", 5, RegionCN},
			{"AP_Shenzhen_FSI", 6, RegionCN},
			{"AP_Shanghai_FSI", 7, RegionCN},
			{"AP_Beijing_FSI", 8, RegionCN},
			{"AP_Hongkong", 9, RegionAP},
			{"AP_Singapore", 10, RegionAP},
			{"AP_Mumbai", 11, RegionAP},
			{"AP_Seoul", 12, RegionAP},
			{"AP_Bangkok", 13, RegionAP},
			{"AP_Tokyo", 14, RegionAP},
			{"NA_Siliconvalley", 15, RegionNA},
			{"NA_Ashburn", 16, RegionNA},
			{"NA_Toronto", 17, RegionNA},
			{"EU_Frankfurt", 18, RegionEU},
			{"EU_Moscow", 19, RegionEU},
		},
	},
	{Name: "azure", Number: 5, Title: "Microsoft Azure", Regions: single()},
	{Name: "google", Number: 6, Title: "Google Cloud", Regions: single()},
	{
		Name: "huawei", Number: 7, Title: "Huawei Cloud",
		Regions: []StorageRegion{
			{"CN_North_1", 0, RegionCN},
			{"CN_North_4", 1, RegionCN},
			{"CN_East_2", 2, RegionCN},
			{"CN_East_3", 3, RegionCN},
			{"CN_South_1", 4, RegionCN},
			{"CN_Southwest_2", 5, RegionCN},
			{"AP_Southeast_1", 6, RegionAP},
			{"AP_Southeast_2", 7, RegionAP},
			{"AP_Southeast_3", 8, RegionAP},
			{"AF_South_1", 9, RegionNone},
			{"SA_Argentina_1", 10, RegionNone},
			{"SA_Peru_1", 11, RegionNone},
			{"NA_Mexico_1", 12, RegionNA},
			{"SA_Brazil_1", 13, RegionNone},
			{"LA_South_2", 14, RegionNone},
			{"SA_Chile_1", 15, RegionNone},
		},
	},
	{
		Name: "baidu", Number: 8, Title: "Baidu AI Cloud",
		Regions: []StorageRegion{
			{"Baoding", 1, RegionCN},
			{"Suzhou", 2, RegionCN},
			{"Guangzhou", 3, RegionCN},
			{"Hongkong", 4, RegionAP},
			{"Singapore", 5, RegionAP},
			{"Wuhan", 6, RegionCN},
			{"Shanghai", 7, RegionCN},
		},
		Withdrawn: []StorageRegion{{"Beijing", 0, RegionCN}},
	},
	{Name: "s3-compatible", Number: 11, Title: "S3-compatible storage", Regions: single()},
}
