package cli

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestAnUntrustedCertificateAndABadProxyAreToldWhereAPersonLooks has the service answer with a certificate of an
// authority that nobody knows, and a variable for a proxy that is none.
func TestAnUntrustedCertificateAndABadProxyAreToldWhereAPersonLooks(t *testing.T) {
	t.Parallel()
	service := httptest.NewUnstartedServer(http.NotFoundHandler())
	service.Config.ErrorLog = log.New(io.Discard, "", 0) // it complains of who hangs up
	service.StartTLS()
	t.Cleanup(service.Close)
	plan, _ := classesNow(t, 1, 10*time.Minute)
	listen := freeAddress(t)
	env := append([]string{"GORACE=atexit_sleep_ms=0", "HTTPS_PROXY=http://user:CANARY-password@pro xy:3128"}, canaries...)
	daemon := start(t, "stderr", env, "run", plan, "--store", "sqlite:"+filepath.Join(t.TempDir(), "rundown.db"), "--api-url", service.URL, "--listen", listen)
	daemon.await(1, "msg=running")
	said := ""
	eventually(t, 60*time.Second, "/readyz names the certificate", func() bool {
		var status int
		status, said = health(listen, "/readyz")
		return status == http.StatusServiceUnavailable && strings.Contains(said, "requests in a row without an answer")
	})
	for _, want := range []string{"certificate is signed by an authority that this machine does not trust", "SSL_CERT_FILE", "\nservice-unreachable: HTTPS_PROXY is not the address of a proxy"} {
		if !strings.Contains(said, want) {
			t.Errorf("/readyz does not say %q: %s", want, said)
		}
	}
	if status := daemon.end(syscall.SIGTERM); status != StatusOK {
		t.Errorf("ended with status %d", status)
	}
	written := daemon.output()
	for _, want := range []string{`level=ERROR msg="proxy unusable"`, `level=ERROR msg="the service cannot be reached`} {
		if strings.Count(written, want) != 1 {
			t.Errorf("the log does not say once: %s", want)
		}
	}
	doctor := start(t, "stdout", env, "doctor", plan, "--store", "sqlite:"+filepath.Join(t.TempDir(), "none.db"), "--api-url", service.URL)
	for range doctor.lines {
	}
	for _, want := range []string{"proxy: HTTPS_PROXY is not the address of a proxy", "certificate is signed by an authority that this machine does not trust; install ca-certificates"} {
		if !strings.Contains(doctor.output(), want) {
			t.Errorf("doctor does not say %q:\n%s", want, doctor.output())
		}
	}
	if strings.Contains(written+said+doctor.output(), "CANARY") {
		t.Error("a secret is told")
	}
}
