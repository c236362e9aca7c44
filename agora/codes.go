package agora

// The service's codes that a caller tells apart.
const (
	codeParameter        = 2
	codeAlreadyStarted   = 7
	codeInvalidOperation = 49
	codeUploadTimeout    = 50
	codeTaskConflict     = 53
	codeRequestTimeout   = 62
	codePending          = 65
	codeNotFound         = 404
	codeNoActiveStatus   = 405
	codeOverload         = 406
	codeNoRecordedData   = 435
	codeAllocate         = 502
)
