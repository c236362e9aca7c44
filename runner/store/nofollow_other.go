//go:build !unix

package store

// noFollow is not known here.
const noFollow = 0
