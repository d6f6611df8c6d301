package oracle

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// watchDelay is a step from which on, for so long or to the end, the watch
// events of one kind of objects are late.
type watchDelay struct {
	Of      string  `json:"of"`
	DelayMs *uint32 `json:"delayMs"`
	ForMs   *uint32 `json:"forMs"`
}

// watchLost is a step at which the watch of one kind of objects ends and cannot
// go on where it was; all of them are listed so much later.
type watchLost struct {
	Of    string  `json:"of"`
	ForMs *uint32 `json:"forMs"`
}

// lostMsMin: the reflector waits for 0.8 to 1.6 s, at random, before it lists
// anew, and longer for the next time within two minutes.
const lostMsMin = 2_000

var watched = []string{"deployments", "replicaSets", "pods"}

func (d *watchDelay) check() error {
	if !slices.Contains(watched, d.Of) {
		return invalid("watchDelay in a step is of deployments, replicaSets or pods")
	}
	if d.DelayMs == nil {
		return invalid("watchDelay in a step without delayMs")
	}
	return nil
}

func (l *watchLost) check() error {
	if !slices.Contains(watched, l.Of) {
		return invalid("watchLost in a step is of deployments, replicaSets or pods")
	}
	if l.ForMs == nil || *l.ForMs < lostMsMin {
		return invalid("watchLost in a step needs forMs of at least 2000")
	}
	return nil
}

// lateEvent is a watch event that is due later.
type lateEvent struct {
	at      time.Time
	version uint64
	send    func()
}

// stream is the watch of one kind of objects, as far as it is late.
type stream struct {
	delay   time.Duration
	until   *time.Time // nil = to the end
	waiting []lateEvent
	// The watchers that are open, and one that a list has opened for the watch
	// that follows it.
	watchers []*watcher
	opened   *watcher
	lost     *loss
}

// loss is a watch that is lost.
type loss struct {
	until  time.Time
	listed bool // due, and answered
	due    chan struct{}
}

// keep takes an event that has to wait: one that is late itself, or whose
// elders wait, which it does not overtake.
func (l *stream) keep(o object, send func()) bool {
	delay := l.delay
	if l.until != nil && !time.Now().Before(*l.until) {
		delay = 0
	}
	if delay == 0 && len(l.waiting) == 0 {
		return false
	}
	at := time.Now().Add(delay)
	if n := len(l.waiting); n > 0 && l.waiting[n-1].at.After(at) {
		at = l.waiting[n-1].at
	}
	version, err := strconv.ParseUint(o.GetResourceVersion(), 10, 64)
	if err != nil {
		panic(err)
	}
	l.waiting = append(l.waiting, lateEvent{at: at, version: version, send: send})
	return true
}

// nextLate is the watch whose first event is due first; of several that of the
// lowest version. nil = nothing waits.
func (s *server) nextLate() *stream {
	var next *stream
	for _, l := range s.streams() {
		if len(l.waiting) == 0 {
			continue
		}
		if next == nil {
			next = l
			continue
		}
		a, b := l.waiting[0], next.waiting[0]
		if a.at.Before(b.at) || a.at.Equal(b.at) && a.version < b.version {
			next = l
		}
	}
	return next
}

// streams are the watches of the three kinds, as named in steps.
func (s *server) streams() []*stream {
	return []*stream{&s.deployments.stream, &s.replicaSets.stream, &s.pods.stream}
}

func (s *server) streamOf(kind string) *stream {
	return s.streams()[slices.Index(watched, kind)]
}

// send tells the watchers.
func (l *stream) send(e watch.Event) {
	for _, w := range l.watchers {
		w.send(e)
	}
}

// list waits, while the watch is lost, until it may answer, and opens the watch
// that follows it; snapshot is called at that moment with s.mu held.
func (l *stream) list(ctx context.Context, s *server, snapshot func()) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if lost := l.lost; lost != nil {
		s.mu.Unlock()
		select {
		case <-lost.due:
		case <-ctx.Done():
		}
		s.mu.Lock()
		if ctx.Err() != nil {
			return ctx.Err()
		}
		l.lost = nil
	}
	snapshot()
	l.opened = newWatcher()
	l.watchers = append(l.watchers, l.opened)
	return nil
}

// open is the watch that follows a list.
func (l *stream) open(s *server) watch.Interface {
	s.mu.Lock()
	defer s.mu.Unlock()
	opened := l.opened
	l.opened = nil
	if opened == nil {
		opened = newWatcher()
		l.watchers = append(l.watchers, opened)
	}
	return opened
}

// nextAt is when the next late event or list is due.
func (s *server) nextAt() (at time.Time, ok bool) {
	if late := s.nextLate(); late != nil {
		at, ok = late.waiting[0].at, true
	}
	for _, l := range s.streams() {
		if l.lost != nil && !l.lost.listed && (!ok || l.lost.until.Before(at)) {
			at, ok = l.lost.until, true
		}
	}
	return at, ok
}

// delay makes the watch events of one kind late.
func (w *world) delay(d *watchDelay) {
	l := w.server.streamOf(d.Of)
	l.delay, l.until = time.Duration(*d.DelayMs)*time.Millisecond, nil
	if d.ForMs != nil {
		until := time.Now().Add(time.Duration(*d.ForMs) * time.Millisecond)
		l.until = &until
	}
}

// lose ends the watch of one kind, and with it what is on its way.
func (w *world) lose(lost *watchLost) {
	l := w.server.streamOf(lost.Of)
	l.waiting = nil
	l.lost = &loss{
		until: time.Now().Add(time.Duration(*lost.ForMs) * time.Millisecond),
		due:   make(chan struct{}),
	}
	l.send(watch.Event{Type: watch.Error, Object: &metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusGone, Reason: metav1.StatusReasonExpired,
		Message: "too old resource version",
	}})
	l.watchers = nil
}

// deliverLate answers the lists and sends the late events that are due by now.
func (w *world) deliverLate() {
	for _, l := range w.server.streams() {
		if l.lost != nil && !l.lost.listed && !l.lost.until.After(time.Now()) {
			l.lost.listed = true
			close(l.lost.due)
			w.delivered()
		}
	}
	for l := w.server.nextLate(); l != nil && !l.waiting[0].at.After(time.Now()); l = w.server.nextLate() {
		next := l.waiting[0]
		l.waiting = l.waiting[1:]
		next.send()
		w.delivered()
	}
}

// watcher is one open watch. Its buffer only saves switches between
// goroutines: a full one makes the sender wait for the reader.
type watcher struct {
	events chan watch.Event
	done   chan struct{}
	once   sync.Once
}

func newWatcher() *watcher {
	return &watcher{events: make(chan watch.Event, 256), done: make(chan struct{})}
}

func (w *watcher) send(e watch.Event) {
	select {
	case w.events <- e:
	case <-w.done:
	}
}

func (w *watcher) Stop()                          { w.once.Do(func() { close(w.done) }) }
func (w *watcher) ResultChan() <-chan watch.Event { return w.events }
