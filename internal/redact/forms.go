package redact

import (
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// maxLayers is how many encodings may lie over a secret in a text: a service that quotes an address inside a JSON text
// inside a log line has three, of which the outermost is read before the text comes here.
const maxLayers = 2

// maxEntity is the length in bytes up to which an HTML entity is looked for, without & and with its semicolon.
const maxEntity = 12

// longestEscape is the length in bytes of the longest escape under all layers: a surrogate pair with each backslash
// escaped.
const longestEscape = 32

// reading is one way to read what stands at a place of an encoded text: what it stands for and where the rest begins.
type reading struct {
	text string
	end  int
}

// encoded is a text that JSON, HTML, a URL or Go's quoting may have written. It is not decoded as a whole: which of its
// characters are escapes is not known, so each place is read in every way there is. Most places have one.
type encoded struct {
	text  string
	known map[int][]reading        // by place, under all layers, where an escape may begin
	ends  map[string]map[place]int // by secret and place: where it ends, -1 for nowhere
}

// escapes says that a character begins an escape in one of the encodings.
func escapes(c byte) bool { return c == '\\' || c == '%' || c == '&' || c == '+' }

// readings gives what may stand at i, the plain character first.
func (s *encoded) readings(i int) []reading {
	if all, ok := s.known[i]; ok {
		return all
	}
	var all []reading
	for _, r := range s.at(i, maxLayers) {
		if !slices.Contains(all, r) {
			all = append(all, r)
		}
	}
	if s.known == nil {
		s.known = map[int][]reading{}
	}
	s.known[i] = all
	return all
}

// at gives the readings of the character at i under so many layers of encoding.
func (s *encoded) at(i, layers int) []reading {
	plain := []reading{{s.text[i : i+1], i + 1}}
	if layers == 0 || !escapes(s.text[i]) {
		return plain
	}
	inner := plain
	if layers > 1 {
		inner = s.at(i, layers-1)
	}
	all := inner
	for _, r := range inner {
		if len(r.text) == 1 && escapes(r.text[0]) {
			all = s.escaped(all[:len(all):len(all)], r.text[0], r.end, layers-1)
		}
	}
	return all
}

// escaped appends what an escape stands for that began before i. Its own characters lie under so many layers.
func (s *encoded) escaped(all []reading, began byte, i, layers int) []reading {
	switch began {
	case '+':
		return append(all, reading{" ", i})
	case '%':
		s.hex(2, i, layers, func(code uint64, end int) { all = append(all, reading{string([]byte{byte(code)}), end}) })
	case '&':
		s.collect("", i, layers, entity, func(name string, end int) {
			if text := html.UnescapeString("&" + name); text != "&"+name {
				all = append(all, reading{text, end})
			}
		})
	case '\\':
		if i < len(s.text) {
			for _, r := range s.at(i, layers) {
				all = s.backslash(all, r, layers)
			}
		}
	}
	return all
}

// The escapes of a backslash and one letter, in Go and in JSON.
var letters = map[string]string{
	"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", `"`: `"`, "'": "'", "/": "/",
}

// backslash appends what a backslash and the character after it stand for.
func (s *encoded) backslash(all []reading, letter reading, layers int) []reading {
	if text, ok := letters[letter.text]; ok {
		return append(all, reading{text, letter.end})
	}
	digits := map[string]int{"x": 2, "u": 4, "U": 8}[letter.text]
	if digits == 0 {
		return all
	}
	s.hex(digits, letter.end, layers, func(code uint64, end int) {
		switch {
		case digits == 2:
			all = append(all, reading{string([]byte{byte(code)}), end})
		case utf16.IsSurrogate(rune(code)):
			all = s.surrogate(all, rune(code), end, layers)
		case code <= utf8.MaxRune:
			all = append(all, reading{string(rune(code)), end})
		}
	})
	return all
}

// surrogate appends the character whose second half follows at i.
func (s *encoded) surrogate(all []reading, high rune, i, layers int) []reading {
	s.collect("", i, layers, func(text string) progressOf {
		return progressOf{open: text != `\u` && strings.HasPrefix(`\u`, text), done: text == `\u`}
	}, func(_ string, end int) {
		s.hex(4, end, layers, func(low uint64, end int) {
			if r := utf16.DecodeRune(high, rune(low)); r != utf8.RuneError {
				all = append(all, reading{string(r), end})
			}
		})
	})
	return all
}

// hex calls yield with each number that so many hexadecimal digits at i stand for.
func (s *encoded) hex(digits, i, layers int, yield func(code uint64, end int)) {
	s.collect("", i, layers, func(text string) progressOf {
		_, err := strconv.ParseUint("0"+text, 16, 64)
		return progressOf{open: err == nil && len(text) < digits, done: err == nil && len(text) == digits}
	}, func(text string, end int) {
		code, _ := strconv.ParseUint(text, 16, 64)
		yield(code, end)
	})
}

// progressOf says of the beginning of an escape whether it is whole, or may become so.
type progressOf struct{ open, done bool }

// entity judges the beginning of an HTML entity after its &.
func entity(text string) progressOf {
	if text == "" {
		return progressOf{open: true}
	}
	last := text[len(text)-1]
	if last == ';' {
		return progressOf{done: len(text) > 1}
	}
	isName := last >= '0' && last <= '9' || last >= 'a' && last <= 'z' || last >= 'A' && last <= 'Z' || last == '#'
	return progressOf{open: isName && len(text) < maxEntity}
}

// collect calls yield with each text at i that judge finds whole.
func (s *encoded) collect(begun string, i, layers int, judge func(string) progressOf, yield func(text string, end int)) {
	p := judge(begun)
	if p.done {
		yield(begun, i)
	}
	if !p.open || i >= len(s.text) {
		return
	}
	for _, r := range s.at(i, layers) {
		s.collect(begun+r.text, r.end, layers, judge, yield)
	}
}

// place is a state of a comparison: how much of the text and of the secret is behind it.
type place struct{ text, secret int }

// match says where a secret ends that begins at i in any form, the longest; -1 where none does. Where the text is cut
// short, a secret may go on behind its end.
func (s *encoded) match(i int, secret string, cut bool) int {
	ends := s.ends[secret]
	if ends == nil {
		ends = map[place]int{}
		if s.ends == nil {
			s.ends = map[string]map[place]int{}
		}
		s.ends[secret] = ends
	}
	return s.end(place{i, 0}, secret, cut, ends)
}

// end says where the rest of a secret ends. What is known of an escape is kept in ends: in a run of backslashes each is
// reached in many ways.
func (s *encoded) end(p place, secret string, cut bool, ends map[place]int) int {
	for p.text < len(s.text) && p.secret < len(secret) && s.text[p.text] == secret[p.secret] && !escapes(s.text[p.text]) {
		p.text, p.secret = p.text+1, p.secret+1
	}
	switch {
	case p.secret == len(secret):
		return p.text
	case cut && p.secret > 0 && len(s.text)-p.text < longestEscape && (p.text == len(s.text) || escapes(s.text[p.text])):
		return len(s.text) // the secret, or an escape of it, may be cut in half
	case p.text == len(s.text) || !escapes(s.text[p.text]):
		return -1
	}
	if end, ok := ends[p]; ok {
		return end
	}
	last := -1
	for _, r := range s.readings(p.text) {
		if strings.HasPrefix(secret[p.secret:], r.text) {
			last = max(last, s.end(place{r.end, p.secret + len(r.text)}, secret, cut, ends))
		}
	}
	ends[p] = last
	return last
}
