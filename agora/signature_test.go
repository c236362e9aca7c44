package agora

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

const (
	vectorA = `{"eventMs":1560408533119,"eventType":10,"noticeId":"4eb720f0-8da7-11e9-a43e-53f411c2761f","notifyMs":1560408533119,"payload":{"a":"1","b":2},"productId":1}`
	vectorB = `{"eventType":10,"noticeId":"4eb720f0-8da7-11e9-a43e-53f411c2761f","notifyMs":1560408533119,"payload":{"a":"1","b":2},"productId":1}`

	sha1A   = "033c62f40f687675f17f0f41f91a40c71c0f134c"
	sha256A = "6d3320c60b11101395b7fc8f9068748808a0aa1bfa064438e39d1bc2c7d74d99"
	sha1B   = "5a3bb6a6d9fad2ea9ae3fb707a14c9d7f3136df1"
	sha256B = "de96da5acf03b0021ac3b4fa2225e7ae6f3533a30d50bb02c08ea4fa748bda24"
)

func TestSignaturesAreVerifiedOverTheRawBody(t *testing.T) {
	for _, c := range []struct {
		name, secret, v1, v2, body string
		want                       error
	}{
		{"vector A, SHA1", "secret", sha1A, "", vectorA, nil},
		{"vector A, SHA256", "secret", "", sha256A, vectorA, nil},
		{"vector A, both", "secret", sha1A, sha256A, vectorA, nil},
		{"vector B, SHA1", "secret", sha1B, "", vectorB, nil},
		{"vector B, SHA256", "secret", "", sha256B, vectorB, nil},
		{"capitals", "secret", strings.ToUpper(sha1A), "", vectorA, nil},
		{"the newer one counts: right", "secret", sha1B, sha256A, vectorA, nil},
		{"the newer one counts: wrong", "secret", sha1A, sha256B, vectorA, ErrSignature},
		{"another body", "secret", sha1A, "", vectorB, ErrSignature},
		{"a body with a line end", "secret", "", sha256A, vectorA + "\n", ErrSignature},
		{"another secret", "other", sha1A, sha256A, vectorA, ErrSignature},
		{"the digests swapped", "secret", sha256A, "", vectorA, ErrSignature},
		{"half a digest", "secret", "", sha256A[:32], vectorA, ErrSignature},
		{"no hex", "secret", "", "signature", vectorA, ErrSignature},
		{"unsigned", "secret", "", "", vectorA, ErrUnsigned},
		{"no secret", "", sha1A, sha256A, vectorA, ErrNoSecret},
	} {
		header := http.Header{}
		if c.v1 != "" {
			header.Set("Agora-Signature", c.v1)
		}
		if c.v2 != "" {
			header.Set("Agora-Signature-V2", c.v2)
		}
		if got := VerifySignature(c.secret, header, []byte(c.body)); !errors.Is(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
