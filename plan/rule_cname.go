package plan

import (
	"fmt"
	"strings"

	"rundown/agora"
)

func init() {
	registerDocumented("cname-max-bytes", func(c *checker) { checkCnameLength(c, "cname-max-bytes") })
	registerDocumented("cname-short", func(c *checker) { checkCnameLength(c, "cname-short") })
	registerDocumented("cname-charset", checkCnameCharset)
}

// reportCnames judges the channel names that the plan sets itself, with their placeholders replaced: judge gives what is
// wrong with one, "" for nothing, and what to try. A name that several recordings inherit is reported once, as the first
// of them has it.
func (c *checker) reportCnames(judge func(cname string) (message, hint string)) {
	type mistake struct {
		pos           Pos
		message, hint string
		ids           []string
	}
	var list []mistake
	known := map[Pos]int{}
	c.eachSettings(func(r *Recording, s *Settings) {
		if s.Cname.IsZero() {
			return
		}
		values := map[string]string{"plan": c.p.Name, "id": r.ID, "date": "20310917", "time": "0900"}
		for name, value := range s.Labels {
			values[name] = value
		}
		expanded, unknown := s.Cname.expand(values)
		if len(unknown) > 0 {
			return
		}
		message, hint := judge(expanded.String())
		if message == "" {
			return
		}
		i, again := known[s.Cname.Pos()]
		if !again {
			i = len(list)
			known[s.Cname.Pos()] = i
			list = append(list, mistake{pos: s.Cname.Pos(), message: message, hint: hint})
		}
		if ids := list[i].ids; len(ids) == 0 || ids[len(ids)-1] != r.ID {
			list[i].ids = append(ids, r.ID)
		}
	})
	for _, m := range list {
		if len(m.ids) > 1 {
			m.message += ", in " + someOf(m.ids)
		}
		c.report(m.pos, m.message, m.hint)
	}
}

func checkCnameLength(c *checker, id string) {
	_, most := agora.Bound(id)
	_, hard := agora.Bound("cname-max-bytes")
	c.reportCnames(func(cname string) (string, string) {
		n := int64(len(cname))
		if n <= *most || id != "cname-max-bytes" && n > *hard {
			return "", ""
		}
		return fmt.Sprintf("cname %s has %d bytes; the limit is %d", quoted(cname), n, *most), "shorten it, or leave it out, and it is derived from plan and id"
	})
}

// cnameCharset are the characters of the catalogue's list: ranges, names and single characters between blanks.
func cnameCharset() (allowed [128]bool) {
	for _, word := range strings.Fields(agora.Strings("cname-charset")[0]) {
		switch {
		case word == "space":
			allowed[' '] = true
		case len(word) == 3 && word[1] == '-':
			for b := word[0]; b <= word[2]; b++ {
				allowed[b] = true
			}
		case len(word) == 1:
			allowed[word[0]] = true
		}
	}
	return allowed
}

func checkCnameCharset(c *checker) {
	allowed := cnameCharset()
	c.reportCnames(func(cname string) (string, string) {
		for _, r := range cname {
			if r >= 128 || !allowed[r] {
				return fmt.Sprintf("cname %s holds %q; allowed are %s", quoted(cname), r, agora.Strings("cname-charset")[0]), ""
			}
		}
		return "", ""
	})
}
