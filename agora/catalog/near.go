package catalog

import "slices"

// Near is an area of recording servers that the service is asked to prefer, so that they are near the storage where
// the caller is not. Unlike a [Region] it restricts nothing. It is requested in two places, which only work together:
// regionAffinity in acquire, and the area in front of the version in the address of every request of the session.
type Near string

// The areas as addresses have them.
const (
	NearCN Near = "cn" // mainland China
	NearAP Near = "ap" // Southeast Asia
	NearEU Near = "eu" // Europe
	NearUS Near = "us" // North America
)

// Nears lists the areas.
func Nears() []Near { return []Near{NearCN, NearAP, NearEU, NearUS} }

// Affinity is the area's number in regionAffinity; 0, the servers nearest to the caller, for none. The numbers are
// those of Agora's client for Go: the documentation names the field without its values.
func (n Near) Affinity() int { return slices.Index(Nears(), n) + 1 }

// Path precedes the version in an address; "" for none.
func (n Near) Path() string {
	if n == "" {
		return ""
	}
	return "/" + string(n)
}
