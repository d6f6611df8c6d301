package oracle

import (
	"container/heap"
	"context"
	"encoding/json"
	"fmt"
	"runtime/debug"
	"slices"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/informers"
	appslisters "k8s.io/client-go/listers/apps/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	appsdefaults "k8s.io/kubernetes/pkg/apis/apps/v1"
	"k8s.io/kubernetes/pkg/controller/deployment"
	"k8s.io/kubernetes/pkg/controller/replicaset"
)

type runCase struct {
	ID            *string            `json:"id"`
	Deployment    *appsv1.Deployment `json:"deployment"`
	Steps         []step             `json:"steps"`
	StartupMs     []int64            `json:"startupMs"`
	BadImages     []string           `json:"badImages"`
	TerminationMs int64              `json:"terminationMs"`
	UntilMs       int64              `json:"untilMs"`
	TickMs        int64              `json:"tickMs"`
}

type step struct {
	AtMs     int64                      `json:"atMs"`
	Image    *string                    `json:"image"`
	Replicas *int32                     `json:"replicas"`
	Paused   *bool                      `json:"paused"`
	Strategy *appsv1.DeploymentStrategy `json:"strategy"`
	Undo     bool                       `json:"undo"`
	KillPods int                        `json:"killPods"`
	// See run_step.go.
	Pod        *podStep        `json:"pod"`
	ReplicaSet *replicaSetStep `json:"replicaSet"`
	// See fault.go and watch.go.
	APIErrors  *apiErrors  `json:"apiErrors"`
	WatchDelay *watchDelay `json:"watchDelay"`
	WatchLost  *watchLost  `json:"watchLost"`
}

type view struct {
	AtMs        int64            `json:"atMs"`
	Replicas    int32            `json:"replicas"`
	Updated     int32            `json:"updated"`
	Ready       int32            `json:"ready"`
	Available   int32            `json:"available"`
	Unavailable int32            `json:"unavailable"`
	Terminating *int32           `json:"terminating"`
	Generation  int64            `json:"generation"`
	Observed    int64            `json:"observed"`
	Conditions  []string         `json:"conditions"`
	PodsAlive   int              `json:"podsAlive"`
	PodsReady   int              `json:"podsReady"`
	ReplicaSets []replicaSetView `json:"replicaSets"`
}

type replicaSetView struct {
	Revision    int64  `json:"revision"`
	Image       string `json:"image"`
	Spec        int32  `json:"spec"`
	Replicas    int32  `json:"replicas"`
	Ready       int32  `json:"ready"`
	Available   int32  `json:"available"`
	Terminating *int32 `json:"terminating"`
}

type runVerdict struct {
	Views    []view   `json:"views"`
	Variants [][]view `json:"variants,omitempty"`
}

const revisionAnnotation = "deployment.kubernetes.io/revision"

// schedule is who moves when.
type schedule int

const (
	// racing: as it comes, workers and informers beside each other.
	racing schedule = iota
	// racingSorted: pods come out of the cache in a fixed order, so that one
	// outcome of each tie between them is always among the timelines.
	racingSorted
	// lockstep: see lockstep.go.
	lockstep
)

// runner plays whole rollouts.
type runner struct {
	ctx         context.Context
	bubble      func(func())
	repetitions int
	// lockstep makes the first timeline of each case that of the fixed order.
	lockstep bool

	mu    sync.Mutex
	crash *crashed
}

func newRunner(ctx context.Context, bubble func(func()), repetitions int, lockstep bool) *runner {
	r := &runner{ctx: ctx, bubble: bubble, repetitions: repetitions, lockstep: lockstep}
	// Workers are goroutines of upstream's: their panics come by here.
	utilruntime.ReallyCrash = false
	utilruntime.PanicHandlers = append(utilruntime.PanicHandlers[:0:0], func(_ context.Context, what any) {
		r.noteCrash(what, debug.Stack())
	})
	return r
}

func (r *runner) noteCrash(what any, stack []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.crash == nil {
		c := crashOf(what, stack)
		r.crash = &c
	}
}

func (r *runner) crashedNow() *crashed {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.crash
}

func (r *runner) solve(line []byte) answer {
	var c runCase
	verdict, err := r.try(line, &c)
	return reply(line, c.ID, answer{runVerdict: verdict}, err)
}

