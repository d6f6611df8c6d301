package oracle

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/kubernetes"
	appsclient "k8s.io/client-go/kubernetes/typed/apps/v1"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
)

// write is an API write as it was sent.
type write struct {
	Verb        string          `json:"verb"`
	Resource    string          `json:"resource"`
	Subresource string          `json:"subresource,omitempty"`
	Name        string          `json:"name"`
	Object      json.RawMessage `json:"object,omitempty"`
	Patch       json.RawMessage `json:"patch,omitempty"`
}

// journal collects what one pass sends. Pods are created and deleted in
// parallel, so of those only numbers and names are kept.
type journal struct {
	mu          sync.Mutex
	writes      []write
	podsCreated int
	podsDeleted []string
}

func (j *journal) object(verb, resource, subresource string, o metav1.Object) {
	if j == nil {
		return
	}
	// Now and not later: the controllers go on changing what they sent.
	body, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	j.add(write{Verb: verb, Resource: resource, Subresource: subresource, Name: o.GetName(), Object: body})
}

func (j *journal) add(w write) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.writes = append(j.writes, w)
}

func (j *journal) podCreated() {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.podsCreated++
}

func (j *journal) podDeleted(name string) {
	if j == nil {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.podsDeleted = append(j.podsDeleted, name)
}

// client is the part of a clientset that the two controllers and their
// informers use. The embedded interfaces stay nil: a call to anything else is
// a panic, and so a sign that upstream has started to use something new.
type client struct {
	kubernetes.Interface
	server  *server
	journal *journal
}

// IsWatchListSemanticsUnSupported makes informers list before they watch.
func (c *client) IsWatchListSemanticsUnSupported() bool { return true }

func (c *client) AppsV1() appsclient.AppsV1Interface { return appsV1{c: c} }
func (c *client) CoreV1() coreclient.CoreV1Interface { return coreV1{c: c} }

type appsV1 struct {
	appsclient.AppsV1Interface
	c *client
}

type coreV1 struct {
	coreclient.CoreV1Interface
	c *client
}

func (a appsV1) Deployments(ns string) appsclient.DeploymentInterface {
	return deployments{c: a.c, ns: ns}
}

func (a appsV1) ReplicaSets(ns string) appsclient.ReplicaSetInterface {
	return replicaSets{c: a.c, ns: ns}
}

func (a coreV1) Pods(ns string) coreclient.PodInterface { return pods{c: a.c, ns: ns} }

// Events is asked for when a controller starts; nothing is ever sent there,
// because the recorders are replaced.
func (a coreV1) Events(string) coreclient.EventInterface { return nil }

// list is the objects of one kind in the order of their creation.
func list[T object](ctx context.Context, s *server, t *table[T], add func(T)) (meta metav1.ListMeta, err error) {
	err = t.stream.list(ctx, s, func() {
		meta.ResourceVersion = strconv.FormatUint(s.version, 10)
		items := slices.SortedFunc(maps.Values(t.items), func(a, b T) int { return number(a) - number(b) })
		for _, o := range items {
			add(o.DeepCopyObject().(T))
		}
	})
	return meta, err
}

type deployments struct {
	appsclient.DeploymentInterface
	c  *client
	ns string
}

func (d deployments) List(ctx context.Context, _ metav1.ListOptions) (*appsv1.DeploymentList, error) {
	all := &appsv1.DeploymentList{}
	meta, err := list(ctx, d.c.server, &d.c.server.deployments, func(o *appsv1.Deployment) { all.Items = append(all.Items, *o) })
	all.ListMeta = meta
	return all, err
}

func (d deployments) Watch(context.Context, metav1.ListOptions) (watch.Interface, error) {
	return d.c.server.deployments.stream.open(d.c.server), nil
}

func (d deployments) Get(_ context.Context, name string, _ metav1.GetOptions) (*appsv1.Deployment, error) {
	s := d.c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	return get(&s.deployments, types.NamespacedName{Namespace: d.ns, Name: name})
}

func (d deployments) Update(_ context.Context, o *appsv1.Deployment, _ metav1.UpdateOptions) (*appsv1.Deployment, error) {
	d.c.journal.object("update", "deployments", "", o)
	s := d.c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	return send(s, updateDeployment, s.deployments.resource, o.Name, func() (*appsv1.Deployment, error) {
		return update(s, &s.deployments, o, false)
	})
}

func (d deployments) UpdateStatus(_ context.Context, o *appsv1.Deployment, _ metav1.UpdateOptions) (*appsv1.Deployment, error) {
	d.c.journal.object("update", "deployments", "status", o)
	s := d.c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	return send(s, updateDeploymentStatus, s.deployments.resource, o.Name, func() (*appsv1.Deployment, error) {
		return update(s, &s.deployments, o, true)
	})
}

type replicaSets struct {
	appsclient.ReplicaSetInterface
	c  *client
	ns string
}

func (r replicaSets) List(ctx context.Context, _ metav1.ListOptions) (*appsv1.ReplicaSetList, error) {
	all := &appsv1.ReplicaSetList{}
	meta, err := list(ctx, r.c.server, &r.c.server.replicaSets, func(o *appsv1.ReplicaSet) { all.Items = append(all.Items, *o) })
	all.ListMeta = meta
	return all, err
}

func (r replicaSets) Watch(context.Context, metav1.ListOptions) (watch.Interface, error) {
	return r.c.server.replicaSets.stream.open(r.c.server), nil
}

func (r replicaSets) Get(_ context.Context, name string, _ metav1.GetOptions) (*appsv1.ReplicaSet, error) {
	s := r.c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	return get(&s.replicaSets, types.NamespacedName{Namespace: r.ns, Name: name})
}

func (r replicaSets) Create(_ context.Context, o *appsv1.ReplicaSet, _ metav1.CreateOptions) (*appsv1.ReplicaSet, error) {
	r.c.journal.object("create", "replicasets", "", o)
	s := r.c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	return send(s, createReplicaSet, s.replicaSets.resource, o.Name, func() (*appsv1.ReplicaSet, error) {
		return create(s, &s.replicaSets, o)
	})
}

func (r replicaSets) Update(_ context.Context, o *appsv1.ReplicaSet, _ metav1.UpdateOptions) (*appsv1.ReplicaSet, error) {
	r.c.journal.object("update", "replicasets", "", o)
	s := r.c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	return send(s, updateReplicaSet, s.replicaSets.resource, o.Name, func() (*appsv1.ReplicaSet, error) {
		return update(s, &s.replicaSets, o, false)
	})
}

func (r replicaSets) UpdateStatus(_ context.Context, o *appsv1.ReplicaSet, _ metav1.UpdateOptions) (*appsv1.ReplicaSet, error) {
	r.c.journal.object("update", "replicasets", "status", o)
	s := r.c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	return send(s, updateReplicaSetStatus, s.replicaSets.resource, o.Name, func() (*appsv1.ReplicaSet, error) {
		return update(s, &s.replicaSets, o, true)
	})
}

func (r replicaSets) Delete(_ context.Context, name string, _ metav1.DeleteOptions) error {
	r.c.journal.add(write{Verb: "delete", Resource: "replicasets", Name: name})
	s := r.c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := send(s, deleteReplicaSet, s.replicaSets.resource, name, func() (none struct{}, err error) {
		key := types.NamespacedName{Namespace: r.ns, Name: name}
		gone := s.replicaSets.items[key]
		if err := remove(s, &s.replicaSets, key); err != nil {
			return none, err
		}
		if s.replicaSetGone != nil {
			s.replicaSetGone(gone)
		}
		return none, nil
	})
	return err
}

func (r replicaSets) Patch(_ context.Context, name string, kind types.PatchType, body []byte, _ metav1.PatchOptions, _ ...string) (*appsv1.ReplicaSet, error) {
	r.c.journal.add(write{Verb: "patch", Resource: "replicasets", Name: name, Patch: body})
	s := r.c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	return send(s, patchReplicaSet, s.replicaSets.resource, name, func() (*appsv1.ReplicaSet, error) {
		return patch(s, &s.replicaSets, types.NamespacedName{Namespace: r.ns, Name: name}, kind, body, &appsv1.ReplicaSet{})
	})
}

type pods struct {
	coreclient.PodInterface
	c  *client
	ns string
}

func (p pods) List(ctx context.Context, _ metav1.ListOptions) (*corev1.PodList, error) {
	all := &corev1.PodList{}
	meta, err := list(ctx, p.c.server, &p.c.server.pods, func(o *corev1.Pod) { all.Items = append(all.Items, *o) })
	all.ListMeta = meta
	return all, err
}

func (p pods) Watch(context.Context, metav1.ListOptions) (watch.Interface, error) {
	return p.c.server.pods.stream.open(p.c.server), nil
}

func (p pods) Get(_ context.Context, name string, _ metav1.GetOptions) (*corev1.Pod, error) {
	s := p.c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	return get(&s.pods, types.NamespacedName{Namespace: p.ns, Name: name})
}

func (p pods) Create(_ context.Context, o *corev1.Pod, _ metav1.CreateOptions) (*corev1.Pod, error) {
	s := p.c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	pod := o.DeepCopy()
	// The path of the request says the namespace; the object may leave it out.
	pod.Namespace = p.ns
	made, err := send(s, createPod, s.pods.resource, pod.GenerateName, func() (*corev1.Pod, error) {
		return s.createPod(pod)
	})
	if err == nil {
		p.c.journal.podCreated()
	}
	return made, err
}

func (p pods) Delete(_ context.Context, name string, _ metav1.DeleteOptions) error {
	s := p.c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err := send(s, deletePod, s.pods.resource, name, func() (none struct{}, err error) {
		return none, s.deletePod(types.NamespacedName{Namespace: p.ns, Name: name})
	})
	if err == nil {
		p.c.journal.podDeleted(name)
	}
	return err
}

func (p pods) Patch(_ context.Context, name string, kind types.PatchType, body []byte, _ metav1.PatchOptions, _ ...string) (*corev1.Pod, error) {
	p.c.journal.add(write{Verb: "patch", Resource: "pods", Name: name, Patch: body})
	s := p.c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	return send(s, patchPod, s.pods.resource, name, func() (*corev1.Pod, error) {
		return patch(s, &s.pods, types.NamespacedName{Namespace: p.ns, Name: name}, kind, body, &corev1.Pod{})
	})
}
