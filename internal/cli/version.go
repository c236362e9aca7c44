package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"rundown/agora/catalog"
	"rundown/internal/cli/render"
	"rundown/plan"
	"rundown/runner/view"
)

// versionInfo is what this binary was made from. commit and modified are null where it was built outside of a checkout.
type versionInfo struct {
	Version   string  `json:"version"`
	Commit    *string `json:"commit"`
	Modified  *bool   `json:"modified"`
	Go        string  `json:"go"`
	Catalogue string  `json:"catalogue"`
	TimeZones string  `json:"time_zones"` // release of the IANA database
}

// versionOf reads the build information of the binary.
func versionOf() versionInfo {
	v := versionInfo{Version: "(devel)", Go: runtime.Version(), Catalogue: catalog.CatalogueSnapshot(), TimeZones: plan.ZoneRelease()}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return v
	}
	if info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			v.Commit = view.OrNull(s.Value)
		case "vcs.modified":
			v.Modified = new(s.Value == "true")
		}
	}
	return v
}

// newVersionCommand makes version. It names what this binary was made from, for reports of problems: program, data and Go.
func newVersionCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version, commit, Go version and data releases",
		Example: `  rundown version
  rundown version --format json`,
		Args: arguments(0, 0),
	}
	format := addFormat(cmd, "text", "json")
	cmd.RunE = func(*cobra.Command, []string) error {
		v := versionOf()
		if format.value == "json" {
			return render.JSON(a.out, v)
		}
		commit := "unknown"
		if v.Commit != nil {
			commit = *v.Commit
			if v.Modified != nil && *v.Modified {
				commit += " with changes"
			}
		}
		fmt.Fprintf(a.out, "rundown %s\ncommit %s\n%s\ncatalogue of restrictions, snapshot %s\ntime zones %s (IANA, embedded)\n", v.Version, commit, v.Go, v.Catalogue, v.TimeZones)
		return nil
	}
	return cmd
}
