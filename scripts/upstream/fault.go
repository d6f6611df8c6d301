package oracle

import (
	"errors"
	"slices"

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

// breakDown applies what breaks at a step.
func (w *world) breakDown(s step) {
	if e := s.APIErrors; e != nil && *e.Requests > 0 {
		w.server.errors = append(w.server.errors, pendingErrors{e.Of, e.AfterRequests, *e.Requests, e.Error})
	}
	if d := s.WatchDelay; d != nil {
		w.delay(d)
	}
	if l := s.WatchLost; l != nil {
		w.lose(l)
	}
}
