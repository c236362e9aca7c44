package agora

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
)

// shortestSecret is the length in bytes from which a text is looked for: shorter ones would garble any message.
const shortestSecret = 4

// redactor replaces secrets of a request in what the service says about it: a reason may quote the field it refuses.
type redactor struct{ secrets []string }

func (r *redactor) add(secrets ...string) {
	for _, s := range secrets {
		if len(s) >= shortestSecret && !slices.Contains(r.secrets, s) {
			r.secrets = append(r.secrets, s)
		}
	}
}

// addURL takes a whole address for a secret, and of its parts those that carry one: the path of an ingest address
// and the query of any.
func (r *redactor) addURL(address string, path bool) {
	r.add(address)
	u, err := url.Parse(address)
	if err != nil {
		return
	}
	r.add(u.RequestURI(), u.RawQuery)
	for _, values := range u.Query() {
		r.add(values...)
	}
	if path {
		r.add(u.Path, u.Path[strings.LastIndexByte(u.Path, '/')+1:])
	}
}

func (r *redactor) addStorage(s *StorageConfig) {
	if s != nil {
		r.add(s.AccessKey, s.SecretKey, s.STSToken)
	}
}

func (r *redactor) addStart(s *StartClientRequest) {
	if s == nil {
		return
	}
	r.addStorage(&s.StorageConfig)
	for _, service := range s.ExtensionServiceConfig.ExtensionServices {
		if service.Recorder != nil {
			r.addURL(service.Recorder.URL, false)
		}
		r.addPublisher(service.Publisher)
	}
}

func (r *redactor) addPublisher(p *PublisherParam) {
	if p == nil {
		return
	}
	for _, o := range p.Outputs {
		r.addURL(o.RTMPURL, true)
	}
}

// redact replaces each secret, the longest first, so that none survives as the rest of another.
func (r *redactor) redact(s string) string {
	if s == "" {
		return s
	}
	slices.SortStableFunc(r.secrets, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	for _, secret := range r.secrets {
		s = strings.ReplaceAll(s, secret, "[redacted]")
	}
	return s
}
