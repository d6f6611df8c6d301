package oracle

import (
	"context"
	"fmt"
	"reflect"
	"time"
	"unsafe"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/kubernetes/pkg/controller"
	"k8s.io/kubernetes/pkg/controller/deployment"
	"k8s.io/kubernetes/pkg/controller/replicaset"
)

// private gives access to an unexported field of an upstream struct. A field
// that is missing or has another type in the version built against is a panic
// with its name: that is the first thing to look at after a version change.
func private[T any](object any, name string) *T {
	field := reflect.ValueOf(object).Elem().FieldByName(name)
	want := reflect.TypeFor[T]()
	if !field.IsValid() {
		panic(fmt.Sprintf("%T has no field %s", object, name))
	}
	if field.Type() != want {
		panic(fmt.Sprintf("%T.%s is a %s, not a %s", object, name, field.Type(), want))
	}
	return (*T)(unsafe.Pointer(field.UnsafeAddr()))
}

// field is an unexported field whose type has no name outside of its package.
func field(object any, name string) reflect.Value {
	field := reflect.ValueOf(object).Elem().FieldByName(name)
	if !field.IsValid() {
		panic(fmt.Sprintf("%T has no field %s", object, name))
	}
	return reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem()
}

// hasField tells versions of Kubernetes apart.
func hasField(object any, name string) bool {
	return reflect.ValueOf(object).Elem().FieldByName(name).IsValid()
}

// inside is what an interface field of an upstream struct holds.
func inside(object any, name string) any {
	field := reflect.ValueOf(object).Elem().FieldByName(name)
	if !field.IsValid() {
		panic(fmt.Sprintf("%T has no field %s", object, name))
	}
	return field.Interface()
}

// indexerOf is the cache of an informer, which newer versions wrap, and that more than once.
func indexerOf(informer any) *cache.Indexer {
	for hasField(informer, "SharedIndexInformer") {
		informer = inside(informer, "SharedIndexInformer")
	}
	return private[cache.Indexer](informer, "indexer")
}

type (
	syncFunc = func(context.Context, string) error
	queue    = workqueue.TypedRateLimitingInterface[string]
)

// The handlers are fields so that upstream's own tests can replace them; read
// instead of replaced, they are a way to the unexported sync methods.
func deploymentSync(c *deployment.DeploymentController) syncFunc {
	return *private[syncFunc](c, "syncHandler")
}

func replicaSetSync(c *replicaset.ReplicaSetController) syncFunc {
	return *private[syncFunc](c, "syncHandler")
}

func setDeploymentRecorder(c *deployment.DeploymentController, r record.EventRecorder) {
	*private[record.EventRecorder](c, "eventRecorder") = r
	control := private[controller.RSControlInterface](c, "rsControl")
	real := (*control).(controller.RealRSControl)
	real.Recorder = r
	*control = real
}

func setReplicaSetRecorder(c *replicaset.ReplicaSetController, r record.EventRecorder) {
	control := private[controller.PodControlInterface](c, "podControl")
	// A copy of what is there: newer versions put a write callback beside it.
	real := (*control).(controller.RealPodControl)
	real.Recorder = r
	*control = real
}

func resetExpectations(c *replicaset.ReplicaSetController) {
	*private[*controller.UIDTrackingControllerExpectations](c, "expectations") =
		controller.NewUIDTrackingControllerExpectations(controller.NewControllerExpectations())
}

// recorder is an event recorder that hands each event to a function. The
// upstream one sends them through a broadcaster, later and from elsewhere.
type recorder func(kind, reason, message string)

func (r recorder) Event(_ runtime.Object, kind, reason, message string) { r(kind, reason, message) }

func (r recorder) Eventf(_ runtime.Object, kind, reason, format string, args ...any) {
	r(kind, reason, fmt.Sprintf(format, args...))
}

func (r recorder) AnnotatedEventf(_ runtime.Object, _ map[string]string, kind, reason, format string, args ...any) {
	r(kind, reason, fmt.Sprintf(format, args...))
}

var _ record.EventRecorder = recorder(nil)

var noEvents = recorder(func(string, string, string) {})

// noteQueue remembers what a pass asks its queue for, and does nothing.
type noteQueue struct {
	asked bool
	after time.Duration
}

func (q *noteQueue) note(d time.Duration) {
	d = max(d, 0)
	if !q.asked || d < q.after {
		q.asked, q.after = true, d
	}
}

func (q *noteQueue) Add(string)                             { q.note(0) }
func (q *noteQueue) AddAfter(_ string, after time.Duration) { q.note(after) }
func (q *noteQueue) AddRateLimited(string)                  { q.note(0) }
func (q *noteQueue) Forget(string)                          {}
func (q *noteQueue) NumRequeues(string) int                 { return 0 }
func (q *noteQueue) Len() int                               { return 0 }
func (q *noteQueue) Get() (string, bool)                    { return "", true }
func (q *noteQueue) Done(string)                            {}
func (q *noteQueue) ShutDown()                              {}
func (q *noteQueue) ShutDownWithDrain()                     {}
func (q *noteQueue) ShuttingDown() bool                     { return false }

var _ queue = (*noteQueue)(nil)

func isReady(pod *corev1.Pod) bool {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}
