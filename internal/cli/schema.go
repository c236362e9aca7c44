package cli

import (
	"bytes"

	"github.com/spf13/cobra"

	"rundown/plan/load"
)

func newSchemaCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of plans",
		Long: `Schema prints the JSON Schema (2020-12) of plans, for completion and checks in editors. It knows keys, types and
bounds; overlaps, capacity and zones are for validate.`,
		Example: `  rundown schema > plan.schema.json
  # then, as the first line of a plan:
  # yaml-language-server: $schema=plan.schema.json`,
		Args: arguments(0, 0),
		RunE: func(*cobra.Command, []string) error {
			text, err := load.Schema()
			if err != nil {
				return err
			}
			_, err = a.out.Write(append(bytes.TrimRight(text, "\n"), '\n'))
			return err
		},
	}
}
