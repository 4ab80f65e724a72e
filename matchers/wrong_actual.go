package matchers

import (
	"fmt"
	"reflect"

	"github.com/onsi/gomega/format"
)

// typeOf names what a matcher was given by mistake. The value itself may hold thousands of
// samples, which would hide the message.
func typeOf(actual any) string {
	name := fmt.Sprintf("<%T>", actual)
	switch v := reflect.ValueOf(actual); {
	case actual == nil:
		name = "<nil>"
	case v.Kind() == reflect.Slice || v.Kind() == reflect.Map:
		name = fmt.Sprintf("<%T | len:%d>", actual, v.Len())
	case v.Kind() == reflect.Pointer && v.IsNil():
		name += ": nil"
	}
	return format.IndentString(name, 1)
}

// wrongMessage is the failure message for an actual that cannot be judged. Gomega asks for one
// only if something else than a matcher's error decides.
func wrongMessage(actual any, phrase string) string {
	return "Expected\n" + typeOf(actual) + "\n" + phrase
}
