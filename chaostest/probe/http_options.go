package probe

import "slices"

// HTTPOption changes what an HTTPProbe sends or expects.
type HTTPOption interface{ applyHTTP(*HTTPProbe) }

type httpOption func(*HTTPProbe)

func (o httpOption) applyHTTP(p *HTTPProbe) { o(p) }

func (t Timeout) applyHTTP(p *HTTPProbe) { p.timeout = t }

// Method is the request's method; GET by default.
func Method(method string) HTTPOption {
	return httpOption(func(p *HTTPProbe) { p.request.Method = method })
}

// Header adds a header to the request. The header Host sets the request's host.
func Header(name, value string) HTTPOption {
	return httpOption(func(p *HTTPProbe) { p.request.Header.Add(name, value) })
}

// Body is the request's body; empty by default.
func Body(body string) HTTPOption {
	return httpOption(func(p *HTTPProbe) { p.request.Body = body })
}

// Status names the statuses that are healthy, instead of any 2xx.
func Status(codes ...int) HTTPOption {
	return httpOption(func(p *HTTPProbe) { p.status = slices.Clone(codes) })
}

// KeepAlive reuses connections. By default every sample makes a new one, as a new
// client does: a connection from before a fault may escape it, and one that broke under
// the fault would fail samples after its end. With KeepAlive, net/http sends a request
// again if it finds its connection closed. Idle connections are closed after a second.
func KeepAlive() HTTPOption {
	return httpOption(func(p *HTTPProbe) { p.request.KeepAlive = true })
}

// VersionFrom reads the service's version from each answer, whatever its status:
//
//	probe.VersionFrom(probe.HeaderField("X-Version"))
//
// An answer without a version sets the sample's VersionProblem.
func VersionFrom(field Field) HTTPOption {
	return httpOption(func(p *HTTPProbe) { p.version = &field })
}

// ClockFrom reads the service's clock from each answer, whatever its status. The clock
// is an RFC 3339 time, an HTTP date, or the time since 1970: 10 digits are seconds, 13
// milliseconds, 16 microseconds, 19 nanoseconds, and seconds may have a fraction. The
// number of digits sets the Resolution of the reading. An answer without a clock sets
// the sample's ClockProblem.
func ClockFrom(field Field) HTTPOption {
	return httpOption(func(p *HTTPProbe) { p.clock = &field })
}
