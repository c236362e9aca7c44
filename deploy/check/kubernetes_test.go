package check

import (
	"maps"
	"slices"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

// cluster is what kustomize makes of a folder of deploy/kubernetes.
type cluster struct {
	deployment appsv1.Deployment
	service    corev1.Service
	plan       corev1.ConfigMap
	volume     corev1.PersistentVolumeClaim // of the base
	job        batchv1.Job                  // of the fleet, as are the next two
	disruption policyv1.PodDisruptionBudget
	network    networkingv1.NetworkPolicy
}

var folders = map[string][]string{
	"base":  {"ConfigMap", "Deployment", "PersistentVolumeClaim", "Service"},
	"fleet": {"ConfigMap", "Deployment", "Job", "NetworkPolicy", "PodDisruptionBudget", "Service"},
}

// build reads each object strictly: a key that its type does not have is an error.
func build(t *testing.T, folder string) *cluster {
	t.Helper()
	objects, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), "../kubernetes/"+folder)
	if err != nil {
		t.Fatal(err)
	}
	var c cluster
	into := map[string]any{
		"Deployment": &c.deployment, "Service": &c.service, "ConfigMap": &c.plan, "PersistentVolumeClaim": &c.volume,
		"Job": &c.job, "PodDisruptionBudget": &c.disruption, "NetworkPolicy": &c.network,
	}
	var kinds []string
	for _, o := range objects.Resources() {
		kinds = append(kinds, o.GetKind())
		text, err := o.AsYAML()
		if err != nil {
			t.Fatal(err)
		}
		if err := yaml.UnmarshalStrict(text, into[o.GetKind()]); err != nil {
			t.Errorf("%s %s: %v", o.GetKind(), o.GetName(), err)
		}
		if o.GetNamespace() != "rundown" {
			t.Errorf("%s %s is in the namespace %q", o.GetKind(), o.GetName(), o.GetNamespace())
		}
	}
	if slices.Sort(kinds); !slices.Equal(kinds, folders[folder]) {
		t.Fatalf("%s has %v", folder, kinds)
	}
	return &c
}

// each runs a test on both folders.
func each(t *testing.T, test func(t *testing.T, c *cluster)) {
	t.Helper()
	for _, folder := range slices.Sorted(maps.Keys(folders)) {
		t.Run(folder, func(t *testing.T) { test(t, build(t, folder)) })
	}
}

func mayDoLittle(t *testing.T, who string, pod corev1.PodSpec) {
	t.Helper()
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
	} {
		if !holds {
			t.Errorf("the pod of %s has not: %s", who, what)
		}
	}
}

func TestThePodsMayDoNothingThatTheyNeedNot(t *testing.T) {
	each(t, func(t *testing.T, c *cluster) {
		pod := c.deployment.Spec.Template.Spec
		mayDoLittle(t, "the daemon", pod)
		if *pod.TerminationGracePeriodSeconds < 25 {
			t.Errorf("%d s for what is out at its end", *pod.TerminationGracePeriodSeconds)
		}
	})
	mayDoLittle(t, "the job", build(t, "fleet").job.Spec.Template.Spec)
}

// volumesOf holds the mounts of a pod to its volumes, and gives the volumes by the path where they are mounted.
func volumesOf(t *testing.T, pod corev1.PodSpec) map[string]corev1.Volume {
	t.Helper()
	named, mounted := map[string]corev1.Volume{}, map[string]corev1.Volume{}
	for _, v := range pod.Volumes {
		named[v.Name] = v
	}
	for _, m := range pod.Containers[0].VolumeMounts {
		v, known := named[m.Name]
		if !known {
			t.Errorf("there is no volume %s", m.Name)
		}
		if written := v.PersistentVolumeClaim != nil || v.EmptyDir != nil; m.ReadOnly == written {
			t.Errorf("%s: read-only %v", m.MountPath, m.ReadOnly)
		}
		if v.Secret != nil && *v.Secret.DefaultMode != 0o440 {
			t.Errorf("%s has the mode %o", m.MountPath, *v.Secret.DefaultMode)
		}
		mounted[m.MountPath] = v
	}
	if len(mounted) != len(pod.Volumes) {
		t.Errorf("%d volumes, %d mounts", len(pod.Volumes), len(mounted))
	}
	return mounted
}

func paths(volumes map[string]corev1.Volume) string {
	return strings.Join(slices.Sorted(maps.Keys(volumes)), " ")
}

