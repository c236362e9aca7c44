package simulator

import (
	"strconv"
	"strings"
)

const (
	cnameMaxBytes = 1024
	// cnameMarks are what a cname may hold beside ASCII letters and digits, by the text of code 1013.
	cnameMarks = " !#$%&()+-:;<=.>?@[]^_{}|~,"
)

// identity checks cname and uid, which every POST has.
func (o object) identity() (cname, uid string) {
	cname, uid = o.requiredText("cname"), o.requiredText("uid")
	if len(cname) > cnameMaxBytes {
		o.bad("cname", "is longer than %d bytes", cnameMaxBytes)
	}
	if n, err := strconv.ParseUint(uid, 10, 32); err != nil || n == 0 || strings.Trim(uid, "0123456789") != "" {
		o.bad("uid", "must be a string that holds an integer from 1 to 4294967295")
	}
	return cname, uid
}

// channelName says whether a cname has supported characters only.
func channelName(cname string) bool {
	return strings.IndexFunc(cname, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !letter && !strings.ContainsRune(cnameMarks, r)
	}) < 0
}
