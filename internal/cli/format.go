package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// formatFlag is --format: one of the forms in which a command writes its result.
type formatFlag struct {
	value   string
	allowed []string
}

func (f *formatFlag) String() string { return f.value }

func (f *formatFlag) Type() string { return "FORMAT" }

func (f *formatFlag) Set(s string) error {
	if !slices.Contains(f.allowed, s) {
		return fmt.Errorf("must be %s", strings.Join(f.allowed, " or "))
	}
	f.value = s
	return nil
}

// addFormat gives a command its --format; the first form is the default.
func addFormat(cmd *cobra.Command, allowed ...string) *formatFlag {
	f := &formatFlag{value: allowed[0], allowed: allowed}
	cmd.Flags().VarP(f, "format", "f", "form of the result: "+strings.Join(allowed, " or "))
	complete(cmd, "format", allowed...)
	return f
}
