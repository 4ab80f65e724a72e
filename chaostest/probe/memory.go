package probe

import (
	"sync"
	"time"
)

// memory is what a probe remembers of its samples: when the latest one started that
// was healthy and has ended.
type memory struct {
	mu      sync.Mutex
	healthy time.Time
}

func (m *memory) lastHealthy() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.healthy
}

func (m *memory) saw(s Sample) {
	if !s.Healthy() {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.healthy = later(m.healthy, s.Time)
}