// TestOneProcessWorksOnTheVolume holds the base to one replica that ends before the next begins.
func TestOneProcessWorksOnTheVolume(t *testing.T) {
	c := build(t, "base")
	spec := c.deployment.Spec
	if *spec.Replicas != 1 || spec.Strategy.Type != appsv1.RecreateDeploymentStrategyType {
		t.Errorf("%d replicas, strategy %s", *spec.Replicas, spec.Strategy.Type)
	}
	if !slices.Equal(c.volume.Spec.AccessModes, []corev1.PersistentVolumeAccessMode{corev1.ReadWriteOncePod}) {
		t.Errorf("the volume is %v", c.volume.Spec.AccessModes)
	}
	volumes := volumesOf(t, spec.Template.Spec)
	if p := paths(volumes); p != "/etc/rundown /run/secrets /tmp /var/lib/rundown" {
		t.Fatalf("mounted: %s", p)
	}
	if v := volumes["/var/lib/rundown"].PersistentVolumeClaim; v == nil || v.ClaimName != c.volume.Name {
		t.Errorf("the store is on %+v", v)
	}
	if v := volumes["/etc/rundown"].ConfigMap; v == nil || v.Name != c.plan.Name {
		t.Errorf("the plan is in %+v", v)
	}
	if volumes["/run/secrets"].Secret == nil {
		t.Error("the secrets are not mounted")
	}
}

// TestTheFleetHasADatabaseInPlaceOfTheVolume also holds it to what a rolling update and a drained machine need.
func TestTheFleetHasADatabaseInPlaceOfTheVolume(t *testing.T) {
	c := build(t, "fleet")
	spec := c.deployment.Spec
	if *spec.Replicas < 2 || spec.Strategy.Type != appsv1.RollingUpdateDeploymentStrategyType {
		t.Fatalf("%d replicas, strategy %s", *spec.Replicas, spec.Strategy.Type)
	}
	if roll := spec.Strategy.RollingUpdate; roll.MaxUnavailable.IntValue() != 0 || roll.MaxSurge.IntValue() != 1 {
		t.Errorf("an update takes %v away and adds %v", roll.MaxUnavailable, roll.MaxSurge)
	}
	if p := paths(volumesOf(t, spec.Template.Spec)); p != "/run/secrets /run/store /tmp" {
		t.Errorf("mounted: %s", p)
	}
	storeByReference(t, spec.Template.Spec)
	labels := spec.Template.Labels
	if d := c.disruption.Spec; d.MaxUnavailable.IntValue() != 1 || !maps.Equal(d.Selector.MatchLabels, labels) || *d.UnhealthyPodEvictionPolicy != policyv1.AlwaysAllow {
		t.Errorf("the budget is %+v for %v", d, labels)
	}
	spread := spec.Template.Spec.TopologySpreadConstraints
	if len(spread) != 2 || spread[0].TopologyKey != corev1.LabelHostname || spread[0].WhenUnsatisfiable != corev1.DoNotSchedule {
		t.Errorf("the pods are spread by %+v", spread)
	}
	for _, s := range spread {
		if !maps.Equal(s.LabelSelector.MatchLabels, labels) {
			t.Errorf("spread over %s counts %v, the pods have %v", s.TopologyKey, s.LabelSelector.MatchLabels, labels)
		}
	}
}

// storeByReference holds the address of the database to come out of a Secret.
func storeByReference(t *testing.T, pod corev1.PodSpec) {
	t.Helper()
	env := pod.Containers[0].Env
	if len(env) != 1 || env[0].Name != "RUNDOWN_STORE" || env[0].Value != "" || env[0].ValueFrom.SecretKeyRef.Name != "rundown-store" {
		t.Errorf("the environment is %+v", env)
	}
}

