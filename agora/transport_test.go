package agora

import (
	"crypto/tls"
	"slices"
	"strings"
	"testing"

	"rundown/agora/catalog"
)

// The newest version that the documentation names must be one that the client speaks.
func TestTheTransportDoesNotRequireTLS13(t *testing.T) {
	documented := slices.Max(catalog.Strings("transport-tls-versions"))
	least := strings.TrimPrefix(tls.VersionName(newTransport().TLSClientConfig.MinVersion), "TLS ")
	if least > documented {
		t.Errorf("the client speaks TLS %s and newer, and the documentation names versions up to %s", least, documented)
	}
}
