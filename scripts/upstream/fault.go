package oracle

import (
	"errors"
	"slices"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// apiErrors is a step by which, after so many further writes of one kind, so
// many of them fail.
type apiErrors struct {
	Of            writeKind `json:"of"`
	AfterRequests uint32    `json:"afterRequests"`
	Requests      *uint32   `json:"requests"`
	Error         apiFault  `json:"error"`
}

// watchDelay is a step from which on, for so long or to the end, the watch
// events of one kind of objects are late.
type watchDelay struct {
	Of      string  `json:"of"`
	DelayMs *uint32 `json:"delayMs"`
	ForMs   *uint32 `json:"forMs"`
}

// writeKind is a kind of write that the controllers send.
type writeKind string

const (
	createReplicaSet       writeKind = "createReplicaSet"
	updateReplicaSet       writeKind = "updateReplicaSet"
	updateReplicaSetStatus writeKind = "updateReplicaSetStatus"
	patchReplicaSet        writeKind = "patchReplicaSet"
	deleteReplicaSet       writeKind = "deleteReplicaSet"
	updateDeployment       writeKind = "updateDeployment"
	updateDeploymentStatus writeKind = "updateDeploymentStatus"
	createPod              writeKind = "createPod"
	patchPod               writeKind = "patchPod"
	deletePod              writeKind = "deletePod"
)

var writeKinds = []writeKind{
	createReplicaSet, updateReplicaSet, updateReplicaSetStatus, patchReplicaSet, deleteReplicaSet,
	updateDeployment, updateDeploymentStatus, createPod, patchPod, deletePod,
}

// apiFault is how a write fails.
type apiFault string

const (
	arrives            apiFault = ""
	conflicts          apiFault = "conflict"
	refused            apiFault = "refused"
	internalError      apiFault = "internal"
	timesOut           apiFault = "timeout"
	timeoutAfterEffect apiFault = "timeoutAfterEffect"
)

// errorOf is what the client of a write that fails is told.
func errorOf(fault apiFault, of schema.GroupResource, name string) error {
	switch fault {
	case conflicts:
		return apierrors.NewConflict(of, name,
			errors.New("the object has been modified; please apply your changes to the latest version and try again"))
	case refused:
		return apierrors.NewForbidden(of, name, errors.New("denied by an admission webhook"))
	case internalError:
		return apierrors.NewInternalError(errors.New("etcdserver: leader changed"))
	case timesOut, timeoutAfterEffect:
		return apierrors.NewTimeoutError("request did not complete within requested timeout - context deadline exceeded", 0)
	}
	return nil
}

func (e *apiErrors) check() error {
	switch {
	case !slices.Contains(writeKinds, e.Of):
		return invalid("apiErrors in a step are of a kind of write")
	case e.Requests == nil:
		return invalid("apiErrors in a step without requests")
	case e.Error == arrives || errorOf(e.Error, schema.GroupResource{}, "") == nil:
		return invalid("apiErrors in a step with an unknown error")
	}
	return nil
}

func (d *watchDelay) check() error {
	if !slices.Contains([]string{"deployments", "replicaSets", "pods"}, d.Of) {
		return invalid("watchDelay in a step is of deployments, replicaSets or pods")
	}
	if d.DelayMs == nil {
		return invalid("watchDelay in a step without delayMs")
	}
	return nil
}

// pendingErrors are errors that are to come.
type pendingErrors struct {
	of              writeKind
	before, failing uint32
	fault           apiFault
}

// The functions below expect s.mu to be held.

// fate is what becomes of the next write of a kind.
func (s *server) fate(of writeKind) apiFault {
	fate := arrives
	for i := range s.errors {
		e := &s.errors[i]
		switch {
		case e.of != of:
		case e.before > 0:
			e.before--
		case fate == arrives:
			e.failing--
			fate = e.fault
		}
	}
	s.errors = slices.DeleteFunc(s.errors, func(e pendingErrors) bool { return e.failing == 0 })
	return fate
}

// send lets a write arrive, unless it is to fail.
func send[T any](s *server, kind writeKind, of schema.GroupResource, name string, arrive func() (T, error)) (T, error) {
	fault := s.fate(kind)
	if fault == arrives {
		return arrive()
	}
	if fault == timeoutAfterEffect {
		// Whatever it comes to, the client does not learn it.
		_, _ = arrive()
	}
	var none T
	return none, errorOf(fault, of, name)
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
	for _, l := range []*stream{&s.deployments.late, &s.replicaSets.late, &s.pods.late} {
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

// breakDown applies what breaks at a step.
func (w *world) breakDown(s step) {
	if e := s.APIErrors; e != nil && *e.Requests > 0 {
		w.server.errors = append(w.server.errors, pendingErrors{e.Of, e.AfterRequests, *e.Requests, e.Error})
	}
	if d := s.WatchDelay; d != nil {
		l := map[string]*stream{
			"deployments": &w.server.deployments.late,
			"replicaSets": &w.server.replicaSets.late,
			"pods":        &w.server.pods.late,
		}[d.Of]
		l.delay, l.until = time.Duration(*d.DelayMs)*time.Millisecond, nil
		if d.ForMs != nil {
			until := time.Now().Add(time.Duration(*d.ForMs) * time.Millisecond)
			l.until = &until
		}
	}
}

// deliverLate sends the late events that are due by now.
func (w *world) deliverLate() {
	for l := w.server.nextLate(); l != nil && !l.waiting[0].at.After(time.Now()); l = w.server.nextLate() {
		next := l.waiting[0]
		l.waiting = l.waiting[1:]
		next.send()
		w.delivered()
	}
}
