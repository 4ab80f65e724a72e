package record

// Way is how a probe reaches a service.
type Way string

// The ways. A probe in another service's place has the way FromClient(name).
const (
	// Direct is the container's own address: nothing stands between probe and service.
	Direct Way = "container's address"
	// Published is a port that the engine forwards, often through a proxy of its own.
	Published Way = "published port"
)

// FromClient is the way of a probe that looks in the place of another service.
func FromClient(name string) Way { return Way("from " + name) }
