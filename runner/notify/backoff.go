package notify

import (
	"hash/fnv"
	"time"
)

// The waits between tries. They are ours: Standard Webhooks recommends growing waits over days.
const (
	firstWait = 5 * time.Second
	mostWait  = 24 * time.Hour
	// keepTrying is how long a message is tried from when it was first due. What is older helps nobody any more.
	keepTrying = 7 * 24 * time.Hour
)

// backoff is how long to wait after so many failed tries: 5 s, then twice as long each time, up to a day. A tenth at most is
// taken off, by the message, so that those that failed together do not come back together.
func backoff(tries int, id string) time.Duration {
	wait := mostWait
	if tries < 15 {
		wait = min(firstWait<<max(tries-1, 0), mostWait)
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(id))
	return wait - time.Duration(h.Sum32()%100)*wait/1000
}
