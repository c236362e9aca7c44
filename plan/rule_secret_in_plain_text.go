package plan

import "strings"

func init() {
	register(rule{
		id: "secret-in-plain-text", severity: SeverityError,
		statement: "Secrets stand behind references. A key written out is an error, an address a warning.",
		check:     checkPlainSecrets,
	})
}

func checkPlainSecrets(c *checker) {
	key := func(t Text, name string) {
		if !t.IsZero() && !t.isEmpty() && len(t.References()) == 0 {
			c.report(t.Pos(), name+" is written out, for everybody who can read this file", "write a reference, ${NAME} or ${file:PATH}, and replace the key, which is known by now")
		}
	}
	address := func(t Text, name string) {
		if !t.IsZero() && len(t.References()) == 0 {
			c.reportAs(SeverityWarning, t.Pos(), name+" is written out, for everybody who can read this file", "write a reference for what is secret in it: ${NAME} or ${file:PATH}")
		}
	}
	key(c.p.Account.CustomerSecret, "customer_secret")
	for _, s := range c.p.Storages {
		key(s.AccessKey, "access_key")
		key(s.SecretKey, "secret_key")
	}
	for _, cdn := range c.p.CDNs {
		for _, t := range []Text{cdn.URL, cdn.Fallback} {
			if !t.IsZero() && hasSecretPart(t) {
				address(t, "the path of a CDN address, with its stream key,")
			}
		}
	}
	for _, n := range c.p.Notify {
		address(n.Webhook, "a webhook's address")
	}
}

// hasSecretPart says that an address has a user, a path or a query.
func hasSecretPart(t Text) bool {
	authority, path := splitAddress(t.t.parts)
	return strings.Trim(written(path), "/") != "" || strings.Contains(written(authority), "@")
}
