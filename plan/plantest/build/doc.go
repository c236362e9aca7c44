// Package build makes plans for tests: by hand, and drawn at random.
package build
