package check

import (
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// base is what kustomize makes of deploy/kubernetes.
type base struct {
	deployment appsv1.Deployment
	service    corev1.Service
	volume     corev1.PersistentVolumeClaim
	plan       corev1.ConfigMap
}

// build reads each object strictly: a key that its type does not have is an error.
func build(t *testing.T) (b base) {
	t.Helper()
	objects, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), "../kubernetes")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, o := range objects.Resources() {
		text, err := o.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		into := map[string]any{"Deployment": &b.deployment, "Service": &b.service, "PersistentVolumeClaim": &b.volume, "ConfigMap": &b.plan}[o.GetKind()]
		if into == nil || seen[o.GetKind()] {
			t.Errorf("an object that is not expected: %s %s", o.GetKind(), o.GetName())
			continue
		}
		seen[o.GetKind()] = true
		if err := yaml.UnmarshalStrict(text, into); err != nil {
			t.Errorf("%s %s: %v", o.GetKind(), o.GetName(), err)
		}
		if o.GetNamespace() != "rundown" || o.GetLabels()["app.kubernetes.io/name"] != "rundown" {
			t.Errorf("%s %s is in %s with the labels %v", o.GetKind(), o.GetName(), o.GetNamespace(), o.GetLabels())
		}
	}
	if len(seen) != 4 {
		t.Errorf("the base has %v", seen)
	}
	return b
}

func TestThePodMayDoNothingThatItNeedNot(t *testing.T) {
	pod := build(t).deployment.Spec.Template.Spec
	c := pod.Containers[0]
	for what, holds := range map[string]bool{
		"one container":                        len(pod.Containers) == 1 && len(pod.InitContainers) == 0,
		"not root":                             *pod.SecurityContext.RunAsNonRoot && *pod.SecurityContext.RunAsUser == 65532,
		"a read-only root":                     *c.SecurityContext.ReadOnlyRootFilesystem,
		"no more privileges than at its start": !*c.SecurityContext.AllowPrivilegeEscalation,
		"no capabilities":                      slices.Equal(c.SecurityContext.Capabilities.Drop, []corev1.Capability{"ALL"}) && len(c.SecurityContext.Capabilities.Add) == 0,
		"the default seccomp profile":          pod.SecurityContext.SeccompProfile.Type == corev1.SeccompProfileTypeRuntimeDefault,
		"no token of the cluster":              !*pod.AutomountServiceAccountToken,
		"a limit of memory":                    !c.Resources.Limits.Memory().IsZero(),
		"time for what is out at its end":      *pod.TerminationGracePeriodSeconds >= 15,
	} {
		if !holds {
			t.Errorf("the pod has not: %s", what)
		}
	}
}

// TestOneProcessWorksOnTheVolume holds the base to one replica that ends before the next begins.
func TestOneProcessWorksOnTheVolume(t *testing.T) {
	b := build(t)
	spec := b.deployment.Spec
	if *spec.Replicas != 1 || spec.Strategy.Type != appsv1.RecreateDeploymentStrategyType {
		t.Errorf("%d replicas, strategy %s", *spec.Replicas, spec.Strategy.Type)
	}
	if !slices.Equal(b.volume.Spec.AccessModes, []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOncePod}) {
		t.Errorf("the volume is %v", b.volume.Spec.AccessModes)
	}
	volumes := map[string]corev1.Volume{}
	for _, v := range spec.Template.Spec.Volumes {
		volumes[v.Name] = v
	}
	mounts := map[string]bool{}
	for _, m := range spec.Template.Spec.Containers[0].VolumeMounts {
		if _, known := volumes[m.Name]; !known {
			t.Errorf("there is no volume %s", m.Name)
		}
		mounts[m.MountPath] = m.ReadOnly
	}
	for path, readOnly := range map[string]bool{"/var/lib/rundown": false, "/tmp": false, "/etc/rundown": true, "/run/secrets": true} {
		if have, mounted := mounts[path]; !mounted || have != readOnly {
			t.Errorf("%s: mounted %v, read-only %v", path, mounted, have)
		}
	}
	if v := volumes["state"].PersistentVolumeClaim; v == nil || v.ClaimName != b.volume.Name {
		t.Errorf("the store is on %+v", volumes["state"])
	}
	if v := volumes["plan"].ConfigMap; v == nil || v.Name != b.plan.Name {
		t.Errorf("the plan is in %+v", volumes["plan"])
	}
	if v := volumes["secrets"].Secret; v == nil || *v.DefaultMode != 0o440 {
		t.Errorf("the secrets are in %+v", volumes["secrets"])
	}
}

// TestOnlyADaemonThatHangsIsRestarted holds liveness to /healthz: an account that is refused must not cost what runs.
func TestOnlyADaemonThatHangsIsRestarted(t *testing.T) {
	c := build(t).deployment.Spec.Template.Spec.Containers[0]
	for name, probe := range map[string]*corev1.Probe{"startup": c.StartupProbe, "liveness": c.LivenessProbe, "readiness": c.ReadinessProbe} {
		if probe == nil || probe.Exec == nil || !slices.Equal(probe.Exec.Command[:2], []string{"/rundown", "healthcheck"}) {
			t.Fatalf("%s: %+v", name, probe)
		}
		ready := slices.Contains(probe.Exec.Command, "--ready")
		if ready != (name == "readiness") || probe.TimeoutSeconds <= 5 { // healthcheck answers within five
			t.Errorf("%s: %v within %d s", name, probe.Exec.Command, probe.TimeoutSeconds)
		}
	}
}

func TestTheServiceLeadsToThePort(t *testing.T) {
	b := build(t)
	pod := b.deployment.Spec.Template
	for key, value := range b.service.Spec.Selector {
		if pod.Labels[key] != value {
			t.Errorf("the selector wants %s=%s, the pod has %v", key, value, pod.Labels)
		}
	}
	port := pod.Spec.Containers[0].Ports[0]
	if b.service.Spec.Ports[0].TargetPort.String() != port.Name || pod.Annotations["prometheus.io/port"] != "8089" || port.ContainerPort != 8089 {
		t.Errorf("%+v leads to %+v", b.service.Spec.Ports, port)
	}
	if args := strings.Join(pod.Spec.Containers[0].Args, " "); !strings.Contains(args, "--listen :8089") {
		t.Errorf("the daemon is started with %s", args)
	}
}
