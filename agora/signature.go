package agora

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"net/http"
)

// The headers of a notification's signatures.
const (
	HeaderSignature   = "Agora-Signature"    // HMAC-SHA1 in hex
	HeaderSignatureV2 = "Agora-Signature-V2" // HMAC-SHA256 in hex
)

// Why a notification is not believed.
var (
	ErrNoSecret  = errors.New("no secret is set to verify notifications with; set the one that the console shows")
	ErrUnsigned  = errors.New("the notification carries no signature")
	ErrSignature = errors.New("the notification's signature does not match its body; check the secret")
)

// VerifySignature verifies that the sender of a notification knows the secret that the console shows. body is the raw
// body, before any parsing. Where there are two signatures the newer one counts. The comparison takes constant time.
func VerifySignature(secret string, header http.Header, body []byte) error {
	if secret == "" {
		return ErrNoSecret
	}
	for _, s := range []struct {
		header string
		hash   func() hash.Hash
	}{{HeaderSignatureV2, sha256.New}, {HeaderSignature, sha1.New}} {
		if given := header.Get(s.header); given != "" {
			sum, err := hex.DecodeString(given)
			if err != nil || !hmac.Equal(sum, sign(s.hash, secret, body)) {
				return ErrSignature
			}
			return nil
		}
	}
	return ErrUnsigned
}

// sign is the HMAC of a body.
func sign(h func() hash.Hash, secret string, body []byte) []byte {
	mac := hmac.New(h, []byte(secret))
	mac.Write(body)
	return mac.Sum(nil)
}
