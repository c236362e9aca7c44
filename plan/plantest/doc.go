// Package plantest holds what the tests of the plan packages share: files of plans, and what finding lists look like.
package plantest
