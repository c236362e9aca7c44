package plan

import (
	"os"
	"testing"
)

func TestProfWhole(t *testing.T) {
	if os.Getenv("PROF") == "" {
		t.Skip()
	}
	text, _ := os.ReadFile("p10000.yaml")
	for range 6 {
		p, _, _ := Load(texts{"plan.yaml": string(text)}, "plan.yaml")
		Review(p, CheckOptions{Now: termDay})
	}
}
