package host

import "testing"

func TestTheUptimeNeverGoesBack(t *testing.T) {
	t.Parallel()
	last := Uptime()
	for range 1000 {
		now := Uptime()
		if now < last || now < 0 {
			t.Fatalf("%v after %v", now, last)
		}
		last = now
	}
}