// TestOnlyTheJobAppliesThePlan keeps the plan away from the daemons: one that starts again with an older file would
// turn back a newer one.
func TestOnlyTheJobAppliesThePlan(t *testing.T) {
	c := build(t, "fleet")
	pod := c.job.Spec.Template.Spec
	if args := strings.Join(pod.Containers[0].Args, " "); args != "apply /etc/rundown/plan.yaml" {
		t.Errorf("the job does %s", args)
	}
	if args := c.deployment.Spec.Template.Spec.Containers[0].Args; args[0] != "run" || strings.Contains(strings.Join(args, " "), ".yaml") {
		t.Errorf("the daemon is started with %s", args)
	}
	volumes := volumesOf(t, pod)
	if p := paths(volumes); p != "/etc/rundown /run/store /tmp" {
		t.Fatalf("mounted: %s", p)
	}
	if v := volumes["/etc/rundown"].ConfigMap; v == nil || v.Name != c.plan.Name || v.Name == "rundown-apply" {
		t.Errorf("the plan is in %+v: the name must tell its content", v)
	}
	storeByReference(t, pod)
	labels := c.job.Spec.Template.Labels
	for who, selector := range map[string]map[string]string{
		"the service": c.service.Spec.Selector, "the deployment": c.deployment.Spec.Selector.MatchLabels, "the budget": c.disruption.Spec.Selector.MatchLabels,
	} {
		if selects(selector, labels) {
			t.Errorf("%s takes the pod of the job for a daemon", who)
		}
	}
	// One that did not find the database is tried again, one with an error in the plan is not.
	if pod.RestartPolicy != corev1.RestartPolicyNever || *c.job.Spec.BackoffLimit == 0 || c.job.Spec.PodFailurePolicy.Rules[0].OnExitCodes.Values[0] != 1 {
		t.Errorf("the job is tried again by %+v", c.job.Spec)
	}
}

func selects(selector, labels map[string]string) bool {
	for key, value := range selector {
		if labels[key] != value {
			return false
		}
	}
	return true
}

// TestTheNetworkPolicyIsForEveryPodAndLetsThemReachWhatTheyNeed counts ports: names, HTTPS and the database.
func TestTheNetworkPolicyIsForEveryPodAndLetsThemReachWhatTheyNeed(t *testing.T) {
	c := build(t, "fleet")
	names := c.network.Spec.PodSelector.MatchExpressions[0].Values
	for _, pod := range []corev1.PodTemplateSpec{c.deployment.Spec.Template, c.job.Spec.Template} {
		if !slices.Contains(names, pod.Labels["app.kubernetes.io/name"]) {
			t.Errorf("the policy is for %v, a pod has %v", names, pod.Labels)
		}
	}
	out := map[int]bool{}
	for _, rule := range c.network.Spec.Egress {
		for _, p := range rule.Ports {
			out[p.Port.IntValue()] = true
		}
	}
	if !out[53] || !out[443] || !out[5432] || len(out) != 3 {
		t.Errorf("the pods reach %v", out)
	}
	if in := c.network.Spec.Ingress; len(in) != 1 || in[0].Ports[0].Port.IntValue() != 8089 {
		t.Errorf("the pods are reached by %+v", in)
	}
}

// TestOnlyADaemonThatHangsIsRestarted holds liveness to /healthz: neither an account that is refused nor a database that
// is away may cost what runs.
func TestOnlyADaemonThatHangsIsRestarted(t *testing.T) {
	each(t, func(t *testing.T, c *cluster) {
		d := c.deployment.Spec.Template.Spec.Containers[0]
		for name, probe := range map[string]*corev1.Probe{"startup": d.StartupProbe, "liveness": d.LivenessProbe, "readiness": d.ReadinessProbe} {
			if probe == nil || probe.Exec == nil || !slices.Equal(probe.Exec.Command[:2], []string{"/rundown", "healthcheck"}) {
				t.Fatalf("%s: %+v", name, probe)
			}
			ready := slices.Contains(probe.Exec.Command, "--ready")
			if ready != (name == "readiness") || probe.TimeoutSeconds <= 5 { // healthcheck answers within five
				t.Errorf("%s: %v within %d s", name, probe.Exec.Command, probe.TimeoutSeconds)
			}
		}
	})
}

func TestTheServiceLeadsToThePort(t *testing.T) {
	each(t, func(t *testing.T, c *cluster) {
		pod := c.deployment.Spec.Template
		if !selects(c.service.Spec.Selector, pod.Labels) || len(c.service.Spec.Selector) == 0 {
			t.Errorf("the selector wants %v, the pod has %v", c.service.Spec.Selector, pod.Labels)
		}
		port := pod.Spec.Containers[0].Ports[0]
		if c.service.Spec.Ports[0].TargetPort.String() != port.Name || pod.Annotations["prometheus.io/port"] != "8089" || port.ContainerPort != 8089 {
			t.Errorf("%+v leads to %+v", c.service.Spec.Ports, port)
		}
		if args := strings.Join(pod.Spec.Containers[0].Args, " "); !strings.Contains(args, "--listen :8089") {
			t.Errorf("the daemon is started with %s", args)
		}
	})
}
