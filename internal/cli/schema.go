package cli

import (
	"bytes"
	"fmt"

	"github.com/spf13/cobra"

	"rundown/plan/load"
)

// newSchemaCommand makes schema. The schema is made of the types by which plans are loaded, so it cannot differ from them. It reads
// nothing, and fails only where standard output does.
func newSchemaCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of plans",
		Long: `Print the JSON Schema (2020-12) of plans, for completion and checks in editors.

The schema covers keys, types and bounds. Overlaps, capacity and time zones are
checked by validate only.`,
		Example: `  rundown schema > plan.schema.json
  # then, as the first line of a plan:
  # yaml-language-server: $schema=plan.schema.json`,
		Args: arguments(0, 0),
		RunE: func(*cobra.Command, []string) error {
			text, err := load.Schema()
			if err != nil {
				return err
			}
			fmt.Fprintf(a.out, "%s\n", bytes.TrimRight(text, "\n"))
			return nil
		},
	}
}
