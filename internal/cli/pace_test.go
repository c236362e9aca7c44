package cli

import (
	"os/exec"
	"time"
)

// pace is how many times longer than on an idle machine it takes to start the program here and now, from 1 to 4. Tests in
// real time give that much more room to what they plan and what they wait for, so that a loaded machine has them last
// longer and not fail.
type pace float64

func paceNow() pace {
	path, err := exec.LookPath("rundown")
	if err != nil {
		return 1
	}
	cmd := exec.Command(path, "version")
	cmd.Env = append(cmd.Environ(), "GORACE=atexit_sleep_ms=0")
	begun := time.Now()
	if cmd.Run() != nil {
		return 1
	}
	return pace(min(max(float64(time.Since(begun))/float64(idleStart), 1), 4))
}

// of is how long something takes here that takes d on an idle machine, in whole seconds.
func (p pace) of(d time.Duration) time.Duration {
	return (time.Duration(float64(d)*float64(p)) + time.Second - 1).Truncate(time.Second)
}

// patience gives a channel that is closed after d on an idle machine, and on a loaded one after so much longer; which of
// them it is it looks at when d is over. stop ends it.
func patience(d time.Duration) (over <-chan struct{}, stop func()) {
	closed, stopped := make(chan struct{}), make(chan struct{})
	wait := func(d time.Duration) bool {
		timer := time.NewTimer(d)
		defer timer.Stop()
		select {
		case <-timer.C:
			return true
		case <-stopped:
			return false
		}
	}
	go func() {
		if wait(d) && wait(paceNow().of(d)-d) {
			close(closed)
		}
	}()
	return closed, func() { close(stopped) }
}
