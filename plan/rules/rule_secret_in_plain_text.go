package rules

import (
	"strings"

	"rundown/plan"
)

// checkPlainSecrets looks for keys, addresses and passwords without references. It never shows them.
func checkPlainSecrets(c *checker) {
	key := func(t plan.Text, name string) {
		if !t.IsZero() && !t.IsEmpty() && len(t.References()) == 0 {
			c.report(t.Pos(), name+" is in plain text: everybody who can read this file sees it", "write a reference, ${NAME} or ${file:PATH}; treat the key as compromised and rotate it")
		}
	}
	address := func(t plan.Text, name string) {
		if !t.IsZero() && len(t.References()) == 0 {
			c.warn(t.Pos(), name+" is in plain text: everybody who can read this file sees it", "write a reference for what is secret in it: ${NAME} or ${file:PATH}")
		}
	}
	key(c.p.Account.CustomerSecret, "customer_secret")
	for _, s := range c.p.Storages {
		key(s.AccessKey, "access_key")
		key(s.SecretKey, "secret_key")
	}
	for _, cdn := range c.p.CDNs {
		for _, t := range []plan.Text{cdn.URL, cdn.Fallback} {
			if !t.IsZero() && hasSecretPart(t) {
				address(t, "the path of a CDN address, with its stream key,")
			}
		}
	}
	for _, n := range c.p.Notify {
		address(n.Webhook, "a webhook's address")
		address(n.To, "an address of mail or chat")
		key(n.Secret, "the secret of a webhook")
	}
	address(c.p.Ping, "the address of ping")
	reported := map[plan.Pos]bool{}
	for _, s := range c.p.EachSettings() {
		if hasPassword(s.URL) && !reported[s.URL.Pos()] {
			reported[s.URL.Pos()] = true
			c.report(s.URL.Pos(), "the password in the page's address is in plain text: everybody who can read this file sees it",
				"write ${NAME} in its place and add NAME to expose, and change the password: treat it as compromised")
		}
	}
}

// hasPassword says whether a page's address contains a password that is not given by references alone.
func hasPassword(t plan.Text) bool {
	if t.IsZero() {
		return false
	}
	for user := range plan.UsersOf(plan.Written(t.Parts())) {
		if _, password, _ := strings.Cut(user.Text, ":"); plan.OnlyReferences.ReplaceAllString(password, "") != "" {
			return true
		}
	}
	return false
}

// hasSecretPart says whether an address has a user, a path or a query.
func hasSecretPart(t plan.Text) bool {
	authority, path := plan.SplitAddress(t.Parts())
	return strings.Trim(plan.Written(path), "/") != "" || strings.Contains(plan.Written(authority), "@")
}
