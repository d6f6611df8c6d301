package oracle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"
	"time"
	"unsafe"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/informers"
	autoscalingclient "k8s.io/client-go/kubernetes/typed/autoscaling/v2"
	coreclient "k8s.io/client-go/kubernetes/typed/core/v1"
	corelisters "k8s.io/client-go/listers/core/v1"
	scaleclient "k8s.io/client-go/scale"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	defaults "k8s.io/kubernetes/pkg/apis/autoscaling/v2"
	"k8s.io/kubernetes/pkg/controller/podautoscaler"
	podmetrics "k8s.io/kubernetes/pkg/controller/podautoscaler/metrics"
	"k8s.io/kubernetes/pkg/controller/util/selectors"
)

//go:linkname reconcileAutoscaler k8s.io/kubernetes/pkg/controller/podautoscaler.(*HorizontalController).reconcileAutoscaler
func reconcileAutoscaler(c *podautoscaler.HorizontalController, ctx context.Context, hpa *autoscalingv2.HorizontalPodAutoscaler, key string) error

type autoscaleCase struct {
	ID         *string                                `json:"id"`
	Controller string                                 `json:"controller"`
	Now        string                                 `json:"now"`
	HPA        *autoscalingv2.HorizontalPodAutoscaler `json:"hpa"`
	Config     autoscaleConfig                        `json:"config"`
	Ticks      []autoscaleTick                        `json:"ticks"`
}

type autoscaleConfig struct {
	DownscaleStabilizationSeconds *int64   `json:"downscaleStabilizationSeconds"`
	CPUInitializationSeconds      *int64   `json:"cpuInitializationSeconds"`
	InitialReadinessSeconds       *int64   `json:"initialReadinessSeconds"`
	Tolerance                     *float64 `json:"tolerance"`
}

// autoscaleTick is one pass. What it leaves out is as in the one before, but
// for what fails.
type autoscaleTick struct {
	AfterMs int64                                      `json:"afterMs"`
	Restart bool                                       `json:"restart"`
	Spec    *autoscalingv2.HorizontalPodAutoscalerSpec `json:"spec"`
	Scale   struct {
		Replicas       *int32  `json:"replicas"`
		StatusReplicas *int32  `json:"statusReplicas"`
		Selector       *string `json:"selector"`
	} `json:"scale"`
	Pods   *[]*corev1.Pod `json:"pods"`
	Others *[]struct {
		Name     string  `json:"name"`
		Selector *string `json:"selector"`
	} `json:"others"`
	Resource        *answerOf[[]podUsage] `json:"resource"`
	PodsMetrics     *[]podsMetric         `json:"podsMetrics"`
	ObjectMetrics   *[]objectMetric       `json:"objectMetrics"`
	ExternalMetrics *[]externalMetric     `json:"externalMetrics"`

	FailGetScale   string `json:"failGetScale"`
	ScaleConflicts int    `json:"scaleConflicts"`
	FailScale      string `json:"failScale"`
	FailStatus     string `json:"failStatus"`
}

type autoscaleVerdict struct {
	Ticks []tickVerdict `json:"ticks"`
}

type tickVerdict struct {
	Error        string           `json:"error,omitempty"`
	Replicas     int32            `json:"replicas"`
	ScaleUpdates []int32          `json:"scaleUpdates"`
	Events       []event          `json:"events"`
	Status       json.RawMessage  `json:"status,omitempty"`
	Memory       map[string][]any `json:"memory"`
}

// autoscaler puts cases to one controller, which lives as long as the program
// and of which nothing runs on its own.
type autoscaler struct {
	ctx        context.Context
	bubble     func(func())
	controller *podautoscaler.HorizontalController
	pods       cache.Indexer
	apis       metricsAPIs
	world      autoscaleWorld
	close      func()
}

