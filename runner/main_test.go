package runner_test

import (
	"os"
	"testing"

	"rundown/runner/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
