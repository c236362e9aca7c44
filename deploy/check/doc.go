// Package check holds the files for containers against the types of Kubernetes and Compose. It is a module of its own, so
// that the program's does not depend on theirs. No container is started: what is checked is that the files say what they
// are meant to say, in words that Kubernetes and Compose know.
package check
