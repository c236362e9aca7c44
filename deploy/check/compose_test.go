package check

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

func load(t *testing.T, file string) *types.Project {
	t.Helper()
	project, err := loader.LoadWithContext(context.Background(), types.ConfigDetails{
		WorkingDir: "../compose", ConfigFiles: []types.ConfigFile{{Filename: "../compose/" + file}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range project.Services {
		for _, secret := range s.Secrets {
			if _, known := project.Secrets[secret.Source]; !known {
				t.Errorf("%s: there is no secret %s", s.Name, secret.Source)
			}
		}
	}
	return project
}

func service(t *testing.T, p *types.Project, name string) types.ServiceConfig {
	t.Helper()
	s, err := p.GetService(name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func must(t *testing.T, who string, conditions map[string]bool) {
	t.Helper()
	for what, holds := range conditions {
		if !holds {
			t.Errorf("%s has not: %s", who, what)
		}
	}
}

func mayDoLittleInside(t *testing.T, s types.ServiceConfig) {
	t.Helper()
	must(t, s.Name, map[string]bool{
		"not root":                    s.User == "65532:65532",
		"a read-only root":            s.ReadOnly,
		"no capabilities":             slices.Equal(s.CapDrop, []string{"ALL"}) && len(s.CapAdd) == 0,
		"no new privileges":           slices.Contains(s.SecurityOpt, "no-new-privileges:true"),
		"not privileged":              !s.Privileged,
		"a place for temporary files": len(s.Tmpfs) > 0 && strings.HasPrefix(s.Tmpfs[0], "/tmp:"),
		"the image that is built":     s.Build != nil && s.Build.Dockerfile == "deploy/container/Containerfile",
	})
	for _, v := range s.Volumes {
		if readOnly := v.Target != "/var/lib/rundown"; v.ReadOnly != readOnly {
			t.Errorf("%s: %s is read-only: %v", s.Name, v.Target, v.ReadOnly)
		}
	}
}

func isDaemon(t *testing.T, s types.ServiceConfig) {
	t.Helper()
	mayDoLittleInside(t, s)
	must(t, s.Name, map[string]bool{
		"time for what is out at its end": s.StopGracePeriod != nil && time.Duration(*s.StopGracePeriod) >= 25*time.Second,
		"another try after each end":      s.Restart == "unless-stopped",
		"one port, on this machine alone": len(s.Ports) == 1 && s.Ports[0].HostIP == "127.0.0.1" && s.Ports[0].Target == 8089,
		// That of the image is lost where podman builds it in its own format.
		"a health check": s.HealthCheck != nil && slices.Equal(s.HealthCheck.Test, []string{"CMD", "/rundown", "healthcheck"}),
	})
}

func TestComposeKnowsEveryKeyAndTheContainerMayDoLittle(t *testing.T) {
	isDaemon(t, service(t, load(t, "compose.yaml"), "rundown"))
}

// TestTwoDaemonsOfTheFleetWorkOnOneDatabase also holds that nothing but them and the applier reaches it, and that its
// password is in no file here.
func TestTwoDaemonsOfTheFleetWorkOnOneDatabase(t *testing.T) {
	p := load(t, "fleet.yaml")
	if names := p.ServiceNames(); !slices.Equal(slices.Sorted(slices.Values(names)), []string{"apply", "database", "rundown-a", "rundown-b"}) {
		t.Fatalf("the services are %v", names)
	}
	a, b, apply, db := service(t, p, "rundown-a"), service(t, p, "rundown-b"), service(t, p, "apply"), service(t, p, "database")
	ports := map[string]bool{}
	for _, s := range []types.ServiceConfig{a, b} {
		isDaemon(t, s)
		ports[s.Ports[0].Published] = true
		must(t, s.Name, map[string]bool{
			"no plan of its own": s.Command[0] == "run" && !strings.Contains(strings.Join(s.Command, " "), ".yaml") && len(s.Volumes) == 0,
			"a name":             s.Hostname == s.Name,
		})
	}
	mayDoLittleInside(t, apply)
	must(t, "apply", map[string]bool{
		"one run":              apply.Restart == "no",
		"the plan":             strings.Join(apply.Command, " ") == "apply /etc/rundown/plan.yaml" && len(apply.Volumes) == 1,
		"no check of /healthz": apply.HealthCheck != nil && apply.HealthCheck.Disable,
	})
	const store = "postgres://rundown:${file:/run/secrets/database-password}@database:5432/rundown?sslmode=disable"
	for _, s := range []types.ServiceConfig{a, b, apply} {
		must(t, s.Name, map[string]bool{
			"the store by reference":  *s.Environment["RUNDOWN_STORE"] == store,
			"the password":            slices.ContainsFunc(s.Secrets, func(c types.ServiceSecretConfig) bool { return c.Source == "database-password" }),
			"a database that answers": s.DependsOn["database"].Condition == types.ServiceConditionHealthy,
			"the way to the database": slices.Contains(slices.Collect(maps.Keys(s.Networks)), "database"),
		})
	}
	must(t, "the database", map[string]bool{
		"a pinned version":     db.Image == "docker.io/library/postgres:18",
		"no published port":    len(db.Ports) == 0,
		"a network of its own": len(db.Networks) == 1 && bool(p.Networks["database"].Internal),
		"a password by file":   *db.Environment["POSTGRES_PASSWORD_FILE"] == "/run/secrets/database-password" && db.Environment["POSTGRES_PASSWORD"] == nil,
		"time to end":          db.StopGracePeriod != nil && time.Duration(*db.StopGracePeriod) >= 30*time.Second,
		"a health check":       db.HealthCheck != nil && db.HealthCheck.Test[1] == "pg_isready",
		// The image of PostgreSQL 18 keeps its data one folder higher than those before it.
		"its data on a volume": len(db.Volumes) == 1 && db.Volumes[0].Type == "volume" && db.Volumes[0].Target == "/var/lib/postgresql",
	})
	if len(ports) != 2 {
		t.Errorf("the daemons are at %v", ports)
	}
}

func TestComposeRefusesAKeyThatItDoesNotKnow(t *testing.T) {
	_, err := loader.LoadWithContext(context.Background(), types.ConfigDetails{ConfigFiles: []types.ConfigFile{{
		Filename: "compose.yaml", Content: []byte("name: x\nservices: {rundown: {image: x, readonly: true}}\n"),
	}}})
	if err == nil {
		t.Error("a wrong key is taken: the test above proves nothing")
	}
}
