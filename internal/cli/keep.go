package cli

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// keepFlag is --keep: a number of days such as 400d, or a duration such as 9600h; 0 keeps for ever.
type keepFlag struct{ length time.Duration }

// leastKept is what the next start needs to know of what was recorded.
const leastKept = 9 * 24 * time.Hour

func (f *keepFlag) String() string {
	if f.length == 0 {
		return ""
	}
	return f.length.String()
}

func (f *keepFlag) Type() string { return "LONG" }

func (f *keepFlag) Set(s string) error {
	length, err := time.ParseDuration(s)
	if days, ok := strings.CutSuffix(s, "d"); ok {
		var n int
		n, err = strconv.Atoi(days)
		if n > 36500 {
			err = strconv.ErrRange
		}
		length = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || length < leastKept {
		return errors.New("must be 9d or more, such as 400d")
	}
	f.length = length
	return nil
}
