// Package fault is the catalogue of what can be done to a container: pure
// values that say what is wanted, check themselves, and print themselves. They
// do no I/O and import the standard library only; the agent's injectors do the work.
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
	// Validate reports, before anything is touched, what about the fault cannot
	// be done exactly as it was asked for.
	Validate() error
	// String says the fault in words and units, as reports print it.
	String() string
}

// Filterable is a fault that acts on packets and so takes a Filter.
type Filterable interface {
	Fault
	// DefaultDirection is the direction that is meant when a filter names none.
	DefaultDirection() Direction
}

type envelope struct {
	Kind  Kind            `json:"kind"`
	Fault json.RawMessage `json:"fault"`
}

// Marshal encodes a fault with its kind, as the agent's wire and records carry it.
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
