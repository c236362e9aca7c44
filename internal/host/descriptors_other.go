//go:build !unix

package host

// descriptorLimit is how many file descriptors this process may open.
func descriptorLimit() (limit uint64, known bool) { return 0, false }
