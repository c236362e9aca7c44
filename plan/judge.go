package plan

import (
	"reflect"
	"strings"
	"sync"
)

// judge remembers what validator/v10 said of single values, so that of ten thousand recordings alike one is judged.
// It only tells what is known to be right; of all else validator speaks, and makes the error. Not safe for concurrent
// use.
type judge struct{ verdicts map[judgedValue]bool }

// judgedValue is a number or a text under a tag.
type judgedValue struct {
	tag  string
	text string
	n    int64
}

// right says that validator has nothing to say against the value, which is a struct.
func (j *judge) right(v reflect.Value) bool {
	for _, f := range judgedFields(v.Type()) {
		field := v.Field(f.index)
		if field.Kind() == reflect.Pointer {
			if field.IsNil() {
				if f.required {
					return false
				}
				continue
			}
			field = field.Elem()
		}
		switch f.form {
		case judgedStruct:
			if !j.right(field) {
				return false
			}
		case judgedList:
			for i := range field.Len() {
				if !j.right(field.Index(i)) {
					return false
				}
			}
		case judgedScalar:
			if !j.rightScalar(field, f.tag) {
				return false
			}
		case judgedOtherwise:
			return false
		}
	}
	return true
}

func (j *judge) rightScalar(v reflect.Value, tag string) bool {
	value := judgedValue{tag: tag}
	if v.Kind() == reflect.String {
		value.text = v.String()
	} else {
		value.n = v.Int()
	}
	right, known := j.verdicts[value]
	if !known {
		right = fieldChecks().Var(v.Interface(), tag) == nil
		if j.verdicts == nil {
			j.verdicts = make(map[judgedValue]bool)
		}
		j.verdicts[value] = right
	}
	return right
}

// judgedField is a field of which validator may have something to say.
type judgedField struct {
	index    int
	tag      string // of a scalar
	required bool
	form     judgedForm
}

type judgedForm uint8

const (
	judgedStruct    judgedForm = iota // by its fields
	judgedList                        // of structs
	judgedScalar                      // a number or a text
	judgedPresence                    // by its presence alone
	judgedOtherwise                   // by validator alone, each time
)

var judgedTables sync.Map // reflect.Type → []judgedField

// judgedFields lists the fields of a struct that need a look.
func judgedFields(t reflect.Type) []judgedField {
	if known, ok := judgedTables.Load(t); ok {
		return known.([]judgedField)
	}
	var list []judgedField
	for i := range t.NumField() {
		if f, any := judgedFieldOf(t.Field(i)); any {
			f.index = i
			list = append(list, f)
		}
	}
	judgedTables.Store(t, list)
	return list
}

// judgedFieldOf is false for a field of which validator says nothing.
func judgedFieldOf(field reflect.StructField) (f judgedField, any bool) {
	tag := field.Tag.Get("validate")
	if !field.IsExported() || tag == "-" {
		return f, false
	}
	t := field.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	f.required = tag == "required" || strings.HasPrefix(tag, "required,")
	rest := strings.TrimPrefix(strings.TrimPrefix(tag, "required"), ",")
	pointer := field.Type.Kind() == reflect.Pointer
	switch {
	case strings.Contains(rest, "required") || strings.Contains(rest, "field") || f.required && !pointer:
		f.form = judgedOtherwise // it asks for more than the one value
	case t.Kind() == reflect.Struct && rest == "":
		f.form = judgedStruct
		return f, f.required || len(judgedFields(t)) > 0
	case t.Kind() == reflect.Slice && rest == "dive" && t.Elem().Kind() == reflect.Struct:
		f.form = judgedList
		return f, f.required || len(judgedFields(t.Elem())) > 0
	case rest == "":
		f.form = judgedPresence
		return f, f.required
	case t.Kind() == reflect.String || t.Kind() == reflect.Int || t.Kind() == reflect.Int64:
		// A pointer that is nil was left aside already; of a plain value, omitempty would let 0 and "" pass.
		f.form, f.tag = judgedScalar, strings.TrimPrefix(rest, "omitempty,")
	default:
		f.form = judgedOtherwise
	}
	return f, true
}
