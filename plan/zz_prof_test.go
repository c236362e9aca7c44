package plan

import (
	"os"
	"testing"
	"time"
)

func TestProf(t *testing.T) {
	if os.Getenv("PROF") == "" {
		t.Skip()
	}
	text, _ := os.ReadFile("p10000.yaml")
	p, _, _ := Load(texts{"plan.yaml": string(text)}, "plan.yaml")
	for range 10 {
		t0 := time.Now()
		s := newForecastSweep([]*Plan{p}, ForecastOptions{Now: termDay})
		t1 := time.Now()
		s.run()
		t2 := time.Now()
		s.forecast()
		t.Log(t1.Sub(t0), t2.Sub(t1), len(s.events))
	}
}
