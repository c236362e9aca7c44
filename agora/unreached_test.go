package agora

import (
	"strings"
	"testing"
)

// A password may stand in the value.
func TestAProxyThatCannotBeUsedIsToldWithoutItsValue(t *testing.T) {
	for value, good := range map[string]bool{
		"":                                    true,
		"http://proxy.example:3128":           true,
		"https://proxy.example":               true,
		"socks5://user:secret@127.0.0.1:1080": true,
		"proxy.example:3128":                  true,
		"proxy.example":                       true,
		"[::1]:3128":                          true,
		"http://user:secret%@proxy.example:1": false,
		"http://pro xy.example:3128":          false,
		"http://proxy.example:port":           false,
		"ftp://proxy.example:3128":            false,
		"secret proxy":                        false,
		"http://":                             false,
		"http:/proxy.example:3128":            false,
		"\"http://proxy.example:3128\"":       false,
	} {
		for _, name := range []string{"HTTPS_PROXY", "https_proxy"} {
			err := CheckProxy(func(asked string) (string, bool) {
				if asked != name {
					return "", false
				}
				return value, true
			})
			if (err == nil) != good {
				t.Errorf("%s=%q: %v", name, value, err)
			}
			if err != nil && (strings.Contains(err.Error(), "secret") || !strings.HasPrefix(err.Error(), name+" ")) {
				t.Errorf("%s=%q: %v", name, value, err)
			}
		}
	}
}
