package agora

// PrimaryURL is scheme and host of the service that a client begins with for the region of the recording servers.
func PrimaryURL(r Region) string { return documentedHosts(r).list[0].String() }
