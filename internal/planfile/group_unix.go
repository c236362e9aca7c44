//go:build unix

package planfile

import (
	"os/exec"
	"syscall"
)

// ownGroup makes a command the leader of a process group of its own, which ends as a whole when the command's context
// does.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return endGroup(cmd) }
}

// endGroup ends what is left of a command's group.
func endGroup(cmd *exec.Cmd) error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