func (r *runner) try(line []byte, c *runCase) (*runVerdict, error) {
	if err := decode(line, c); err != nil {
		return nil, err
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	verdict := &runVerdict{}
	seen := map[string]bool{}
	for n := range r.repetitions {
		schedule := racing
		switch {
		case n == 0 && r.lockstep:
			schedule = lockstep
		case n%2 == 0:
			schedule = racingSorted
		}
		views, err := r.play(c, schedule)
		if err != nil {
			return nil, err
		}
		if n == 0 {
			verdict.Views = views
		}
		text, err := json.Marshal(views)
		if err != nil {
			return nil, err
		}
		if !seen[string(text)] {
			seen[string(text)] = true
			verdict.Variants = append(verdict.Variants, views)
		}
	}
	if len(verdict.Variants) < 2 {
		verdict.Variants = nil
	}
	return verdict, nil
}

// check fills in what the case leaves out and refuses what could not be
// stored in any cluster.
func (c *runCase) check() error {
	d := c.Deployment
	if d == nil || d.Name == "" {
		return invalid("no deployment, or one without a name")
	}
	if d.Namespace == "" {
		d.Namespace = metav1.NamespaceDefault
	}
	if c.TickMs == 0 {
		c.TickMs = 100
	}
	if c.TickMs < 0 || c.UntilMs < 0 || c.TerminationMs < 0 {
		return invalid("negative tickMs, untilMs or terminationMs")
	}
	if len(c.StartupMs) == 0 {
		return invalid("startupMs is empty")
	}
	if c.UntilMs/c.TickMs > 10_000_000 {
		return invalid("more than 10 million ticks")
	}
	if len(d.Spec.Template.Spec.Containers) == 0 {
		return invalid("the template has no container")
	}
	if d.Spec.Replicas != nil && *d.Spec.Replicas < 0 {
		return invalid("negative replicas")
	}
	selector, err := metav1.LabelSelectorAsSelector(d.Spec.Selector)
	if err != nil {
		return invalid("selector: " + err.Error())
	}
	if selector.Empty() || !selector.Matches(labels.Set(d.Spec.Template.Labels)) {
		return invalid("the selector is empty or does not match the template")
	}
	for i, s := range c.Steps {
		if i > 0 && s.AtMs < c.Steps[i-1].AtMs {
			return invalid("steps are not in order of time")
		}
		if s.Replicas != nil && *s.Replicas < 0 {
			return invalid("a step with negative replicas")
		}
		if err := s.check(); err != nil {
			return err
		}
		isLost := func(other step) bool { return other.WatchLost != nil && other.WatchLost.Of == s.WatchLost.Of }
		if s.WatchLost != nil && slices.ContainsFunc(c.Steps[:i], isLost) {
			return invalid("the watch of a kind is lost more than once")
		}
	}
	return nil
}

// happening is something that befalls a pod at a moment.
type happening struct {
	at    time.Time
	order int
	what  befalling
	pod   types.NamespacedName
	uid   types.UID
}

type befalling int

const (
	getsReady befalling = iota
	ends
	isCollected
)

// collects is how long a pod that was made for a ReplicaSet which is gone stays:
// see core/src/cluster/garbage.rs.
const collects = 100 * time.Millisecond

type happenings []happening

func (h happenings) Len() int { return len(h) }
func (h happenings) Less(i, j int) bool {
	if !h[i].at.Equal(h[j].at) {
		return h[i].at.Before(h[j].at)
	}
	return h[i].order < h[j].order
}
func (h happenings) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *happenings) Push(x any)   { *h = append(*h, x.(happening)) }
func (h *happenings) Pop() any {
	old := *h
	last := old[len(old)-1]
	*h = old[:len(old)-1]
	return last
}

// world is one run: server, kubelet and user. The controllers run beside it.
type world struct {
	c      *runCase
	server *server
	name   types.NamespacedName

	// Both under server.mu.
	due     happenings
	planned int
	made    int // pods

	// woken tells the sleeping driver that a new happening was planned.
	woken chan struct{}

	// In lockstep the driver does the controllers' work; nil otherwise.
	workers []worker
}

// delivered waits, in lockstep, until what was just written is in the caches.
// It is called with server.mu held.
func (w *world) delivered() {
	// In the middle of a pass events wait for its end.
	if w.workers != nil && !w.server.gate.closed {
		w.server.mu.Unlock()
		quiet()
		w.server.mu.Lock()
	}
}

// timersGoOff lets, in lockstep, the timers of the queues go first of all that
// happens at an instant.
func (w *world) timersGoOff() {
	if w.workers != nil {
		quiet()
	}
}

// hasWork tells, in lockstep, whether a key waits in a queue.
func (w *world) hasWork() bool {
	return slices.ContainsFunc(w.workers, func(worker worker) bool { return worker.queue.Len() > 0 })
}

