package preflight

// For tests: a transport with a proxy of their own, and its refusal.
var (
	NewOutward = newOutward
	ErrPrivate = errPrivate
)
