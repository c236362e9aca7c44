package agora

// The service's codes that a caller tells apart, with what the documentation calls them (Response status codes).
const (
	codeParameter        = 2   // a parameter has a wrong type, spelling or range
	codeAlreadyStarted   = 7   // the resource id has started, or the recording is under way
	codeInvalidOperation = 49  // the recording is leaving already
	codeUploadTimeout    = 50  // of a stop: it is stopped, and the upload goes on
	codeTaskConflict     = 53  // a recording with this cname and uid is live
	codeRequestTimeout   = 62  // the service ran out of time
	codePending          = 65  // the service is still at it; of a start, it may run
	codeNotFound         = 404 // failed to find worker: it has ended, or fails over
	codeNoActiveStatus   = 405 // the account is suspended or overdue
	codeOverload         = 406 // vendor_over_load: as many recordings run as may
	codeNoRecordedData   = 435 // of a stop: nothing was recorded
	codeAllocate         = 502 // Failed to allocate worker
)