// autoscaleWorld is what the API server holds, and what it is asked for in a pass.
type autoscaleWorld struct {
	hpa     *autoscalingv2.HorizontalPodAutoscaler
	scale   autoscalingv1.Scale
	others  []string
	tick    *autoscaleTick
	isRead  bool
	verdict *tickVerdict
}

func newAutoscaler(ctx context.Context, bubble func(func())) *autoscaler {
	a := &autoscaler{ctx: ctx, bubble: bubble}
	a.build()
	return a
}

func (a *autoscaler) build() {
	factory := informers.NewSharedInformerFactory(&client{}, 0)
	hpas, pods := factory.Autoscaling().V2().HorizontalPodAutoscalers(), factory.Core().V1().Pods()
	kinds := meta.NewDefaultRESTMapper([]schema.GroupVersion{{Group: "apps", Version: "v1"}, {Version: "v1"}})
	for _, kind := range []schema.GroupVersionKind{
		{Group: "apps", Version: "v1", Kind: "Deployment"},
		{Group: "apps", Version: "v1", Kind: "ReplicaSet"},
		{Group: "apps", Version: "v1", Kind: "StatefulSet"},
		{Version: "v1", Kind: "ReplicationController"},
	} {
		kinds.Add(kind, meta.RESTScopeNamespace)
	}
	c := podautoscaler.NewHorizontalController(
		a.ctx, noEventsSink{}, scales{a: a}, hpaWrites{a: a}, meta.MultiRESTMapper{kinds},
		podmetrics.NewRESTMetricsClient(&a.apis, customMetrics{&a.apis}, externalMetrics{&a.apis}),
		hpas, pods, 15*time.Second, 0, 0, 0, 0,
	)
	broadcasting := *private[record.EventRecorder](c, "eventRecorder")
	*private[record.EventRecorder](c, "eventRecorder") = recorder(func(kind, reason, message string) {
		v := a.world.verdict
		v.Events = append(v.Events, event{kind, reason, message})
	})
	idle := *private[queue](c, "queue")
	a.close = func() {
		idle.ShutDown()
		if b, ok := broadcasting.(interface{ Shutdown() }); ok {
			b.Shutdown()
		}
	}
	a.pods = pods.Informer().GetIndexer()
	sorted := sortedPods{pods.Lister()}
	*private[corelisters.PodLister](c, "podLister") = sorted
	*private[corelisters.PodLister](*private[*podautoscaler.ReplicaCalculator](c, "replicaCalc"), "podLister") = sorted
	a.controller = c
	if hasField(c, "selectorTracker") {
		field(c, "selectorTracker").Set(reflect.ValueOf(sortedSelectors{a.tracker()}))
	}
}

// sortedPods lists pods by name. The cache beneath has them in a hash map, and
// which of two pods without a request is told of depends on the order.
type sortedPods struct{ corelisters.PodLister }

func (s sortedPods) Pods(namespace string) corelisters.PodNamespaceLister {
	return sortedPodsOf{s.PodLister.Pods(namespace)}
}

type sortedPodsOf struct{ corelisters.PodNamespaceLister }

func (s sortedPodsOf) List(selector labels.Selector) ([]*corev1.Pod, error) {
	list, err := s.PodNamespaceLister.List(selector)
	slices.SortFunc(list, func(a, b *corev1.Pod) int { return strings.Compare(a.Name, b.Name) })
	return list, err
}

type noEventsSink struct{}

func (noEventsSink) Events(string) coreclient.EventInterface { return nil }

// scales is the scale subresource of the target.
type scales struct {
	scaleclient.ScaleInterface
	a *autoscaler
}

func (s scales) Scales(string) scaleclient.ScaleInterface { return s }

func (s scales) Get(_ context.Context, _ schema.GroupResource, _ string, _ metav1.GetOptions) (*autoscalingv1.Scale, error) {
	w := &s.a.world
	if w.tick.FailGetScale != "" && !w.isRead {
		return nil, errors.New(w.tick.FailGetScale)
	}
	w.isRead = true
	return w.scale.DeepCopy(), nil
}

