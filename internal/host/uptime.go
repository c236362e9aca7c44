package host

import "time"

// begun is an instant that Uptime may count from.
var begun = time.Now()
