package agora

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"strings"
)

// Unreached says why a request got no answer, and what to try. It knows the errors of name look-up, connections and
// TLS; others are returned as they are.
func Unreached(err error) (what, try string) {
	const something = "something else answers in the place of the service: check DNS, HTTPS_PROXY and --api-url"
	var (
		authority x509.UnknownAuthorityError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		verify    *tls.CertificateVerificationError
		record    tls.RecordHeaderError
		dns       *net.DNSError
		operation *net.OpError
	)
	switch {
	case errors.As(err, &hostname):
		return "the certificate is not one for " + hostname.Host, something
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "the certificate has expired or is not yet valid", "check the clock of this machine, and whether a proxy inspects TLS"
	case errors.As(err, &authority):
		return "the certificate is signed by an authority that this machine does not trust",
			"install ca-certificates; where a proxy inspects TLS, name its authority in SSL_CERT_FILE"
	case errors.As(err, &invalid), errors.As(err, &verify):
		return "the certificate is not valid: " + err.Error(), something
	case errors.As(err, &record):
		return "what answers does not speak TLS", something
	case errors.As(err, &dns) && dns.IsNotFound:
		return "the name " + dns.Name + " is not found", "check DNS and the network"
	case errors.As(err, &dns):
		return "the name " + dns.Name + " cannot be looked up: " + dns.Err, "check DNS and the network"
	case errors.As(err, &operation) && operation.Op == "dial":
		return "no connection: " + err.Error(), "check network, firewall and HTTPS_PROXY"
	default:
		return err.Error(), "check network, firewall and HTTPS_PROXY"
	}
}

// CheckProxy says what is wrong with the proxy that the environment sets for https. The error contains nothing of its
// value, which may contain a password. Go ignores a proxy address that it cannot parse, and connects without a proxy.
func CheckProxy(env func(name string) (string, bool)) error {
	name := "HTTPS_PROXY"
	value, _ := env(name)
	if value == "" {
		name = "https_proxy"
		value, _ = env(name)
	}
	if value == "" || isProxy(value) {
		return nil
	}
	return errors.New(name + " is not the address of a proxy, and requests fail or go without one: write http://HOST:PORT, then start again")
}

// isProxy says whether Go's transport can use a value as a proxy: an address, or a host for http. Go itself reads
// http://a b:1 as a host named http.
func isProxy(value string) bool {
	if !strings.Contains(value, "://") {
		u, err := url.Parse("http://" + value)
		return err == nil && u.Hostname() != "" && strings.Trim(u.Path, "/") == ""
	}
	u, err := url.Parse(value)
	if err != nil {
		return false
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https", "socks5", "socks5h":
		return u.Hostname() != ""
	}
	return false
}
