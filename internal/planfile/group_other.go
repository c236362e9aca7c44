//go:build !unix

package planfile

import "os/exec"

// ownGroup does nothing where there are no process groups: the command alone is ended with its context.
func ownGroup(*exec.Cmd) {}

func endGroup(*exec.Cmd) error { return nil }
