package access

import (
	"encoding/json"
	"maps"
	"net/http"

	"rundown/runner/reason"
)

// Problem is a refusal by RFC 9457.
type Problem struct {
	Type       string          `json:"type,omitempty" doc:"Absent: about:blank, the title is that of the status"`
	Title      string          `json:"title"`
	Status     int             `json:"status"`
	Detail     string          `json:"detail" doc:"What happened and what to try"`
	ReasonCode reason.Code     `json:"reason_code,omitempty" doc:"Of the closed list of reason codes"`
	Errors     []ProblemDetail `json:"errors,omitempty" doc:"What is wrong with the request, one entry each"`

	header http.Header // that go with it
}

// ProblemDetail is one thing that is wrong with a request.
type ProblemDetail struct {
	Message  string `json:"message"`
	Location string `json:"location,omitempty" doc:"Such as query.from or body.by"`
}

// NewProblem is a refusal with an HTTP status.
func NewProblem(status int, detail string) *Problem {
	return &Problem{Title: http.StatusText(status), Status: status, Detail: detail}
}

// Invalid is the refusal of a request that can be read and makes no sense.
func Invalid(detail string, wrong ...ProblemDetail) *Problem {
	p := NewProblem(http.StatusUnprocessableEntity, detail)
	p.Errors = wrong
	return p
}

func (p *Problem) Error() string { return p.Detail }

// GetStatus is the HTTP status.
func (p *Problem) GetStatus() int { return p.Status }

// GetHeaders are the headers that go with it.
func (p *Problem) GetHeaders() http.Header { return p.header }

// ContentType is that of RFC 9457.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

// Unauthorized is the refusal of who must say who it is.
func Unauthorized(detail string) *Problem {
	p := NewProblem(http.StatusUnauthorized, detail)
	p.header = http.Header{"Www-Authenticate": {`Bearer realm="rundown"`, `Basic realm="rundown", charset="UTF-8"`}}
	return p
}

// TooMany is the refusal of who comes too often.
func TooMany(detail string) *Problem {
	p := NewProblem(http.StatusTooManyRequests, detail)
	p.header = http.Header{"Retry-After": {"10"}}
	return p
}

// Busy is the refusal of what cannot be answered now, since others are being answered.
func Busy(detail string) *Problem {
	p := NewProblem(http.StatusServiceUnavailable, detail)
	p.header = http.Header{"Retry-After": {"10"}}
	return p
}

// Write answers with the problem.
func (p *Problem) Write(w http.ResponseWriter) {
	maps.Copy(w.Header(), p.header)
	w.Header().Set("Content-Type", p.ContentType(""))
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the error is that of who hung up
}