func (w *world) isDue() bool {
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	at, ok := w.nextAt()
	return ok && !at.After(time.Now())
}

// nextAt is when the next thing happens that was planned, or a late event or a
// list is due. It is called with server.mu held.
func (w *world) nextAt() (at time.Time, ok bool) {
	if len(w.due) > 0 {
		at, ok = w.due[0].at, true
	}
	if late, isLate := w.server.nextAt(); isLate && (!ok || late.Before(at)) {
		at, ok = late, true
	}
	return at, ok
}

func (w *world) plan(h happening) {
	h.order = w.planned
	w.planned++
	heap.Push(&w.due, h)
	w.wake()
}

func (w *world) wake() {
	select {
	case w.woken <- struct{}{}:
	default:
	}
}

func (w *world) podCreated(pod *corev1.Pod) {
	w.planStart(pod)
	if w.server.isLeft(pod) {
		w.plan(happening{at: time.Now().Add(collects), what: isCollected, pod: nameOf(pod), uid: pod.UID})
	}
}

func (w *world) planStart(pod *corev1.Pod) {
	startup := w.c.StartupMs[w.made%len(w.c.StartupMs)]
	w.made++
	if startup < 0 {
		return
	}
	for _, container := range pod.Spec.Containers {
		if slices.Contains(w.c.BadImages, container.Image) {
			return
		}
	}
	w.plan(happening{at: time.Now().Add(time.Duration(startup) * time.Millisecond), pod: nameOf(pod), uid: pod.UID})
}

func (w *world) podDeleting(pod *corev1.Pod) {
	w.plan(happening{at: time.Now().Add(w.server.grace), what: ends, pod: nameOf(pod), uid: pod.UID})
}

// happen applies everything of this instant at once: what the user does, then
// what befalls pods, then the late events.
func (w *world) happen(steps []step) {
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	for _, s := range steps {
		w.apply(s)
		w.delivered()
	}
	for len(w.due) > 0 && !w.due[0].at.After(time.Now()) {
		h := heap.Pop(&w.due).(happening)
		pod := w.server.pods.items[h.pod]
		if pod == nil || pod.UID != h.uid {
			continue
		}
		w.befall(h.what, pod)
	}
	w.deliverLate()
}

func (w *world) befall(what befalling, pod *corev1.Pod) {
	name := nameOf(pod)
	switch {
	case what == ends:
		if err := remove(w.server, &w.server.pods, name); err != nil {
			panic(err)
		}
	case pod.DeletionTimestamp != nil:
		return
	case what == isCollected && w.server.isLeft(pod):
		if err := w.server.deletePod(name); err != nil {
			panic(err)
		}
	case what == getsReady && !isFinished(pod) && !isReady(pod):
		change(w.server, &w.server.pods, name, true, func(p *corev1.Pod) {
			p.Status.Phase = corev1.PodRunning
			setReady(p, corev1.ConditionTrue)
		})
	default:
		return
	}
	w.delivered()
}

// advance lets time pass up to a moment. What is due at that very moment is
// left for the caller: a step of the user at the same time goes first.
func (w *world) advance(until time.Time, quiet func()) {
	for {
		next := until
		w.server.mu.Lock()
		if at, ok := w.nextAt(); ok && at.Before(next) {
			next = at
		}
		w.server.mu.Unlock()
		if wait := time.Until(next); wait > 0 {
			timer := time.NewTimer(wait)
			select {
			case <-timer.C:
			case <-w.woken:
				// Planned while we slept, perhaps for an earlier moment; or, in
				// lockstep, a timer of a queue has gone off.
				timer.Stop()
				if w.hasWork() && time.Now().Before(until) {
					w.settle(nil, quiet)
				}
				continue
			}
		}
		if !time.Now().Before(until) {
			return
		}
		w.settle(nil, quiet)
	}
}

// settle applies what happens at this instant and works until nothing is left
// to do at it.
func (w *world) settle(steps []step, quiet func()) {
	for {
		w.timersGoOff()
		w.happen(steps)
		steps = nil
		quiet()
		if !w.isDue() {
			return
		}
	}
}

