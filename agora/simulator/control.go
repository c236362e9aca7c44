package simulator

import (
	"encoding/json"
	"net/http"
)

// controlRoot is the path of the simulator's own endpoints, beside the service's.
const controlRoot = "/_simulator"

// serveControl answers the simulator's own endpoints, where the caller may use them.
func (s *Simulator) serveControl(w http.ResponseWriter, r *http.Request) {
	if status, why := s.controlRefused(r); status != 0 {
		if status == http.StatusUnauthorized {
			w.Header().Set("WWW-Authenticate", `Bearer realm="simulator"`)
		}
		writeControl(w, status, controlError{why})
		return
	}
	switch r.Method + " " + r.URL.Path {
	case "GET " + controlRoot, "GET " + controlRoot + "/":
		writeControl(w, http.StatusOK, map[string]any{
			"simulator": "Agora web page recording, as documented; nothing is recorded",
			"endpoints": []string{
				"GET " + controlRoot + "/ledger: what ran when and what it cost",
				"GET " + controlRoot + "/faults: the scripted faults",
				"PUT " + controlRoot + "/faults: replace them",
			},
		})
	case "GET " + controlRoot + "/ledger":
		writeControl(w, http.StatusOK, s.Ledger())
	case "GET " + controlRoot + "/faults":
		writeControl(w, http.StatusOK, s.faults())
	case "PUT " + controlRoot + "/faults":
		s.putFaults(w, r)
	default:
		writeControl(w, http.StatusNotFound, controlError{"no such endpoint: GET " + controlRoot + "/ lists them"})
	}
}

// controlError is the body of a refusal by a control endpoint.
type controlError struct {
	Error string `json:"error"`
}

// putFaults replaces the scripted faults.
func (s *Simulator) putFaults(w http.ResponseWriter, r *http.Request) {
	body, err := readBody(r)
	if err != nil {
		writeControl(w, http.StatusBadRequest, controlError{"faults: body: " + oneLine(err)})
		return
	}
	f, err := ParseFaults(body)
	if err == nil {
		err = s.SetFaults(f)
	}
	if err != nil {
		writeControl(w, http.StatusBadRequest, controlError{oneLine(err)})
		return
	}
	writeControl(w, http.StatusOK, s.faults())
}

// faults is the script as it was set.
func (s *Simulator) faults() Faults {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.script.Faults
	if f.Requests == nil {
		f.Requests = []RequestFault{}
	}
	if f.Sessions == nil {
		f.Sessions = []SessionFault{}
	}
	return f
}

// writeControl sends indented JSON.
func writeControl(w http.ResponseWriter, status int, body any) {
	data, err := json.MarshalIndent(body, "", "  ")
	if err != nil {
		http.Error(w, "simulator: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json;charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n'))
}
