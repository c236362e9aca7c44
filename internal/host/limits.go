package host

// Bounds of the connections that the daemon's listener takes, whoever connects.
const (
	// ownDescriptors are the file descriptors that the daemon needs for itself: store, log, watched folders, and
	// connections to the service.
	ownDescriptors  = 40
	mostConnections = 512
	fewConnections  = 4 // also where there are too few descriptors
)

// ConnectionLimit is how many connections the listener may hold open, so that those who connect cannot take the
// descriptors of the daemon.
func ConnectionLimit() int {
	limit, known := descriptorLimit()
	if !known || limit >= ownDescriptors+mostConnections {
		return mostConnections
	}
	return max(int(limit)-ownDescriptors, fewConnections)
}
