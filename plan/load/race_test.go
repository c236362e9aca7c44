//go:build race

package load

// raceDetector says that this binary looks for data races, which takes several times as long.
const raceDetector = true
