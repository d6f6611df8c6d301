package oracle

import (
	"context"
	"slices"
	"strings"
	"sync"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/cache"
	"k8s.io/kubernetes/pkg/controller"
)

// orderedDeletions is the pod control of the ReplicaSet controller in lockstep.
// Upstream deletes the pods of a pass in goroutines; here they queue up, and
// each is sent when those before it have been answered: which of several
// deletions fails would otherwise be left to Go's scheduler.
type orderedDeletions struct {
	controller.PodControlInterface
	pods cache.Indexer

	mu      sync.Mutex
	waiting []*deletion
}

type deletion struct {
	pod  *corev1.Pod
	all  bool // of its ReplicaSet's pods none is to stay
	turn chan struct{}
}

func (o *orderedDeletions) DeletePod(ctx context.Context, namespace, name string, owner runtime.Object) error {
	d := &deletion{turn: make(chan struct{})}
	if cached, ok, err := o.pods.GetByKey(namespace + "/" + name); err == nil && ok {
		d.pod = cached.(*corev1.Pod)
	} else {
		panic("a pod is deleted that is not in the cache: " + name)
	}
	d.all = *owner.(*appsv1.ReplicaSet).Spec.Replicas == 0
	o.mu.Lock()
	o.waiting = append(o.waiting, d)
	o.mu.Unlock()
	<-d.turn
	return o.PodControlInterface.DeletePod(ctx, namespace, name, owner)
}

// during makes one pass and lets the deletions that it asks for go, in order.
func (o *orderedDeletions) during(pass func()) {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		pass()
	}()
	for {
		quiet()
		select {
		case <-ended:
			return
		default:
		}
		for _, d := range o.take() {
			close(d.turn)
			quiet()
		}
	}
}

// take answers what waits, in the order in which it is to be sent.
func (o *orderedDeletions) take() []*deletion {
	o.mu.Lock()
	defer o.mu.Unlock()
	waiting := o.waiting
	o.waiting = nil
	if len(waiting) > 0 && waiting[0].all {
		slices.SortFunc(waiting, func(a, b *deletion) int { return number(a.pod) - number(b.pod) })
		return waiting
	}
	slices.SortFunc(waiting, func(a, b *deletion) int { return strings.Compare(string(a.pod.UID), string(b.pod.UID)) })
	pods := make([]*corev1.Pod, 0, len(waiting))
	for _, d := range waiting {
		pods = append(pods, d.pod)
	}
	ordered := make([]*deletion, 0, len(waiting))
	for _, i := range byRank(pods) {
		ordered = append(ordered, waiting[i])
	}
	return ordered
}

// agedIndexer hands objects and keys out in the order of creation.
type agedIndexer struct{ cache.Indexer }

func (a agedIndexer) Index(index string, object any) ([]any, error) {
	list, err := a.Indexer.Index(index, object)
	slices.SortFunc(list, byAge)
	return list, err
}

// ListKeys is in which order an informer finds, after a list, that objects are
// gone.
func (a agedIndexer) ListKeys() []string {
	var keys []string
	for _, object := range slices.SortedFunc(slices.Values(a.List()), byAge) {
		key, err := cache.MetaNamespaceKeyFunc(object)
		if err != nil {
			panic(err)
		}
		keys = append(keys, key)
	}
	return keys
}

func byAge(a, b any) int { return number(a.(metav1.Object)) - number(b.(metav1.Object)) }
