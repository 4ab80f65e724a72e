package network

import (
	"errors"
	"fmt"
	"strconv"

	"github.com/chaosgate/chaosgate/chaostest/fault"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// Evidence counts what the fault has touched. The headers of a super-packet
// count once in its bytes.
func (i *injection) Evidence() record.Evidence {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.noteLapse()
	i.died = i.died || !i.left && i.hasDied()
	var matched counters
	var path carried
	var errs []error
	for _, s := range i.strands {
		c, p, err := s.counts()
		matched, path = matched.plus(c), path.plus(p)
		errs = append(errs, err)
	}
	e := record.Evidence{
		LeaseLapsed: i.lapsed || matched.Lapsed > 0, TargetDied: i.died,
		// Packets are wire packets: segments of a large send count one by one.
		Counts: []record.Count{
			{Name: "packets", Value: record.Float(matched.Packets), Merge: record.Sum},
			{Name: "bytes", Unit: "B", Value: record.Float(matched.Bytes), Merge: record.Sum},
			{Name: "lapsed", Value: record.Float(matched.Lapsed), Merge: record.Sum},
			{Name: "lost", Value: record.Float(path.lost), Merge: record.Sum},
		},
	}
	done := i.request.Fault.Kind() == fault.KindBlackHole || path.sent > 0
	e.Effective = matched.Packets > 0 && done && !e.LeaseLapsed
	e.Summary = i.summary(e, matched, path)
	if err := errors.Join(errs...); err != nil {
		e.Effective = false
		e.Summary += "; " + err.Error()
	}
	return e
}

func (i *injection) summary(e record.Evidence, matched counters, path carried) string {
	if matched.Packets == 0 && matched.Lapsed == 0 {
		s := "no packet matched"
		if f := i.request.Filter.String(); f != "" {
			s += " " + f
		}
		if e.TargetDied {
			s += "; the target's first process ended"
		}
		if e.LeaseLapsed {
			s += "; the lease ran out meanwhile"
		}
		return s
	}
	verb := "delayed"
	if i.request.Fault.Kind() == fault.KindBlackHole {
		verb = "lost in the black hole"
	}
	s := fmt.Sprintf("%s (%s) %s", packets(matched.Packets), bytes(matched.Bytes), verb)
	if path.held > 0 {
		s += fmt.Sprintf("; %s still held", group(path.held))
	}
	if path.lost > 0 {
		s += fmt.Sprintf("; %s lost by the data path", group(path.lost))
	}
	switch {
	case matched.Lapsed > 0:
		s += fmt.Sprintf("; %s passed untouched because the lease had run out", packets(matched.Lapsed))
	case e.LeaseLapsed:
		s += "; the lease ran out meanwhile"
	}
	if e.TargetDied {
		s += "; the target's first process ended"
	}
	return s
}

func packets(n uint64) string {
	if n == 1 {
		return "1 packet"
	}
	return group(n) + " packets"
}

// group prints 1204 as 1,204.
func group(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for at := len(s) - 3; at > 0; at -= 3 {
		s = s[:at] + "," + s[at:]
	}
	return s
}

// bytes prints a size in decimal units with one digit: 1.1 MB.
func bytes(n uint64) string {
	size, unit := float64(n), 0
	for size >= 999.95 && unit < 4 {
		size, unit = size/1000, unit+1
	}
	if unit == 0 {
		return fmt.Sprintf("%d B", n)
	}
	return fmt.Sprintf("%.1f %s", size, []string{"B", "kB", "MB", "GB", "TB"}[unit])
}
