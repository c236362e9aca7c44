package rules

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"rundown/agora/catalog"
	"rundown/plan"
)

// checkPrefixCharset checks literal text only: forbidden characters are dropped from the values of placeholders, when a class
// is expanded, since an id has hyphens in nearly every plan.
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
				hint = plan.NewHint(foldersHint(s, element.String(), allowed))
			} else if mended := plan.PrefixValue(element.String()); mended != "" && len(element.Placeholders()) == 0 {
				hint = plan.WriteHint(mended)
			}
			c.advise(element.Pos(), message, hint)
		}
	}
}

// foldersHint is for an element that holds a slash: what to write instead, where each folder may be written so.
func foldersHint(s *plan.Storage, element string, allowed *regexp.Regexp) string {
	var folders []string
	for _, folder := range strings.FieldsFunc(element, func(r rune) bool { return r == '/' }) {
		switch {
		case allowed.MatchString(folder):
			folders = append(folders, plan.Scalar(folder, ""))
		case "{"+plan.ScanPlaceholder(folder)+"}" == folder:
			folders = append(folders, strconv.Quote(folder))
		default:
			return "write one element for each folder"
		}
	}
	list := strings.Join(folders, ", ")
	switch {
	case list == "":
		return "write one element for each folder"
	case len(s.Prefix) > 1:
		return "write one element for each folder: " + list
	}
	return "write prefix: [" + list + "]"
}

// prefix is the folders of a recording on some day, each followed by a slash.
type prefix struct {
	r       *plan.Recording
	s       *plan.Settings // with a storage
	written string
	taken   string // as the service takes it
}

// listPrefixes expands the prefixes of all recordings and of their changes, with text of the same length for date and time.
func (c *checker) listPrefixes() (list []prefix) {
	for r, s := range c.p.EachSettings() {
		if s.Storage != nil {
			list = append(list, c.prefixOf(r, s))
		}
	}
	return list
}

// prefixOf expands the prefix of a recording.
func (c *checker) prefixOf(r *plan.Recording, s *plan.Settings) prefix {
	p := prefix{r: r, s: s}
	sample := c.sampleValues(r, s)
	value := func(name string) (string, bool) {
		switch name {
		case "date":
			return "yyyymmdd", true
		case "time":
			return "hhmm", true
		}
		return sample(name)
	}
	for _, element := range s.Storage.Prefix {
		expanded, _ := element.ExpandBy(value)
		folder := expanded.String()
		p.written += folder + "/"
		if left := plan.PrefixValue(folder); left != "" {
			p.taken += left + "/"
		}
	}
	return p
}

// checkPrefixLength reports a prefix once, as the first recording has it for which it is too long.
func checkPrefixLength(c *checker) {
	_, most := catalog.Bound("prefix-max-length")
	var g findingGroup[plan.Pos]
	for _, p := range c.prefixes() {
		if int64(len(p.taken)) > *most {
			pos := prefixPos(p.r, p.s)
			g.add(pos, p.r, finding{
				pos, fmt.Sprintf("the prefix of recording %s has %d characters, slashes included; at most %d are allowed", p.r.ID, len(p.taken), *most),
				plan.NewHint("shorten the labels, or the storage's prefix"),
			})
		}
	}
	g.report(c)
}

// prefixPos is the position of a recording's prefix: in its storage, or at the recording for the default.
func prefixPos(r *plan.Recording, s *plan.Settings) plan.Pos {
	if pos, ok := s.Storage.From["prefix"]; ok {
		return pos
	}
	return r.Pos
}

// checkPrefixClash compares what goes to one bucket: two prefixes that differ only in characters which are dropped are one folder
// at the service, although the plan names two. It reports the later of two recordings. The same prefix, written alike, is taken for a
// folder that is shared on purpose.
func checkPrefixClash(c *checker) {
	type folder struct{ vendor, bucket, endpoint, prefix string }
	first := map[folder]prefix{}
	reported := map[*plan.Recording]bool{}
	for _, p := range c.prefixes() {
		if reported[p.r] {
			continue
		}
		f := folder{p.s.Storage.Vendor.Name, p.s.Storage.Bucket, p.s.Storage.Endpoint, p.taken}
		other, shared := first[f]
		if !shared {
			first[f] = p
			continue
		}
		if other.r != p.r && other.written != p.written {
			reported[p.r] = true
			c.report(p.r.Pos, fmt.Sprintf("the files of %s and %s go to the same folder %s: Agora takes only letters and digits from their prefixes %s and %s",
				p.r.ID, other.r.ID, plan.Quoted(p.taken), plan.Quoted(p.written), plan.Quoted(other.written)), "rename one of them, or give them different prefixes")
		}
	}
}
