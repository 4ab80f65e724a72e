// Package fault is the catalogue of what can be done to a container. A fault is a
// plain value: it says what is wanted, checks itself, and prints itself. It does no
// I/O; the agent's injectors do the work.
//
//	slow := fault.Delay(300*time.Millisecond, fault.Jitter(30*time.Millisecond))
//	err := slow.Validate()     // nil
//	text := slow.String()      // "delay 300ms ±30ms"
package fault

import (
	"encoding/json"
	"fmt"
)

// Kind names a fault on the wire and in records. Kinds are stable.
type Kind string

// Fault says what to do to a target. The Catalogue lists all faults.
type Fault interface {
	// Kind names the fault.
	Kind() Kind
	// Validate returns an error if the fault cannot be done exactly as it was asked
	// for. It is called before anything is touched.
	Validate() error
	// String describes the fault with its units, as reports print it.
	String() string
}

// Filterable is a fault that acts on packets and so takes a Filter.
type Filterable interface {
	Fault
	// DefaultDirection is the direction of the fault when a filter names none.
	DefaultDirection() Direction
}

type envelope struct {
	Kind  Kind            `json:"kind"`
	Fault json.RawMessage `json:"fault"`
}

// Marshal encodes a fault with its kind, for the wire and for records.
func Marshal(f Fault) (json.RawMessage, error) {
	body, err := json.Marshal(f)
	if err != nil {
		return nil, fmt.Errorf("encode fault %s: %w", f.Kind(), err)
	}
	return json.Marshal(envelope{Kind: f.Kind(), Fault: body})
}

// Unmarshal decodes what Marshal encoded and validates it.
func Unmarshal(data []byte) (Fault, error) {
	var e envelope
	if err := json.Unmarshal(data, &e); err != nil {
		return nil, fmt.Errorf("decode fault: %w", err)
	}
	for _, entry := range Catalogue {
		if entry.Kind == e.Kind {
			return entry.decode(e)
		}
	}
	return nil, fmt.Errorf("decode fault: unknown kind %q: is the agent of the same version as the library?", e.Kind)
}

func decode[F Fault](e envelope) (Fault, error) {
	var f F
	if err := json.Unmarshal(e.Fault, &f); err != nil {
		return nil, fmt.Errorf("decode fault %s: %w", e.Kind, err)
	}
	if err := f.Validate(); err != nil {
		return nil, err
	}
	return f, nil
}
