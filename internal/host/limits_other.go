//go:build !unix

package host

import "errors"

// descriptorLimit is not known here.
func descriptorLimit() (limit uint64, known bool) { return 0, false }

// FreeSpace is not known here.
func FreeSpace(string) (uint64, error) { return 0, errors.ErrUnsupported }
