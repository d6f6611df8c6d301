package oracle

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
	"k8s.io/apimachinery/pkg/watch"
)

// object is a pointer to one of the three kinds.
type object interface {
	metav1.Object
	runtime.Object
}

// table holds the objects of one kind. Stored objects are never changed in
// place, so that watchers may share them.
type table[T object] struct {
	resource schema.GroupResource
	items    map[types.NamespacedName]T
	stream   stream
	// What the kinds have in common without a common interface for it.
	isSpecEqual func(a, b T) bool
	copySpec    func(from, to T)
	copyStatus  func(from, to T)
	truncate    func(T)
}

// server is an API server without admission and validation, with the rules
// that matter to the two controllers (versions, sub-resources, generation,
// whole-second times, graceful deletion).
type server struct {
	mu          sync.Mutex
	version     uint64
	objects     int // ever created
	podCalls    int // pod creations ever asked for
	deployments table[*appsv1.Deployment]
	replicaSets table[*appsv1.ReplicaSet]
	pods        table[*corev1.Pod]

	// agreeable makes updates succeed whatever version they carry: within one
	// pass on given caches the question is what the controller intends.
	agreeable bool
	// failPodCreate: this and later creations of a pod are refused; 0 = none.
	failPodCreate int
	// grace is how long a deleted pod stays.
	grace     time.Duration
	uidPrefix string
	// podNumber says what follows the generateName of a pod.
	podNumber func() int
	// The kubelet's ears; called with mu held.
	podCreated  func(*corev1.Pod)
	podDeleting func(*corev1.Pod)
	// The garbage collector's ear; called with mu held.
	replicaSetGone func(*appsv1.ReplicaSet)
	// Called with mu held when an event has to wait for its time.
	eventKept func()
	gate      gate
	// Errors that writes of the controllers are to meet.
	errors []pendingErrors
}

// gate is where watch events wait while it is closed.
type gate struct {
	closed bool
	events []func()
}

// hold keeps watch events back until release.
func (s *server) hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gate.closed = true
}

// release lets the events that were kept back go, in order; after each it calls
// then.
func (s *server) release(then func()) {
	s.mu.Lock()
	events := s.gate.events
	s.gate = gate{}
	s.mu.Unlock()
	for _, send := range events {
		s.mu.Lock()
		send()
		s.mu.Unlock()
		then()
	}
}

func newServer() *server {
	s := &server{uidPrefix: "u"}
	s.deployments = table[*appsv1.Deployment]{
		resource: schema.GroupResource{Group: "apps", Resource: "deployments"},
		items:    map[types.NamespacedName]*appsv1.Deployment{},
		// Annotations count as specification: they are copied to ReplicaSets.
		isSpecEqual: func(a, b *appsv1.Deployment) bool {
			return equality.Semantic.DeepEqual(a.Spec, b.Spec) && equality.Semantic.DeepEqual(a.Annotations, b.Annotations)
		},
		copySpec: func(from, to *appsv1.Deployment) {
			to.Spec = *from.Spec.DeepCopy()
			to.Labels = from.Labels
		},
		copyStatus: func(from, to *appsv1.Deployment) { to.Status = *from.Status.DeepCopy() },
		truncate: func(d *appsv1.Deployment) {
			for i := range d.Status.Conditions {
				c := &d.Status.Conditions[i]
				c.LastUpdateTime = wholeSecond(c.LastUpdateTime)
				c.LastTransitionTime = wholeSecond(c.LastTransitionTime)
			}
		},
	}
	s.replicaSets = table[*appsv1.ReplicaSet]{
		resource:    schema.GroupResource{Group: "apps", Resource: "replicasets"},
		items:       map[types.NamespacedName]*appsv1.ReplicaSet{},
		isSpecEqual: func(a, b *appsv1.ReplicaSet) bool { return equality.Semantic.DeepEqual(a.Spec, b.Spec) },
		copySpec:    func(from, to *appsv1.ReplicaSet) { to.Spec = *from.Spec.DeepCopy() },
		copyStatus:  func(from, to *appsv1.ReplicaSet) { to.Status = *from.Status.DeepCopy() },
		truncate: func(rs *appsv1.ReplicaSet) {
			for i := range rs.Status.Conditions {
				c := &rs.Status.Conditions[i]
				c.LastTransitionTime = wholeSecond(c.LastTransitionTime)
			}
		},
	}
	s.pods = table[*corev1.Pod]{
		resource:    schema.GroupResource{Resource: "pods"},
		items:       map[types.NamespacedName]*corev1.Pod{},
		isSpecEqual: func(a, b *corev1.Pod) bool { return equality.Semantic.DeepEqual(a.Spec, b.Spec) },
		copySpec:    func(from, to *corev1.Pod) { to.Spec = *from.Spec.DeepCopy() },
		copyStatus:  func(from, to *corev1.Pod) { to.Status = *from.Status.DeepCopy() },
		truncate: func(p *corev1.Pod) {
			for i := range p.Status.Conditions {
				c := &p.Status.Conditions[i]
				c.LastTransitionTime = wholeSecond(c.LastTransitionTime)
			}
		},
	}
	return s
}