func (s scales) Update(_ context.Context, _ schema.GroupResource, scale *autoscalingv1.Scale, _ metav1.UpdateOptions) (*autoscalingv1.Scale, error) {
	w := &s.a.world
	w.verdict.ScaleUpdates = append(w.verdict.ScaleUpdates, scale.Spec.Replicas)
	if len(w.verdict.ScaleUpdates) <= w.tick.ScaleConflicts {
		return nil, &apierrors.StatusError{ErrStatus: metav1.Status{
			Status: metav1.StatusFailure, Code: 409, Reason: metav1.StatusReasonConflict,
			Message: "the scale has been modified",
		}}
	}
	if w.tick.FailScale != "" {
		return nil, errors.New(w.tick.FailScale)
	}
	w.scale.Spec.Replicas = scale.Spec.Replicas
	return w.scale.DeepCopy(), nil
}

// hpaWrites takes the status.
type hpaWrites struct {
	autoscalingclient.HorizontalPodAutoscalerInterface
	a *autoscaler
}

func (h hpaWrites) HorizontalPodAutoscalers(string) autoscalingclient.HorizontalPodAutoscalerInterface {
	return h
}

func (h hpaWrites) UpdateStatus(_ context.Context, hpa *autoscalingv2.HorizontalPodAutoscaler, _ metav1.UpdateOptions) (*autoscalingv2.HorizontalPodAutoscaler, error) {
	w := &h.a.world
	// Through JSON, as it is stored: times lose their fraction.
	body, err := json.Marshal(hpa.Status)
	if err != nil {
		panic(err)
	}
	w.verdict.Status = body
	if w.tick.FailStatus != "" {
		return nil, errors.New(w.tick.FailStatus)
	}
	w.hpa.Status = autoscalingv2.HorizontalPodAutoscalerStatus{}
	if err := json.Unmarshal(body, &w.hpa.Status); err != nil {
		panic(err)
	}
	return w.hpa.DeepCopy(), nil
}

func (a *autoscaler) solve(line []byte) answer {
	var c autoscaleCase
	verdict, err := a.try(line, &c)
	return reply(line, c.ID, answer{autoscaleVerdict: verdict}, err)
}

func (a *autoscaler) try(line []byte, c *autoscaleCase) (*autoscaleVerdict, error) {
	if err := decode(line, c); err != nil {
		return nil, err
	}
	if c.Controller != "autoscaler" {
		return nil, invalid(fmt.Sprintf("controller %q is not autoscaler", c.Controller))
	}
	now, err := time.Parse(time.RFC3339Nano, c.Now)
	if err != nil {
		return nil, invalid("now: " + err.Error())
	}
	if now.Before(epoch) || now.Sub(epoch) > farthest {
		return nil, invalid("now is not between 2000-01-01 and 2289")
	}
	if c.HPA == nil || c.HPA.Name == "" || c.HPA.Namespace == "" {
		return nil, invalid("hpa has no name or no namespace")
	}
	a.begin(c)
	defer a.end()
	verdict := &autoscaleVerdict{Ticks: []tickVerdict{}}
	var failed error
	a.bubble(func() {
		defer func() {
			if r := recover(); r != nil {
				failed = crashOf(r, debug.Stack())
			}
		}()
		at := now
		for i := range c.Ticks {
			tick := &c.Ticks[i]
			if failed = a.apply(tick); failed != nil {
				failed = fmt.Errorf("ticks[%d]: %w", i, failed)
				return
			}
			at = at.Add(time.Duration(tick.AfterMs) * time.Millisecond)
			time.Sleep(at.Sub(time.Now()))
			verdict.Ticks = append(verdict.Ticks, a.pass(now))
		}
	})
	var crash crashed
	if errors.As(failed, &crash) {
		// It may have left a lock held.
		a.close()
		a.build()
	}
	if failed != nil {
		return nil, failed
	}
	return verdict, nil
}

