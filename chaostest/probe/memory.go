package probe

import (
	"sync"
	"time"
)

// memory is what a probe remembers about its samples: when the latest healthy sample
// started.
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
