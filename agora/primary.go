package agora

import "rundown/agora/catalog"

// PrimaryURL is scheme and host of the service that a client begins with for the region of the recording servers and the
// area to be preferred. The area's path is not part of it.
func PrimaryURL(r catalog.Region, n catalog.Area) string {
	return documentedHosts(r, n != "").list[0].String()
}