func seconds(given *int64, otherwise int64) time.Duration {
	if given != nil {
		otherwise = *given
	}
	return time.Duration(otherwise) * time.Second
}

func (a *autoscaler) begin(c *autoscaleCase) {
	defaults.SetObjectDefaults_HorizontalPodAutoscaler(c.HPA)
	a.world = autoscaleWorld{hpa: c.HPA}
	a.apis = metricsAPIs{}
	a.pods.Replace(nil, "")
	calculator := *private[*podautoscaler.ReplicaCalculator](a.controller, "replicaCalc")
	*private[time.Duration](a.controller, "downscaleStabilisationWindow") = seconds(c.Config.DownscaleStabilizationSeconds, 300)
	*private[time.Duration](calculator, "cpuInitializationPeriod") = seconds(c.Config.CPUInitializationSeconds, 300)
	*private[time.Duration](calculator, "delayOfInitialReadinessStatus") = seconds(c.Config.InitialReadinessSeconds, 30)
	tolerance := private[float64](a.controller, "tolerance")
	*tolerance = 0.1
	if c.Config.Tolerance != nil {
		*tolerance = *c.Config.Tolerance
	}
	a.forget()
	a.register(c.HPA.Name, labels.Nothing())
}

// end takes the autoscalers out of the controller's list.
func (a *autoscaler) end() {
	for _, name := range append(a.world.others, a.world.hpa.Name) {
		a.unregister(name)
	}
}

func (a *autoscaler) key(name string) selectors.Key {
	return selectors.Key{Name: name, Namespace: a.world.hpa.Namespace}
}

// selectorStore is what v1.37 keeps selectors in; older versions have a map.
type selectorStore interface {
	PutIfAbsent(string, selectors.Key, labels.Selector) bool
	PutIfPresent(string, selectors.Key, labels.Selector) bool
	Delete(string, selectors.Key)
	HPAsMatchingPods(string, []*corev1.Pod, int) []selectors.Key
}

// sortedSelectors tells matching autoscalers by name. The store beneath has
// them in a hash map, so that which of them an ambiguous selector names, and in
// which order, is chance.
type sortedSelectors struct{ selectorStore }

func (s sortedSelectors) HPAsMatchingPods(namespace string, pods []*corev1.Pod, limit int) []selectors.Key {
	keys := s.selectorStore.HPAsMatchingPods(namespace, pods, 0)
	slices.SortFunc(keys, func(a, b selectors.Key) int { return strings.Compare(a.Name, b.Name) })
	return keys[:min(limit, len(keys))]
}

func (a *autoscaler) tracker() selectorStore {
	return field(a.controller, "selectorTracker").Interface().(selectorStore)
}

func (a *autoscaler) register(name string, selector labels.Selector) {
	if hasField(a.controller, "selectorTracker") {
		a.tracker().PutIfAbsent(a.world.hpa.Namespace, a.key(name), selector)
		return
	}
	(*private[*selectors.BiMultimap](a.controller, "hpaSelectors")).PutSelector(a.key(name), selector)
}

func (a *autoscaler) unregister(name string) {
	if hasField(a.controller, "selectorTracker") {
		a.tracker().Delete(a.world.hpa.Namespace, a.key(name))
		return
	}
	(*private[*selectors.BiMultimap](a.controller, "hpaSelectors")).DeleteSelector(a.key(name))
}

// forget empties the controller's memory, as a restart does.
func (a *autoscaler) forget() {
	for _, name := range []string{"recommendations", "scaleUpEvents", "scaleDownEvents"} {
		field := field(a.controller, name)
		field.Set(reflect.MakeMap(field.Type()))
	}
}

