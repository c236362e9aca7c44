package load

import (
	"bytes"

	"gopkg.in/yaml.v3"

	"rundown/plan"
)

// nodeSpan gives the span of a scalar, of the bracket that opens a collection, or of the first key of a block. yaml.v3 says where a
// node begins and not where it ends, so the end is read from the text.
func nodeSpan(s *plan.Source, n *yaml.Node) plan.Span {
	switch n.Kind {
	case yaml.ScalarNode:
		from := s.Offset(n.Line, n.Column)
		return s.SpanFromLast(n.Line, from, scalarEnd(s, n, from))
	case yaml.AliasNode:
		from := s.Offset(n.Line, n.Column)
		return s.SpanFromLast(n.Line, from, min(len(s.Text), from+1+len(n.Value)))
	case yaml.MappingNode:
		if n.Style&yaml.FlowStyle == 0 && len(n.Content) > 0 && n.Content[0].Kind == yaml.ScalarNode && n.Anchor == "" && n.Style&yaml.TaggedStyle == 0 {
			return nodeSpan(s, n.Content[0])
		}
	}
	return s.CharacterSpan(n.Line, n.Column)
}

// scalarEnd finds the offset after a scalar that starts at from, including its anchor and tag: yaml.v3 lets a node begin at these.
func scalarEnd(s *plan.Source, n *yaml.Node, from int) int {
	text := s.Text
	for n.Anchor != "" || n.Style&yaml.TaggedStyle != 0 {
		if from >= len(text) || text[from] != '&' && text[from] != '!' {
			break
		}
		for from < len(text) && text[from] > ' ' {
			from++
		}
		word := from
		for from < len(text) && text[from] == ' ' {
			from++
		}
		if from >= len(text) || text[from] == '\n' || text[from] == '\r' {
			return word // an empty scalar, or one on a later line
		}
	}
	switch {
	case n.Style&yaml.DoubleQuotedStyle != 0:
		for i := from + 1; i < len(text); i++ {
			switch text[i] {
			case '\\':
				i++
			case '"':
				return i + 1
			}
		}
		return len(text)
	case n.Style&yaml.SingleQuotedStyle != 0:
		for i := from + 1; i < len(text); i++ {
			if text[i] != '\'' {
				continue
			}
			if i+1 < len(text) && text[i+1] == '\'' {
				i++
				continue
			}
			return i + 1
		}
		return len(text)
	case n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		return s.LineEnd(from) // the header of the block: | or >
	case bytes.HasPrefix(text[from:], []byte(n.Value)):
		return from + len(n.Value)
	}
	return s.LineEnd(from) // a plain scalar over several lines: its first
}
