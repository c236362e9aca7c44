package agora

// ModuleUploader is the module of event 1 that uploads files.
const ModuleUploader = 1

// uploadErrors are the documented error codes of the uploader.
var uploadErrors = map[int]string{
	32: "the storage configuration is wrong, and nothing is kept",
	47: "the upload fails",
	51: "the upload fails",
}

// UploadError describes what is wrong with the upload; "" where the error is not a documented one of the uploader.
// The documentation gives these errors level 5; they count at any level.
func (d ErrorDetails) UploadError() string {
	if d.Module != ModuleUploader {
		return ""
	}
	return uploadErrors[d.Code]
}
