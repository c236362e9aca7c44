//go:build unix

package host

import "golang.org/x/sys/unix"

// descriptorLimit is how many file descriptors this process may open.
func descriptorLimit() (limit uint64, known bool) {
	var r unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &r); err != nil {
		return 0, false
	}
	return uint64(r.Cur), true
}