// wholeSecond is what a trip over the wire leaves of a time.
func wholeSecond(t metav1.Time) metav1.Time {
	if t.IsZero() {
		return t
	}
	return metav1.Time{Time: t.Time.Truncate(time.Second)}
}

func nameOf(o metav1.Object) types.NamespacedName {
	return types.NamespacedName{Namespace: o.GetNamespace(), Name: o.GetName()}
}

// The functions below expect s.mu to be held.

func (s *server) nextVersion() string {
	s.version++
	return strconv.FormatUint(s.version, 10)
}

// notify tells the watchers: at once, after the pass under way, or when a late
// event is due.
func notify[T object](s *server, t *table[T], kind watch.EventType, o T) {
	send := func() { t.stream.send(watch.Event{Type: kind, Object: o}) }
	sendInTime := func() {
		switch {
		case t.stream.lost != nil:
			// What was written is in the list that comes.
		case !t.stream.keep(o, send):
			send()
		case s.eventKept != nil:
			s.eventKept()
		}
	}
	if s.gate.closed {
		s.gate.events = append(s.gate.events, sendInTime)
	} else {
		sendInTime()
	}
}

func get[T object](t *table[T], name types.NamespacedName) (T, error) {
	if o, ok := t.items[name]; ok {
		return o.DeepCopyObject().(T), nil
	}
	var none T
	return none, apierrors.NewNotFound(t.resource, name.Name)
}

func create[T object](s *server, t *table[T], sent T) (T, error) {
	o := sent.DeepCopyObject().(T)
	if _, ok := t.items[nameOf(o)]; ok {
		var none T
		return none, apierrors.NewAlreadyExists(t.resource, o.GetName())
	}
	s.objects++
	o.SetUID(types.UID(fmt.Sprintf("%s%d", s.uidPrefix, s.objects)))
	o.SetGeneration(1)
	o.SetCreationTimestamp(wholeSecond(metav1.Now()))
	o.SetResourceVersion(s.nextVersion())
	t.truncate(o)
	t.items[nameOf(o)] = o
	notify(s, t, watch.Added, o)
	return o.DeepCopyObject().(T), nil
}

func (s *server) createPod(sent *corev1.Pod) (*corev1.Pod, error) {
	s.podCalls++
	if s.failPodCreate > 0 && s.podCalls >= s.failPodCreate {
		return nil, &apierrors.StatusError{ErrStatus: metav1.Status{
			Status:  metav1.StatusFailure,
			Code:    http.StatusForbidden,
			Reason:  metav1.StatusReasonForbidden,
			Message: "pods is forbidden: exceeded quota",
		}}
	}
	pod := sent.DeepCopy()
	if pod.Name == "" {
		pod.Name = fmt.Sprintf("%s%05d", pod.GenerateName, s.podNumber())
	}
	made, err := create(s, &s.pods, pod)
	if err == nil && s.podCreated != nil {
		s.podCreated(made)
	}
	return made, err
}

