package agora

import "rundown/internal/redact"

// addStorage adds the keys of a storage to a redactor.
func addStorage(r *redact.Redactor, s *StorageConfig) {
	if s != nil {
		r.Add(s.AccessKey, s.SecretKey, s.STSToken)
	}
}

// addStart adds the secrets of a start to a redactor: the keys, the page and the push addresses.
func addStart(r *redact.Redactor, s *StartClientRequest) {
	if s == nil {
		return
	}
	addStorage(r, &s.StorageConfig)
	for _, service := range s.ExtensionServiceConfig.ExtensionServices {
		if service.Recorder != nil {
			r.AddURL(service.Recorder.URL, false)
		}
		addPublisher(r, service.Publisher)
	}
}

// addPublisher adds the push addresses to a redactor.
func addPublisher(r *redact.Redactor, p *PublisherParam) {
	if p == nil {
		return
	}
	for _, o := range p.Outputs {
		r.AddURL(o.RTMPURL, true)
	}
}
