package agora

import (
	"strings"
	"testing"
)

func TestARouteNamesAllThatIsMissing(t *testing.T) {
	_, _, err := Route(OpStop, "", "", "")
	for _, want := range []string{"app id", "resource id", "sid"} {
		if err == nil || !strings.Contains(err.Error(), want+" is empty") {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, _, err := Route("updateLayout", "a", "r", "s"); err == nil {
		t.Error("an endpoint that web page recording does not have")
	}
	if _, _, err := Route(OpAcquire, "a", "", ""); err != nil {
		t.Errorf("acquire needs neither resource id nor sid: %v", err)
	}
}
