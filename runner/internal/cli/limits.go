package cli

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/chaosgate/chaosgate/matchers/baseline"
)

// metricFlags are the metrics as the flags name them.
var metricFlags = map[string]baseline.MetricName{
	"error-rate": baseline.ErrorRate, "p50": baseline.P50, "p90": baseline.P90, "p99": baseline.P99, "throughput": baseline.Throughput,
}

// margins is the flag --margin. It takes "20%" for all latencies and throughput, or a list
// such as "p50=10%,error-rate=0.5%".
type margins struct{ limits *baseline.Limits }

func (m margins) Type() string { return "percent" }

func (m margins) String() string { return "" } // the help names the defaults

// Set reads the flag.
func (m margins) Set(text string) error {
	return eachLimit(text, func(name string, value string) error {
		var s share
		if err := s.Set(value); err != nil {
			return err
		}
		if name == "" {
			*m.limits = m.limits.WithMargin(float64(s))
			return nil
		}
		return change(m.limits, name, func(l *baseline.Limit) { l.Margin = float64(s) })
	})
}

// floors is the flag --floor. It takes "5ms" for all latencies, or a list such as
// "p50=2ms,error-rate=2".
type floors struct{ limits *baseline.Limits }

func (f floors) Type() string { return "duration" }

func (f floors) String() string { return "" } // the help names the defaults

// Set reads the flag.
func (f floors) Set(text string) error {
	return eachLimit(text, func(name string, value string) error {
		if metricFlags[name] == baseline.ErrorRate {
			requests, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return fmt.Errorf("%q is not a number of requests, such as error-rate=2", value)
			}
			return change(f.limits, name, func(l *baseline.Limit) { l.Floor = requests })
		}
		if metricFlags[name] == baseline.Throughput {
			return fmt.Errorf("throughput has no floor: set its margin")
		}
		d, err := time.ParseDuration(value)
		if err != nil {
			return fmt.Errorf("%q is not a duration, such as 5ms", value)
		}
		if name == "" {
			*f.limits = f.limits.WithFloor(d.Seconds())
			return nil
		}
		return change(f.limits, name, func(l *baseline.Limit) { l.Floor = d.Seconds() })
	})
}

// eachLimit calls set with each metric's name and value of a list. The name is empty if the
// value is for all of them.
func eachLimit(text string, set func(name, value string) error) error {
	for item := range strings.SplitSeq(text, ",") {
		name, value, named := strings.Cut(strings.TrimSpace(item), "=")
		if !named {
			name, value = "", name
		}
		if err := set(strings.TrimSpace(name), strings.TrimSpace(value)); err != nil {
			return err
		}
	}
	return nil
}

func change(limits *baseline.Limits, name string, edit func(*baseline.Limit)) error {
	metric, ok := metricFlags[name]
	if !ok {
		return fmt.Errorf("%q is not a metric: there are error-rate, p50, p90, p99 and throughput", name)
	}
	limit := (*limits)[metric]
	edit(&limit)
	(*limits)[metric] = limit
	return nil
}