func (w *world) apply(s step) {
	sv := w.server
	w.breakDown(s)
	change(sv, &sv.deployments, w.name, false, func(d *appsv1.Deployment) {
		if s.Image != nil {
			d.Spec.Template.Spec.Containers[0].Image = *s.Image
		}
		if s.Replicas != nil {
			d.Spec.Replicas = s.Replicas
		}
		if s.Paused != nil {
			d.Spec.Paused = *s.Paused
		}
		if s.Strategy != nil {
			d.Spec.Strategy = *s.Strategy.DeepCopy()
		}
		if s.Undo {
			if rs := w.previous(); rs != nil {
				d.Spec.Template = *rs.Spec.Template.DeepCopy()
				delete(d.Spec.Template.Labels, appsv1.DefaultDeploymentUniqueLabelKey)
			}
		}
		appsdefaults.SetObjectDefaults_Deployment(d)
	})
	if s.KillPods > 0 {
		ready := make([]*corev1.Pod, 0, len(sv.pods.items))
		for _, pod := range sv.pods.items {
			if pod.DeletionTimestamp == nil && isReady(pod) {
				ready = append(ready, pod)
			}
		}
		sort.Slice(ready, func(i, j int) bool { return number(ready[i]) < number(ready[j]) })
		for _, pod := range ready[:min(s.KillPods, len(ready))] {
			if err := sv.deletePod(nameOf(pod)); err != nil {
				panic(err)
			}
		}
	}
	if s.Pod != nil {
		w.delivered()
		w.applyToPod(s.Pod)
	}
	if s.ReplicaSet != nil {
		w.delivered()
		w.applyToReplicaSet(s.ReplicaSet)
	}
}

// number is the place of an object among all that were ever created.
func number(o metav1.Object) int {
	n, err := strconv.Atoi(strings.TrimPrefix(string(o.GetUID()), "u"))
	if err != nil {
		panic(err)
	}
	return n
}

