//go:build mixed

package runner_test

import (
	"context"

	// make mixed OLD=commit puts the package of that commit here. Without it, this version works beside itself.
	"rundown/runner/runnertest"
)

type olderConfig = runnertest.Config

func openOlder(ctx context.Context, c olderConfig) (soakNode, error) { return runnertest.Open(ctx, c) }

var olderUnreachable, olderCancel, olderExtend = runnertest.Unreachable, runnertest.Cancel, runnertest.Extend