// apply makes the world that of a tick.
func (a *autoscaler) apply(tick *autoscaleTick) error {
	w := &a.world
	w.tick, w.isRead = tick, false
	if w.hpa.Spec.ScaleTargetRef.Kind == "" && tick.Spec == nil || tick.Spec != nil && tick.Spec.ScaleTargetRef.Kind == "" {
		return invalid("hpa has no scaleTargetRef.kind")
	}
	if tick.Restart {
		a.forget()
	}
	if tick.Spec != nil {
		w.hpa.Spec = *tick.Spec
		w.hpa.Generation++
		defaults.SetObjectDefaults_HorizontalPodAutoscaler(w.hpa)
	}
	if s := tick.Scale; s.Replicas != nil {
		w.scale.Spec.Replicas = *s.Replicas
	}
	if s := tick.Scale; s.StatusReplicas != nil {
		w.scale.Status.Replicas = *s.StatusReplicas
	}
	if s := tick.Scale; s.Selector != nil {
		w.scale.Status.Selector = *s.Selector
	}
	if tick.Pods != nil {
		var list []any
		for _, pod := range *tick.Pods {
			if pod.Namespace == "" {
				pod.Namespace = w.hpa.Namespace
			}
			list = append(list, pod)
		}
		if err := a.pods.Replace(list, ""); err != nil {
			return invalid(err.Error())
		}
	}
	if tick.Others != nil {
		for _, name := range w.others {
			a.unregister(name)
		}
		w.others = nil
		for _, other := range *tick.Others {
			selector := labels.Nothing()
			if other.Selector != nil {
				parsed, err := labels.Parse(*other.Selector)
				if err != nil {
					return invalid(err.Error())
				}
				selector = parsed
			}
			a.register(other.Name, selector)
			w.others = append(w.others, other.Name)
		}
	}
	if tick.Resource != nil {
		a.apis.resource = *tick.Resource
	}
	if tick.PodsMetrics != nil {
		a.apis.pods = *tick.PodsMetrics
	}
	if tick.ObjectMetrics != nil {
		a.apis.objects = *tick.ObjectMetrics
	}
	if tick.ExternalMetrics != nil {
		a.apis.external = *tick.ExternalMetrics
	}
	return nil
}

// pass runs one pass, and tells what came of it. Times are told after start.
func (a *autoscaler) pass(start time.Time) tickVerdict {
	w := &a.world
	w.verdict = &tickVerdict{ScaleUpdates: []int32{}, Events: []event{}}
	key := w.hpa.Namespace + "/" + w.hpa.Name
	if err := reconcileAutoscaler(a.controller, a.ctx, w.hpa, key); err != nil {
		w.verdict.Error = err.Error()
		if w.verdict.Error == "" {
			w.verdict.Error = "error without a text"
		}
	}
	w.verdict.Replicas = w.scale.Spec.Replicas
	w.verdict.Memory = map[string][]any{
		"recommendations": a.memory("recommendations", key, start),
		"scaleUps":        a.memory("scaleUpEvents", key, start),
		"scaleDowns":      a.memory("scaleDownEvents", key, start),
	}
	return *w.verdict
}

// memory tells one of the controller's lists: number, time in ms after the
// start, and of an event whether it is outdated.
func (a *autoscaler) memory(name, key string, start time.Time) []any {
	told := []any{}
	list := field(a.controller, name).MapIndex(reflect.ValueOf(key))
	if !list.IsValid() {
		return told
	}
	for i := range list.Len() {
		entry := list.Index(i)
		at := *(*time.Time)(unsafe.Pointer(entry.FieldByName("timestamp").UnsafeAddr()))
		// An attempt after a conflict comes 10 to 11 ms after the one before.
		const step = 10 * time.Millisecond
		one := []any{entry.Field(0).Int(), at.Sub(start) / step * step / time.Millisecond}
		if outdated := entry.FieldByName("outdated"); outdated.IsValid() {
			one = append(one, outdated.Bool())
		}
		told = append(told, one)
	}
	return told
}
