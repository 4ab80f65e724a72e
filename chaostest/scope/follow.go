package scope

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/chaosgate/chaosgate/chaostest/driver"
	"github.com/chaosgate/chaosgate/chaostest/record"
)

// follow makes the injection hear what others do to its targets and its peers.
func (i *Injection) follow(ctx context.Context) error {
	d, err := shared.Driver(ctx, i.scope.connect)
	if err != nil {
		return err
	}
	i.driver = d
	if l := shared.Listener(d); l != nil {
		i.heard = l.listen(ctx, i.hear)
	}
	return nil
}

// hear acts on an event. It does not run on the test's goroutine, so it must not use T.
func (i *Injection) hear(e driver.Event) {
	i.changing.Lock()
	defer i.changing.Unlock()
	ctx, cancel := afterTest(cleanupWithin)
	defer cancel()
	for _, p := range i.parts {
		switch {
		case !p.applied:
		case p.params.TargetID == e.ID, p.down && p.service.replacedBy(ctx, e):
			i.happened(ctx, p, e)
		}
	}
	if i.moves(ctx, e) {
		i.refilter(ctx, e)
	}
}

// happened takes in what happened to a target.
func (i *Injection) happened(ctx context.Context, p *part, e driver.Event) {
	if p.seen[e] {
		return
	}
	if p.seen == nil {
		p.seen = map[driver.Event]bool{}
	}
	p.seen[e] = true
	i.mu.Lock()
	switch e.Kind {
	case driver.EventSignalled:
		p.signal = &e
	case driver.EventEnded:
		p.exit = &e
	case driver.EventOutOfMemory:
		p.say("the kernel killed a process of %s, because its memory ran out, at %s", p.rec.Target, clock(e.Time))
	case driver.EventPaused, driver.EventUnpaused, driver.EventUpdated:
		p.say("somebody %s %s through the engine at %s", e.Kind, p.rec.Target, clock(e.Time))
	}
	i.mu.Unlock()
	switch {
	case e.Kind == driver.EventSignalled && e.Stops:
		i.leave(ctx, p, &e)
	case e.Kind == driver.EventEnded && p.signal != nil && e.ExitCode == 128+p.signal.Signal:
		i.leave(ctx, p, p.signal) // any signal may end a process that does not handle it
	case e.Kind == driver.EventEnded && i.plan.restarts != noRestarts:
		i.leave(ctx, p, nil)
	case e.Kind == driver.EventStarted && p.down:
		i.resume(ctx, p, e)
	}
}

// leave ends the fault on a target that ends: stopped by a signal through the engine, or,
// if there is none, by itself. It does so at once, because a paused container would not
// see the signal.
func (i *Injection) leave(ctx context.Context, p *part, stop *driver.Event) {
	i.mu.Lock()
	live, first := p.live, p.stopped == nil && !p.down
	if first && stop != nil {
		p.stopped = stop
		p.rec.Evidence.TargetDied = false
	}
	i.mu.Unlock()
	if !live {
		return
	}
	evidence, err := p.agent.Revert(ctx, p.params.ID)
	i.mu.Lock()
	defer i.mu.Unlock()
	p.err = err
	p.live = err != nil // the end of the test tries again
	p.close(evidence)
	at := time.Now()
	if stop != nil {
		at = stop.Time
	}
	p.rec.End, p.rec.Reverted = at, err == nil
	if i.plan.restarts == followRestarts {
		p.down = true
		p.rec.Evidence.TargetDied = stop == nil // until it is started again
		p.gap(at, "the target is not running", true)
		return
	}
	if i.plan.restarts == endAtRestart {
		p.rec.Evidence.TargetDied, p.past.TargetDied = false, false
		if stop == nil {
			p.say("%s ended by itself (%s), and the fault with it", p.rec.Target, p.exit)
		}
	}
	for _, other := range i.parts {
		if other.live || other.down {
			return
		}
	}
	i.over, i.end = true, at
}

// resume injects the fault on a target that was started again, or on the container that was
// started in its place.
func (i *Injection) resume(ctx context.Context, p *part, e driver.Event) {
	state, err := p.service.State(ctx)
	if err != nil || !state.Running {
		return // it has ended again, which is another event
	}
	params, again := p.params, "it was started again"
	if id := p.service.ID(); id != params.TargetID {
		params.TargetID, again = id, "another container was started in its place at "+clock(e.Time)
	}
	params.ID = fmt.Sprintf("%s.again%d", i.id, i.numbers.Add(1))
	params.Filter, err = i.plan.resolveLive(ctx, state)
	if err == nil {
		_, err = p.agent.Inject(ctx, params)
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if err != nil {
		p.closeGaps()
		p.gap(e.Time, fmt.Sprintf("the target was started again, and the fault could not be injected: %v", err), false)
		return
	}
	if p.stopped == nil {
		p.say("%s ended by itself (%s), and %s", p.rec.Target, p.exit, again)
	} else {
		p.say("%s, and %s", p.stoppedBy(), again)
	}
	p.closeGaps()
	p.past.TargetDied = false
	p.params, p.live, p.down, p.stopped, p.signal, p.exit = params, true, false, nil, nil, nil
	p.life, p.began = p.life+1, time.Now()
	p.rec.End, p.rec.Reverted, p.rec.TargetID = time.Time{}, false, params.TargetID
	p.look(record.Evidence{})
}

// askWho looks for who ended the targets that have died. The events until now are read
// again, because the last ones may still be on their way.
func (i *Injection) askWho(ctx context.Context) {
	for _, p := range i.parts {
		i.mu.Lock()
		died := p.rec.Evidence.TargetDied
		i.mu.Unlock()
		if died {
			i.blame(ctx, p)
		}
	}
}

func (i *Injection) blame(ctx context.Context, p *part) {
	state, err := p.service.State(ctx) // whatever led to it has been announced by now
	if down, ok := errors.AsType[*driver.NotRunningError](err); ok {
		state = down.State
	}
	err = nil
	if source, ok := i.driver.(driver.Eventful); ok {
		err = source.Events(ctx, p.began, time.Now(), func(e driver.Event) {
			if e.ID == p.params.TargetID && e.Kind != driver.EventStarted {
				i.happened(ctx, p, e)
			}
		})
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if err != nil {
		p.say("it is not known who ended it: %v", err)
	}
	switch {
	case !p.rec.Evidence.TargetDied:
	case !state.Running:
		p.say("%s", state.Ending())
	case p.exit != nil: // another container has taken its place
		p.say("%s", p.exit)
	}
}

// clock is a time of day in messages.
func clock(t time.Time) string { return t.Format("15:04:05.000") }