func revision(rs *appsv1.ReplicaSet) int64 {
	n, err := strconv.ParseInt(rs.Annotations[revisionAnnotation], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

func (w *world) byRevision() []*appsv1.ReplicaSet {
	list := make([]*appsv1.ReplicaSet, 0, len(w.server.replicaSets.items))
	for _, rs := range w.server.replicaSets.items {
		list = append(list, rs)
	}
	sort.Slice(list, func(i, j int) bool {
		if a, b := revision(list[i]), revision(list[j]); a != b {
			return a < b
		}
		return number(list[i]) < number(list[j])
	})
	return list
}

// previous is the ReplicaSet with the second highest revision, if there is one.
func (w *world) previous() *appsv1.ReplicaSet {
	if list := w.byRevision(); len(list) > 1 {
		return list[len(list)-2]
	}
	return nil
}

func (w *world) view(atMs int64) view {
	w.server.mu.Lock()
	defer w.server.mu.Unlock()
	d := w.server.deployments.items[w.name]
	v := view{
		AtMs:        atMs,
		Replicas:    d.Status.Replicas,
		Updated:     d.Status.UpdatedReplicas,
		Ready:       d.Status.ReadyReplicas,
		Available:   d.Status.AvailableReplicas,
		Unavailable: d.Status.UnavailableReplicas,
		Terminating: d.Status.TerminatingReplicas,
		Generation:  d.Generation,
		Observed:    d.Status.ObservedGeneration,
		Conditions:  []string{},
		PodsAlive:   len(w.server.pods.items),
		ReplicaSets: []replicaSetView{},
	}
	for _, c := range d.Status.Conditions {
		v.Conditions = append(v.Conditions, fmt.Sprintf("%s=%s/%s", c.Type, c.Status, c.Reason))
	}
	sort.Strings(v.Conditions)
	for _, pod := range w.server.pods.items {
		if pod.DeletionTimestamp == nil && isReady(pod) {
			v.PodsReady++
		}
	}
	for _, rs := range w.byRevision() {
		v.ReplicaSets = append(v.ReplicaSets, replicaSetView{
			Revision:    revision(rs),
			Image:       rs.Spec.Template.Spec.Containers[0].Image,
			Spec:        *rs.Spec.Replicas,
			Replicas:    rs.Status.Replicas,
			Ready:       rs.Status.ReadyReplicas,
			Available:   rs.Status.AvailableReplicas,
			Terminating: rs.Status.TerminatingReplicas,
		})
	}
	return v
}

// play runs one case once.
func (r *runner) play(c *runCase, schedule schedule) (views []view, err error) {
	r.mu.Lock()
	r.crash = nil
	r.mu.Unlock()
	r.bubble(func() {
		views, err = r.inBubble(c, schedule)
	})
	if crash := r.crashedNow(); crash != nil {
		return nil, *crash
	}
	return views, err
}

// quiet is synctest.Wait: it returns when every goroutine of the bubble waits
// for something that only time brings. The test file sets it.
var quiet func()

func (r *runner) inBubble(c *runCase, schedule schedule) ([]view, error) {
	ctx, cancel := context.WithCancel(r.ctx)
	server := newServer()
	server.grace = time.Duration(c.TerminationMs) * time.Millisecond
	server.podNumber = func() int { return server.objects + 1 }
	w := &world{c: c, server: server, woken: make(chan struct{}, 1)}
	server.podCreated, server.podDeleting, server.eventKept = w.podCreated, w.podDeleting, w.wake
	server.replicaSetGone = func(rs *appsv1.ReplicaSet) { w.leavePods(rs, false) }

	client := &client{server: server}
	// Never is written as a hundred years: without any resync, older informers
	// wait on a channel that was made before the bubble, and then its clock
	// cannot move.
	factory := informers.NewSharedInformerFactory(client, 100*365*24*time.Hour)
	ds, rss, ps := factory.Apps().V1().Deployments(), factory.Apps().V1().ReplicaSets(), factory.Core().V1().Pods()
	dc, err := deployment.NewDeploymentController(ctx, ds, rss, ps, client)
	if err != nil {
		cancel()
		return nil, err
	}
	rsc := replicaset.NewReplicaSetController(ctx, rss, ps, client, replicaset.BurstReplicas)
	setDeploymentRecorder(dc, noEvents)
	setReplicaSetRecorder(rsc, noEvents)
	sorted := sortedIndexer{ps.Informer().GetIndexer()}
	if schedule == lockstep {
		for _, informer := range []cache.SharedIndexInformer{ds.Informer(), rss.Informer(), ps.Informer()} {
			indexer := indexerOf(informer)
			*indexer = agedIndexer{*indexer}
		}
	}
	switch schedule {
	case racingSorted:
		*private[cache.Indexer](rsc, "podIndexer") = sorted
	case lockstep:
		*private[cache.Indexer](rsc, "podIndexer") = rankedIndexer{sorted}
		*private[appslisters.ReplicaSetLister](dc, "rsLister") =
			appslisters.NewReplicaSetLister(agedIndexer{rss.Informer().GetIndexer()})
	}

	var running sync.WaitGroup
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	work := quiet
	if schedule == lockstep {
		w.workers = lockstepWorkers(ctx, dc, rsc, ps.Informer().GetIndexer(), r.noteCrash, w.wake)
		work = func() { r.turns(w) }
	} else {
		running.Go(func() { dc.Run(ctx, 1) })
		running.Go(func() { rsc.Run(ctx, 1) })
	}
	defer func() {
		cancel()
		running.Wait()
		if schedule == lockstep {
			// Their Run would have done it.
			(*private[record.EventBroadcaster](dc, "eventBroadcaster")).Shutdown()
			(*private[record.EventBroadcaster](rsc, "eventBroadcaster")).Shutdown()
		}
		// Each controller has done this itself unless it crashed while starting.
		(*private[queue](dc, "queue")).ShutDown()
		(*private[queue](rsc, "queue")).ShutDown()
		factory.Shutdown()
	}()

	// Time 0 is a whole second, and by then everything has started.
	start := time.Now().Add(10 * time.Second).Truncate(time.Second)
	w.advance(start, work)

	first := c.Deployment.DeepCopy()
	first.TypeMeta = metav1.TypeMeta{}
	first.Status = appsv1.DeploymentStatus{}
	appsdefaults.SetObjectDefaults_Deployment(first)
	server.mu.Lock()
	made, err := create(server, &server.deployments, first)
	server.mu.Unlock()
	if err != nil {
		return nil, err
	}
	w.name = nameOf(made)

	views := []view{}
	steps := c.Steps
	var seen uint64
	for at := int64(0); at < c.UntilMs; at += c.TickMs {
		tick := start.Add(time.Duration(at) * time.Millisecond)
		w.advance(tick, work)
		n := 0
		for n < len(steps) && steps[n].AtMs <= at {
			n++
		}
		w.settle(steps[:n], work)
		steps = steps[n:]
		// The last millisecond of the tick still belongs to it; the one after
		// is where the next tick begins.
		w.advance(tick.Add(time.Duration(c.TickMs-1)*time.Millisecond), work)
		w.settle(nil, work)
		if r.crashedNow() != nil {
			return nil, nil
		}
		if server.version == seen {
			continue
		}
		seen = server.version
		v := w.view(at)
		if len(views) == 0 || !sameView(views[len(views)-1], v) {
			views = append(views, v)
		}
	}
	return views, nil
}

func sameView(a, b view) bool {
	a.AtMs = b.AtMs
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && string(x) == string(y)
}
