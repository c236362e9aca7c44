package catalog

import "slices"

// Area is an area of recording servers that the service is asked to prefer, so that they are near the storage where
// the caller is not. Unlike a [Region] it restricts nothing. It is requested in two places, which only work together:
// regionAffinity in acquire, and the area in front of the version in the address of every request of the session.
type Area string

// The areas as addresses have them.
const (
	AreaCN Area = "cn" // mainland China
	AreaAP Area = "ap" // Southeast Asia
	AreaEU Area = "eu" // Europe
	AreaUS Area = "us" // North America
)

// Areas lists the areas.
func Areas() []Area { return []Area{AreaCN, AreaAP, AreaEU, AreaUS} }

// Affinity is the area's number in regionAffinity; 0, the servers nearest to the caller, for none. The numbers are
// those of Agora's client for Go: the documentation names the field without its values.
func (a Area) Affinity() int { return slices.Index(Areas(), a) + 1 }

// Path precedes the version in an address; "" for none.
func (a Area) Path() string {
	if a == "" {
		return ""
	}
	return "/" + string(a)
}
