package rules

import (
	"regexp"
	"strings"

	"rundown/plan"
)

// checkPlainSecrets looks for keys, addresses and passwords without references. It never shows them. What is empty is no secret.
// A key is an error, since it can be nothing else; an address is a warning, since only a part of it is secret, if any.
func checkPlainSecrets(c *checker) {
	key := func(t plan.Text, name string) {
		if t.IsZero() || t.IsEmpty() || len(t.References()) > 0 {
			return
		}
		hint := "write a reference, ${NAME} or ${file:PATH}; " + rotateKey
		if braces := bracesMissing(t); braces != "" {
			hint = braces + "; else " + rotateKey
		}
		c.report(t.Pos(), name+inPlainText, hint)
	}
	address := func(t plan.Text, name, more string) {
		if !t.IsZero() && !isBlank(t) && len(t.References()) == 0 {
			hint := "write a reference for what is secret in it: ${NAME} or ${file:PATH}" + more
			if variableInside.MatchString(plan.Written(t.Parts())) {
				hint = "write ${NAME}, with braces, if a variable was meant: a $ without braces stands for itself; else " + hint
			}
			c.warn(t.Pos(), name+inPlainText, hint)
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
				address(t, "the path of a CDN address, with its stream key,", "; whoever knows the stream key can broadcast with it, so change the key")
			}
		}
	}
	for _, n := range c.p.Notify {
		address(n.Webhook, "a webhook's address", "")
		switch scheme, rest := channelOf(n.To); {
		case scheme != "" && strings.Trim(rest, "/") == "": // nothing in it is secret
		case isBlank(n.To), hasScheme(n.To), scheme == "smtp" && hostOf(n.To) == "":
			address(n.To, "an address of mail or chat", "")
		default:
			c.warn(n.To.Pos(), "an address of mail or chat is in plain text, and it has no scheme, so that nothing can be sent to it", addressHint(n.To))
		}
		key(n.Secret, "the secret of a webhook")
	}
	address(c.p.Ping, "the address of ping", "")
	reported := map[plan.Pos]bool{}
	for _, s := range c.p.EachSettings() {
		if hasPassword(s.URL) && !reported[s.URL.Pos()] {
			reported[s.URL.Pos()] = true
			c.report(s.URL.Pos(), "the password in the page's address is in plain text: everybody who can read this file sees it",
				"write ${NAME} in its place and add NAME to expose, and change the password: treat it as compromised")
		}
	}
}

const (
	inPlainText = " is in plain text: everybody who can read this file sees it"
	rotateKey   = "treat the key as compromised and rotate it"
)

// These match texts that are probably meant as references.
var (
	bareVariable   = regexp.MustCompile(`^\$[A-Za-z_][A-Za-z0-9_]*$`)
	bareFile       = regexp.MustCompile(`^file:.`)
	variableInside = regexp.MustCompile(`\$[A-Za-z_][A-Za-z0-9_]*`)
)

// bracesMissing is the hint for a text that looks like a reference without its braces; "" for another. It shows nothing
// of the text, since a key may look like that.
func bracesMissing(t plan.Text) string {
	switch text := plan.Written(t.Parts()); {
	case bareVariable.MatchString(text):
		return "write ${NAME}, with braces, if a variable was meant"
	case bareFile.MatchString(text):
		return "write ${file:PATH}, with braces, if a file was meant"
	}
	return ""
}

// hasScheme says whether an address of mail or chat begins as one, or may do so behind a reference.
func hasScheme(t plan.Text) bool {
	return t.IsZero() || len(t.References()) > 0 || strings.Contains(plan.Written(t.Parts()), "://")
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
