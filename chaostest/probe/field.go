package probe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/chaosgate/chaosgate/chaostest/probe/look"
)

// Field is a place in an answer that says something about the service. It comes from
// HeaderField, BodyField or WholeBody.
type Field struct {
	header string
	path   []string
	err    error
}

// HeaderField is a header of the answer, such as "X-Version" or "Date".
func HeaderField(name string) Field {
	f := Field{header: name}
	if name == "" || strings.ContainsFunc(name, notInToken) {
		f.err = fmt.Errorf("read header %q: not the name of a header", name)
	}
	return f
}

// BodyField is a text, number or truth value in a JSON body. The path is its keys with
// dots between them, as in "build.version". Elements of lists are counted from 0.
func BodyField(path string) Field {
	f := Field{path: strings.Split(path, ".")}
	for _, key := range f.path {
		if key == "" {
			f.err = fmt.Errorf(`read %q in the body: write keys with a dot between, as in "build.version"`, path)
		}
	}
	return f
}

// WholeBody is all of the answer's body, without the white space around it.
func WholeBody() Field { return Field{} }

// String is where the field is: `header X-Version`, `"build.version" in the body` or
// `the body`.
func (f Field) String() string {
	switch {
	case f.header != "":
		return "header " + f.header
	case f.path != nil:
		return strconv.Quote(strings.Join(f.path, ".")) + " in the body"
	}
	return "the body"
}

// ready reports whether enough of the answer has come to read the field.
func (f Field) ready(a *look.Answer) bool { return a.Complete || a.Status > 0 && f.header != "" }

// of is the field's text in the answer. It is never empty without an error.
func (f Field) of(a *look.Answer) (string, error) {
	text := ""
	switch {
	case f.header != "":
		text = a.Header.Get(f.header)
	case f.path != nil:
		var err error
		if text, err = f.inBody(a.Body); err != nil {
			return "", err
		}
	default:
		text = string(a.Body)
	}
	if text = strings.TrimSpace(text); text == "" {
		return "", errors.New("the answer has none")
	}
	return text, nil
}

func (f Field) inBody(body []byte) (string, error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber() // nanoseconds since 1970 have more digits than a float
	var value any
	if err := decoder.Decode(&value); err != nil {
		return "", fmt.Errorf("the body is not JSON: %q", excerpt(string(body)))
	}
	for _, key := range f.path {
		switch v := value.(type) {
		case map[string]any:
			value = v[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(v) {
				return "", fmt.Errorf("the list there has no element %q", key)
			}
			value = v[i]
		default:
			value = nil
		}
	}
	switch v := value.(type) {
	case nil:
		return "", errors.New("the answer has none")
	case map[string]any, []any:
		return "", errors.New("the value is a list or an object: name a single value in it")
	default:
		return fmt.Sprint(v), nil
	}
}
