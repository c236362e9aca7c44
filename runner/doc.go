// Package runner makes happen what a plan says.
//
// [New] builds an [Engine] over a store and a client; [Engine.Apply] gives it a plan; [Engine.Run] works until its
// context ends. Each App ID has one conductor, which owns all occurrences of that App ID, their wake times and the
// request budget, and steps them through the pure state machine of package session: a step is an intent
// (stored), a call, and the answer with the new state and the next wake (stored).
//
// The package never reads YAML, never prints, and never ends a recording because it is itself told to end: what runs
// in the cloud goes on and is adopted at the next start.
package runner
