package oracle

import (
	"context"
	"runtime/debug"
	"slices"
	_ "unsafe" // for go:linkname

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/kubernetes/pkg/controller"
	"k8s.io/kubernetes/pkg/controller/deployment"
	"k8s.io/kubernetes/pkg/controller/replicaset"
)

// In lockstep the real controllers run in one fixed order instead of racing.
// Everything is theirs: queues with their timers, informers, handlers, passes,
// retries. Fixed is only who moves when, and each choice is one that a cluster
// could make:
//
//   - the watch events of what a pass writes are delivered after it, one after
//     the other (the API server promises no order between them and answers);
//   - the workers take turns, the Deployment controller's first, and while one
//     works the other waits (as goroutines on one processor may);
//   - what the user and the kubelet do at one instant happens one after the
//     other, each delivered before the next, and before the workers see any;
//   - pods come out of the cache in the order in which they will be ranked, so
//     that ties keep the order of uids (a hash map may hand them out so), and
//     ReplicaSets in the order of their creation;
//   - the pods that a pass deletes at once are deleted one after the other: in
//     that order, too, or all that a ReplicaSet has in the order of their creation.

//go:linkname deploymentWork k8s.io/kubernetes/pkg/controller/deployment.(*DeploymentController).processNextWorkItem
func deploymentWork(*deployment.DeploymentController, context.Context) bool

//go:linkname replicaSetWork k8s.io/kubernetes/pkg/controller/replicaset.(*ReplicaSetController).processNextWorkItem
func replicaSetWork(*replicaset.ReplicaSetController, context.Context) bool

// worker is one controller's only worker.
type worker struct {
	queue queue
	// once makes one pass over the next key of the queue.
	once func()
}

// lockstepWorkers are the two workers; wake is called when a key comes up in a
// queue, so that a driver that sleeps sees to it.
func lockstepWorkers(ctx context.Context, dc *deployment.DeploymentController, rsc *replicaset.ReplicaSetController, pods cache.Indexer, crashed func(any, []byte), wake func()) []worker {
	control := private[controller.PodControlInterface](rsc, "podControl")
	deletions := &orderedDeletions{PodControlInterface: *control, pods: pods}
	*control = deletions
	workers := []worker{
		{*private[queue](dc, "queue"), func() { deploymentWork(dc, ctx) }},
		{*private[queue](rsc, "queue"), func() {
			deletions.during(func() {
				// It is a goroutine of its own, so the driver does not see its panics.
				defer func() {
					if what := recover(); what != nil {
						crashed(what, debug.Stack())
					}
				}()
				replicaSetWork(rsc, ctx)
			})
		}},
	}
	for _, w := range workers {
		delaying := inside(w.queue, "TypedDelayingInterface")
		keys := private[workqueue.Queue[string]](inside(delaying, "TypedInterface"), "queue")
		*keys = wakingQueue{*keys, wake}
	}
	return workers
}

// wakingQueue is the list of keys inside of a work queue; it tells when one is
// added.
type wakingQueue struct {
	workqueue.Queue[string]
	wake func()
}

func (q wakingQueue) Push(key string) {
	q.Queue.Push(key)
	q.wake()
}

// turns works until nothing is left to do at this instant, in turns. It runs
// in the driver's goroutine, so nothing else moves meanwhile.
func (r *runner) turns(w *world) {
	defer func() {
		if what := recover(); what != nil {
			r.noteCrash(what, debug.Stack())
		}
	}()
	for {
		w.happen(nil)
		quiet()
		worked := false
		for _, worker := range w.workers {
			if worker.queue.Len() > 0 {
				w.server.hold()
				worker.once()
				w.server.release(quiet)
				quiet()
				worked = true
			}
		}
		if !worked && !w.isDue() {
			return
		}
	}
}

// rankedIndexer hands pods out in the order in which they would be deleted,
// those that rank alike by uid. Sorting what is sorted changes nothing, so the
// ties do not hang on the size of the list and the inside of Go's sort.
type rankedIndexer struct{ sortedIndexer }

func (s rankedIndexer) ByIndex(index, value string) ([]any, error) {
	list, err := s.sortedIndexer.ByIndex(index, value)
	pods := make([]*corev1.Pod, 0, len(list))
	for _, object := range list {
		pod, ok := object.(*corev1.Pod)
		if !ok {
			return list, err
		}
		pods = append(pods, pod)
	}
	sorted := make([]any, 0, len(list))
	for _, i := range byRank(pods) {
		sorted = append(sorted, list[i])
	}
	return sorted, err
}

// byRank is the order in which pods would be deleted, as places in the list;
// those that rank alike stay in the order of the list.
func byRank(pods []*corev1.Pod) []int {
	ranked := controller.ActivePodsWithRanks{Pods: pods, Rank: make([]int, len(pods)), Now: v1.Now()}
	order := make([]int, len(pods))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case ranked.Less(a, b):
			return -1
		case ranked.Less(b, a):
			return 1
		}
		return 0
	})
	return order
}

var _ cache.Indexer = rankedIndexer{}
