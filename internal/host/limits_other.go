//go:build !unix

package host

import "errors"

// descriptorLimit is not known here.
func descriptorLimit() (limit uint64, known bool) { return 0, false }

// DiskSpace is not known here.
func DiskSpace(string) (free, size uint64, err error) { return 0, 0, errors.ErrUnsupported }
