package rules

import (
	"fmt"
	"regexp"
	"strings"

	"rundown/agora/catalog"
	"rundown/plan"
)

// checkPrefixCharset checks literal text only: forbidden characters are dropped from the values of placeholders.
func checkPrefixCharset(c *checker) {
	allowed := regexp.MustCompile(catalog.Strings("prefix-charset")[0])
	for _, s := range c.p.Storages {
		for _, element := range s.Prefix {
			literal := ""
			for _, part := range element.Parts() {
				if part.Kind == plan.PartLiteral {
					literal += part.S
				}
			}
			if literal == "" && len(element.Placeholders()) > 0 || allowed.MatchString(literal) {
				continue
			}
			message, hint := fmt.Sprintf("the prefix element %s contains other characters than ASCII letters and digits", plan.Quoted(element.String())), plan.Hint{}
			if literal == "" {
				message = "a prefix element is empty"
			} else if strings.Contains(literal, "/") {
				hint = plan.NewHint("write one element for each folder")
			} else if mended := plan.PrefixValue(element.String()); mended != "" && len(element.Placeholders()) == 0 {
				hint = plan.WriteHint(mended)
			}
			c.advise(element.Pos(), message, hint)
		}
	}
}

// prefixOf expands a recording's prefix, with text of the same length for date and time. It gives the prefix as
// written and as the service gets it.
func prefixOf(p *plan.Plan, r *plan.Recording, s *plan.Settings) (written, taken string) {
	var w, t strings.Builder
	for _, element := range s.Storage.Prefix {
		var left strings.Builder
		for _, part := range element.Parts() {
			value := part.S
			if part.Kind == plan.PartPlaceholder {
				switch part.S {
				case "plan":
					value = p.Name
				case "id":
					value = r.ID
				case "date":
					value = "yyyymmdd"
				case "time":
					value = "hhmm"
				default:
					value = s.Labels[part.S]
				}
			}
			w.WriteString(value)
			left.WriteString(plan.PrefixValue(value))
		}
		w.WriteByte('/')
		if left.Len() > 0 {
			t.WriteString(left.String() + "/")
		}
	}
	return w.String(), t.String()
}

// checkPrefixLength reports a prefix once, as the first recording has it for which it is too long.
func checkPrefixLength(c *checker) {
	_, most := catalog.Bound("prefix-max-length")
	var g findingGroup[plan.Pos]
	c.eachSettings(func(r *plan.Recording, s *plan.Settings) {
		if s.Storage == nil {
			return
		}
		if _, taken := prefixOf(c.p, r, s); int64(len(taken)) > *most {
			g.add(prefixPos(r, s), r, func() (plan.Pos, string, plan.Hint) {
				return prefixPos(r, s), fmt.Sprintf("the prefix of recording %s has %d characters, slashes included; at most %d are allowed", r.ID, len(taken), *most),
					plan.NewHint("shorten the labels, or the storage's prefix")
			})
		}
	})
	g.report(c)
}

// prefixPos is the position of a recording's prefix: in its storage, or at the recording for the default.
func prefixPos(r *plan.Recording, s *plan.Settings) plan.Pos {
	if pos, ok := s.Storage.From["prefix"]; ok {
		return pos
	}
	return r.Pos
}

// checkPrefixClash compares what goes to one bucket. It reports the later of two recordings.
func checkPrefixClash(c *checker) {
	type folder struct{ vendor, bucket, endpoint, prefix string }
	type owner struct {
		r       *plan.Recording
		written string
	}
	first := map[folder]owner{}
	reported := map[*plan.Recording]bool{}
	c.eachSettings(func(r *plan.Recording, s *plan.Settings) {
		if s.Storage == nil || reported[r] {
			return
		}
		written, taken := prefixOf(c.p, r, s)
		f := folder{s.Storage.Vendor.Name, s.Storage.Bucket, s.Storage.Endpoint, taken}
		other, taken2 := first[f]
		if !taken2 {
			first[f] = owner{r, written}
			return
		}
		if other.r != r && other.written != written {
			reported[r] = true
			c.report(r.Pos, fmt.Sprintf("the files of %s and %s go to the same folder %s: Agora takes only letters and digits from their prefixes %s and %s",
				r.ID, other.r.ID, plan.Quoted(taken), plan.Quoted(written), plan.Quoted(other.written)), "rename one of them, or give them different prefixes")
		}
	})
}
