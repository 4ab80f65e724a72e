package fault

import (
	"fmt"
	"strconv"
	"strings"
)

// PortRange is a range of ports, both ends included.
type PortRange struct {
	First uint16 `json:"first"`
	Last  uint16 `json:"last"`
}

// Contains reports whether the port is in the range.
func (r PortRange) Contains(port uint16) bool { return r.First <= port && port <= r.Last }

// String prints one port as 80 and a range as 80-90.
func (r PortRange) String() string {
	if r.First == r.Last {
		return fmt.Sprint(r.First)
	}
	return fmt.Sprintf("%d-%d", r.First, r.Last)
}

// ParsePorts reads ports as they are written for containers, such as "5432/tcp",
// "53/udp" or "8000-8100/tcp". Without a protocol, as in "5432", TCP and UDP are meant.
func ParsePorts(text string) (PortRange, Protocol, error) {
	numbers, name, named := strings.Cut(text, "/")
	protocol := Protocol(name)
	if named && protocol != TCP && protocol != UDP {
		return PortRange{}, "", fmt.Errorf("port %q: protocol %q: must be tcp or udp, as in 5432/tcp", text, name)
	}
	from, to, isRange := strings.Cut(numbers, "-")
	if !isRange {
		to = from
	}
	first, firstErr := parsePort(from)
	last, lastErr := parsePort(to)
	if firstErr != nil || lastErr != nil || first > last {
		return PortRange{}, "", fmt.Errorf("port %q: must be from 1 to 65535, as in 5432/tcp, or a range of such, as in 8000-8100/tcp", text)
	}
	return PortRange{First: first, Last: last}, protocol, nil
}

func parsePort(text string) (uint16, error) {
	port, err := strconv.ParseUint(text, 10, 16)
	if err == nil && port == 0 {
		err = strconv.ErrRange
	}
	return uint16(port), err
}
