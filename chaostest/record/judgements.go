package record

import (
	"cmp"
	"sync"
	"time"
)

// Outcome is what a matcher found.
type Outcome string

// The outcomes. Undecided means that there is too little evidence; it is never a
// pass. ToolFailed means that the tool did not do its part, so nothing was shown: a
// fault that touched nothing, for example.
const (
	Kept       Outcome = "kept"
	Violated   Outcome = "violated"
	Undecided  Outcome = "undecided"
	ToolFailed Outcome = Outcome(ToolFailure)
)

// Judgement is one matcher's verdict on a window, on a probe's single samples, or
// on an injection.
type Judgement struct {
	// ID is the ID that the mark of a failure message names.
	ID string `json:"id"`
	// At is the time of the last look.
	At        time.Time `json:"at,omitzero"`
	Matcher   string    `json:"matcher"`
	Objective string    `json:"objective"`
	// Part is set if only a part of the window was judged.
	Part      *Part   `json:"part,omitempty"`
	Outcome   Outcome `json:"outcome"`
	Value     Float   `json:"value"`
	Threshold Float   `json:"threshold"`
	Samples   int     `json:"samples"`
	Alpha     Float   `json:"alpha"`
	// LogE is the natural logarithm of the e-value against the objective.
	LogE Float  `json:"logE"`
	Text string `json:"text"`
}

// Part is a part of a window, by the time since the window's start.
type Part struct {
	From time.Duration `json:"from"`
	To   time.Duration `json:"to"`
}

// Judgements holds what matchers found about one thing, in the order of their first
// looks. The zero value is empty. Many goroutines may use it at once.
type Judgements struct {
	mu   sync.Mutex
	all  []entry
	last int
}

type entry struct {
	About
	at time.Time // of the last look
	of func() Judgement
}

// About says what a judgement is about.
type About struct {
	// ID is the ID of the same judgement in another record, or empty for a new one.
	ID                 string
	Matcher, Objective string
	// Part is the part of the whole that was judged; nil for the whole.
	Part *Part
}

// same reports whether two judgements are about the same thing. Parts are the same if
// they start at the same time, so a part that grows while it is polled leaves one
// judgement.
func (a About) same(b About) bool {
	return a.Matcher == b.Matcher && a.Objective == b.Objective &&
		(a.Part == nil) == (b.Part == nil) && (a.Part == nil || a.Part.From == b.Part.From)
}

// Keep stores a judgement and returns its ID. A later judgement about the same thing
// replaces it and keeps the ID. The function is called only when the records are read:
// a matcher that is polled a thousand times writes its sentence once.
func (j *Judgements) Keep(about About, judgement func() Judgement) (id string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for i := range j.all {
		if j.all[i].same(about) {
			about.ID = cmp.Or(about.ID, j.all[i].ID)
			j.all[i], j.last = entry{about, time.Now().Round(0), judgement}, i
			return about.ID
		}
	}
	if about.ID == "" {
		about.ID = NewID("j")
	}
	j.all, j.last = append(j.all, entry{about, time.Now().Round(0), judgement}), len(j.all)
	return about.ID
}

// Records returns the judgements as they are now.
func (j *Judgements) Records() []Judgement {
	j.mu.Lock()
	all := append([]entry(nil), j.all...)
	j.mu.Unlock()
	var records []Judgement
	for _, e := range all {
		records = append(records, e.record())
	}
	return records
}

// Mark appends the mark of the last judgement to a message. It is for messages that no
// matcher of this module writes: Gomega's Or, for example, prints what was judged and
// asks no matcher for a message. Without a judgement the message stays as it is.
func (j *Judgements) Mark(message string) string {
	j.mu.Lock()
	if len(j.all) == 0 {
		j.mu.Unlock()
		return message
	}
	e := j.all[j.last]
	j.mu.Unlock()
	return message + "\n" + markLine(e.ID, e.record().Outcome, 0)
}

func (e entry) record() Judgement {
	r := e.of()
	r.ID, r.At, r.Matcher, r.Objective, r.Part = e.ID, e.at, e.Matcher, e.Objective, e.Part
	return r
}
