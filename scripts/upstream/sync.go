package oracle

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"
	"sort"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/kubernetes/pkg/controller/deployment"
	"k8s.io/kubernetes/pkg/controller/replicaset"
)

type syncCase struct {
	ID          *string              `json:"id"`
	Controller  string               `json:"controller"`
	Key         string               `json:"key"`
	Now         string               `json:"now"`
	Deployments []*appsv1.Deployment `json:"deployments"`
	ReplicaSets []*appsv1.ReplicaSet `json:"replicaSets"`
	Pods        []*corev1.Pod        `json:"pods"`
	FailCreate  int                  `json:"failCreate"`
}

type event struct{ Type, Reason, Message string }

type syncVerdict struct {
	Error               string      `json:"error,omitempty"`
	Writes              []write     `json:"writes"`
	Events              []event     `json:"events"`
	RequeueAfterSeconds json.Number `json:"requeueAfterSeconds,omitempty"`
	PodsCreated         int         `json:"podsCreated"`
	PodsDeleted         []string    `json:"podsDeleted"`
}

// syncer puts states to one pair of controllers. They live as long as the
// program, outside of any bubble: their caches are filled by hand and their
// queues are replaced, so that nothing of them runs on its own.
type syncer struct {
	ctx         context.Context
	bubble      func(func())
	client      *client
	queue       *noteQueue
	events      []event
	deployments cache.Indexer
	replicaSets cache.Indexer
	pods        cache.Indexer
	deployment  *deployment.DeploymentController
	replicaSet  *replicaset.ReplicaSetController
	handlers    map[string]syncFunc
	close       func()
}

// newSyncer needs a way to run a function in a bubble of its own.
func newSyncer(ctx context.Context, bubble func(func())) *syncer {
	s := &syncer{ctx: ctx, bubble: bubble}
	s.build()
	return s
}

func (s *syncer) build() {
	s.client = &client{}
	factory := informers.NewSharedInformerFactory(s.client, 0)
	ds, rss, ps := factory.Apps().V1().Deployments(), factory.Apps().V1().ReplicaSets(), factory.Core().V1().Pods()
	dc, err := deployment.NewDeploymentController(s.ctx, ds, rss, ps, s.client)
	if err != nil {
		panic(err)
	}
	rsc := replicaset.NewReplicaSetController(s.ctx, rss, ps, s.client, replicaset.BurstReplicas)

	s.queue = &noteQueue{}
	note := recorder(func(kind, reason, message string) {
		s.client.journal.mu.Lock()
		defer s.client.journal.mu.Unlock()
		s.events = append(s.events, event{kind, reason, message})
	})
	setDeploymentRecorder(dc, note)
	setReplicaSetRecorder(rsc, note)
	var idle []queue
	for _, q := range []*queue{private[queue](dc, "queue"), private[queue](rsc, "queue")} {
		idle = append(idle, *q)
		*q = s.queue
	}
	s.close = func() {
		for _, q := range idle {
			q.ShutDown()
		}
		(*private[record.EventBroadcaster](dc, "eventBroadcaster")).Shutdown()
		(*private[record.EventBroadcaster](rsc, "eventBroadcaster")).Shutdown()
	}
	s.deployments = ds.Informer().GetIndexer()
	s.replicaSets = rss.Informer().GetIndexer()
	s.pods = ps.Informer().GetIndexer()
	*private[cache.Indexer](rsc, "podIndexer") = sortedIndexer{s.pods}
	s.deployment, s.replicaSet = dc, rsc
	s.handlers = map[string]syncFunc{"deployment": deploymentSync(dc), "replicaset": replicaSetSync(rsc)}
}

// sortedIndexer hands objects out by uid, then by name. The indexer beneath has
// them in a hash map, so upstream any order may come, and which of two pods
// that rank alike is deleted depends on it: with one order chosen for it, the
// controller is deterministic.
type sortedIndexer struct{ cache.Indexer }

func (s sortedIndexer) ByIndex(index, value string) ([]any, error) {
	list, err := s.Indexer.ByIndex(index, value)
	slices.SortFunc(list, func(a, b any) int {
		x, y := a.(metav1.Object), b.(metav1.Object)
		if d := strings.Compare(string(x.GetUID()), string(y.GetUID())); d != 0 {
			return d
		}
		return strings.Compare(x.GetName(), y.GetName())
	})
	return list, err
}

func (s *syncer) solve(line []byte) answer {
	var c syncCase
	verdict, err := s.try(line, &c)
	return reply(line, c.ID, answer{syncVerdict: verdict}, err)
}

// Bubbles start here.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// A sleep cannot be longer than a Duration holds.
const farthest = 290 * 365 * 24 * time.Hour

