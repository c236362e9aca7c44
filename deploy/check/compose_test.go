package check

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

func TestComposeKnowsEveryKeyAndTheContainerMayDoLittle(t *testing.T) {
	project, err := loader.LoadWithContext(context.Background(), types.ConfigDetails{
		WorkingDir: "../compose", ConfigFiles: []types.ConfigFile{{Filename: "../compose/compose.yaml"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := project.GetService("rundown")
	if err != nil {
		t.Fatal(err)
	}
	for what, holds := range map[string]bool{
		"not root":                        s.User == "65532:65532",
		"a read-only root":                s.ReadOnly,
		"no capabilities":                 slices.Equal(s.CapDrop, []string{"ALL"}) && len(s.CapAdd) == 0,
		"no new privileges":               slices.Contains(s.SecurityOpt, "no-new-privileges:true"),
		"not privileged":                  !s.Privileged,
		"time for what is out at its end": s.StopGracePeriod != nil && time.Duration(*s.StopGracePeriod) >= 15*time.Second,
		"a place for temporary files":     len(s.Tmpfs) == 1,
		"another try after each end":      s.Restart == "unless-stopped",
		"one port, on this machine alone": len(s.Ports) == 1 && s.Ports[0].HostIP == "127.0.0.1" && s.Ports[0].Target == 8089,
		"the image that is built":         s.Build != nil && s.Build.Dockerfile == "deploy/container/Containerfile",
	} {
		if !holds {
			t.Errorf("the container has not: %s", what)
		}
	}
	for _, v := range s.Volumes {
		if readOnly := v.Target != "/var/lib/rundown"; v.ReadOnly != readOnly {
			t.Errorf("%s is read-only: %v", v.Target, v.ReadOnly)
		}
	}
	for _, secret := range s.Secrets {
		if _, known := project.Secrets[secret.Source]; !known {
			t.Errorf("there is no secret %s", secret.Source)
		}
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