// update replaces an object, except for the half that the endpoint ignores.
func update[T object](s *server, t *table[T], sent T, statusOnly bool) (T, error) {
	var none T
	old, ok := t.items[nameOf(sent)]
	if !ok {
		return none, apierrors.NewNotFound(t.resource, sent.GetName())
	}
	if v := sent.GetResourceVersion(); !s.agreeable && v != "" && v != old.GetResourceVersion() {
		return none, apierrors.NewConflict(t.resource, sent.GetName(),
			errors.New("the object has been modified; please apply your changes to the latest version and try again"))
	}
	o := sent.DeepCopyObject().(T)
	o.SetUID(old.GetUID())
	o.SetGeneration(old.GetGeneration())
	o.SetCreationTimestamp(old.GetCreationTimestamp())
	o.SetDeletionTimestamp(old.GetDeletionTimestamp())
	o.SetResourceVersion(old.GetResourceVersion())
	if statusOnly {
		t.copySpec(old, o)
	} else {
		t.copyStatus(old, o)
		if !t.isSpecEqual(old, o) {
			o.SetGeneration(old.GetGeneration() + 1)
		}
	}
	t.truncate(o)
	if equality.Semantic.DeepEqual(old, o) {
		return o, nil
	}
	o.SetResourceVersion(s.nextVersion())
	t.items[nameOf(o)] = o
	notify(s, t, watch.Modified, o)
	return o.DeepCopyObject().(T), nil
}

// change is update for those who hold the lock and know what they write over.
func change[T object](s *server, t *table[T], name types.NamespacedName, statusOnly bool, edit func(T)) {
	if old, ok := t.items[name]; ok {
		o := old.DeepCopyObject().(T)
		edit(o)
		// It carries the stored version, so it cannot conflict.
		if _, err := update(s, t, o, statusOnly); err != nil {
			panic(err)
		}
	}
}

func patch[T object](s *server, t *table[T], name types.NamespacedName, kind types.PatchType, body []byte, empty T) (T, error) {
	var none T
	if kind != types.StrategicMergePatchType {
		return none, apierrors.NewBadRequest("patch type " + string(kind))
	}
	old, ok := t.items[name]
	if !ok {
		return none, apierrors.NewNotFound(t.resource, name.Name)
	}
	before, err := json.Marshal(old)
	if err != nil {
		return none, err
	}
	after, err := strategicpatch.StrategicMergePatch(before, body, empty)
	if err != nil {
		return none, apierrors.NewBadRequest(err.Error())
	}
	o := empty.DeepCopyObject().(T)
	if err := json.Unmarshal(after, o); err != nil {
		return none, apierrors.NewBadRequest(err.Error())
	}
	if o.GetUID() != old.GetUID() {
		return none, apierrors.NewConflict(t.resource, name.Name, fmt.Errorf("the UID in the precondition is %s, the object's is %s", o.GetUID(), old.GetUID()))
	}
	return update(s, t, o, false)
}

func remove[T object](s *server, t *table[T], name types.NamespacedName) error {
	old, ok := t.items[name]
	if !ok {
		return apierrors.NewNotFound(t.resource, name.Name)
	}
	delete(t.items, name)
	// The event carries a version of its own: informers take the version of
	// the last event for how far they are.
	gone := old.DeepCopyObject().(T)
	gone.SetResourceVersion(s.nextVersion())
	notify(s, t, watch.Deleted, gone)
	return nil
}

func (s *server) deletePod(name types.NamespacedName) error {
	old, ok := s.pods.items[name]
	// A pod that has ended has nothing to stop (podStrategy.CheckGracefulDelete).
	if !ok || s.grace == 0 || isFinished(old) {
		return remove(s, &s.pods, name)
	}
	if old.DeletionTimestamp != nil {
		return nil
	}
	pod := old.DeepCopy()
	now := wholeSecond(metav1.Now())
	pod.DeletionTimestamp = &now
	pod.ResourceVersion = s.nextVersion()
	s.pods.items[name] = pod
	notify(s, &s.pods, watch.Modified, pod)
	if s.podDeleting != nil {
		s.podDeleting(pod)
	}
	return nil
}

// isLeft tells whether a pod is owned by a ReplicaSet that does not exist.
func (s *server) isLeft(pod *corev1.Pod) bool {
	ref := metav1.GetControllerOf(pod)
	if ref == nil {
		return false
	}
	for _, rs := range s.replicaSets.items {
		if rs.UID == ref.UID {
			return false
		}
	}
	return true
}