func (s *syncer) try(line []byte, c *syncCase) (*syncVerdict, error) {
	if err := decode(line, c); err != nil {
		return nil, err
	}
	handler := s.handlers[c.Controller]
	if handler == nil {
		return nil, invalid(fmt.Sprintf("controller %q is not deployment or replicaset", c.Controller))
	}
	if parts := strings.Split(c.Key, "/"); len(parts) != 2 || parts[0] == "" || parts[1] == "" {
		return nil, invalid("key is not namespace/name")
	}
	now, err := time.Parse(time.RFC3339Nano, c.Now)
	if err != nil {
		return nil, invalid("now: " + err.Error())
	}
	if now.Before(epoch) || now.Sub(epoch) > farthest {
		return nil, invalid("now is not between 2000-01-01 and 2289")
	}

	s.client.journal = &journal{}
	s.events = nil
	if err := s.load(c); err != nil {
		return nil, err
	}

	var result error
	var crash *crashed
	s.bubble(func() {
		defer func() {
			if r := recover(); r != nil {
				c := crashOf(r, debug.Stack())
				crash = &c
			}
		}()
		time.Sleep(now.Sub(time.Now()))
		result = handler(s.ctx, c.Key)
	})
	if crash != nil {
		// It may have left a lock held.
		s.close()
		s.build()
		return nil, *crash
	}
	return s.verdict(c.Controller, result), nil
}

// load makes an API server and caches that hold the case, and controllers that
// expect nothing.
func (s *syncer) load(c *syncCase) error {
	*s.queue = noteQueue{}
	server := newServer()
	server.agreeable = true
	server.uidPrefix = "created-"
	server.failPodCreate = c.FailCreate
	server.podNumber = func() int { return server.podCalls }
	s.client.server = server
	if err := fill(&server.deployments, s.deployments, c.Deployments); err != nil {
		return err
	}
	if err := fill(&server.replicaSets, s.replicaSets, c.ReplicaSets); err != nil {
		return err
	}
	if err := fill(&server.pods, s.pods, c.Pods); err != nil {
		return err
	}
	resetExpectations(s.replicaSet)
	return nil
}

// fill puts the same objects into the API server and the controllers' cache.
func fill[T object](t *table[T], into cache.Indexer, objects []T) error {
	list := make([]any, 0, len(objects))
	for i, o := range objects {
		if any(o) == any(*new(T)) {
			return invalid(fmt.Sprintf("%s[%d] is null", t.resource.Resource, i))
		}
		name := nameOf(o)
		if name.Name == "" || name.Namespace == "" {
			return invalid(fmt.Sprintf("%s[%d] has no name or no namespace", t.resource.Resource, i))
		}
		if _, ok := t.items[name]; ok {
			return invalid(fmt.Sprintf("%s %s is given twice", t.resource.Resource, name))
		}
		t.items[name] = o
		list = append(list, o)
	}
	// Without a version: the check of own writes has nothing to compare, and
	// leftovers of the case before cannot block this one.
	return into.Replace(list, "")
}

func (s *syncer) verdict(controller string, result error) *syncVerdict {
	j := s.client.journal
	v := &syncVerdict{Writes: j.writes, Events: s.events, PodsCreated: j.podsCreated, PodsDeleted: j.podsDeleted}
	if v.Writes == nil {
		v.Writes = []write{}
	}
	if v.Events == nil {
		v.Events = []event{}
	}
	if v.PodsDeleted == nil {
		v.PodsDeleted = []string{}
	}
	sort.Strings(v.PodsDeleted)
	if result != nil {
		v.Error = result.Error()
		if v.Error == "" {
			v.Error = "error without a text"
		}
	}
	if s.queue.asked {
		v.RequeueAfterSeconds = exactSeconds(s.queue.after)
	}
	// Candidates for adoption and release come out of a map, in any order.
	for from := 0; from < len(v.Writes); {
		to := from
		for to < len(v.Writes) && v.Writes[to].Verb == "patch" {
			to++
		}
		slices.SortStableFunc(v.Writes[from:to], func(a, b write) int { return strings.Compare(a.Name, b.Name) })
		from = to + 1
	}
	// Pods are created and deleted in parallel. A pass does one or the other,
	// and creations fail after the ones that succeeded.
	if controller == "replicaset" {
		order := []string{"SuccessfulCreate", "FailedCreate", "SuccessfulDelete", "FailedDelete"}
		slices.SortStableFunc(v.Events, func(a, b event) int {
			if d := slices.Index(order, a.Reason) - slices.Index(order, b.Reason); d != 0 {
				return d
			}
			return strings.Compare(a.Message, b.Message)
		})
	}
	return v
}

// exactSeconds writes a duration without going through a float.
func exactSeconds(d time.Duration) json.Number {
	text := fmt.Sprintf("%d.%09d", d/time.Second, d%time.Second)
	return json.Number(strings.TrimSuffix(strings.TrimRight(text, "0"), "."))
}
