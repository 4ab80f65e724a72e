package probe

import "slices"

// HTTPOption changes what an HTTPProbe sends and expects.
type HTTPOption interface{ applyHTTP(*HTTPProbe) }

type httpOption func(*HTTPProbe)

func (o httpOption) applyHTTP(p *HTTPProbe) { o(p) }

func (t Timeout) applyHTTP(p *HTTPProbe) { p.timeout = t }

// Method is the request's method; GET by default.
func Method(method string) HTTPOption {
	return httpOption(func(p *HTTPProbe) { p.method = method })
}

// Header adds a header to the request. Host sets the host that is asked for.
func Header(name, value string) HTTPOption {
	return httpOption(func(p *HTTPProbe) { p.header.Add(name, value) })
}

// Body is what the request carries; nothing by default.
func Body(body string) HTTPOption {
	return httpOption(func(p *HTTPProbe) { p.body = body })
}

// Status names the statuses that are healthy, in place of any 2xx.
func Status(codes ...int) HTTPOption {
	return httpOption(func(p *HTTPProbe) { p.status = slices.Clone(codes) })
}

// KeepAlive uses connections again. By default every sample makes a new one, as
// a new client does, for two reasons: a connection from before a fault may not
// meet it, and one that broke under it would fail samples after its end. With
// KeepAlive, net/http asks again by itself when a kept connection turns out to
// be closed. Connections that idle are closed after a second.
func KeepAlive() HTTPOption {
	return httpOption(func(p *HTTPProbe) { p.transport.DisableKeepAlives = false })
}

// VersionFrom reads from each answer, whatever its status, which version of the
// service gave it. An answer without one is a Problem of the sample.
func VersionFrom(field Field) HTTPOption {
	return httpOption(func(p *HTTPProbe) { p.version = &field })
}

// ClockFrom reads the service's clock from each answer, whatever its status: an
// RFC 3339 time with or without a fraction, an HTTP date, or the time since 1970
// in digits, as seconds (10), milliseconds (13), microseconds (16) or nanoseconds
// (19), or in seconds with a fraction. The digits that are there tell the clock's
// Resolution. An answer without one is a Problem of the sample.
func ClockFrom(field Field) HTTPOption {
	return httpOption(func(p *HTTPProbe) { p.clock = &field })
}
