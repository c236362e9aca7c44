package plan

import (
	"os"
	"testing"
)

func BenchmarkWhole(b *testing.B) {
	text, err := os.ReadFile("p10000.yaml")
	if err != nil {
		b.Fatal(err)
	}
	files := texts{"plan.yaml": string(text)}
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			parseBare(b, text)
		}
	})
	var p *Plan
	b.Run("load", func(b *testing.B) {
		for b.Loop() {
			p, _, _ = Load(files, "plan.yaml")
		}
	})
	b.Run("review", func(b *testing.B) {
		for b.Loop() {
			Review(p, CheckOptions{Now: termDay})
		}
	})
	b.Run("forecast", func(b *testing.B) {
		for b.Loop() {
			ForecastOf([]*Plan{p}, ForecastOptions{Now: termDay})
		}
	})
}
