package oracle

import (
	"math"
	"slices"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// podStep is what befalls one pod at a step: the n-th by creation of those
// that exist, or of those that do or do not terminate. Fields apply in the
// order in which they stand here, each as an update of its own.
type podStep struct {
	Nth         int                `json:"nth"`
	Terminating *bool              `json:"terminating"`
	Ready       *bool              `json:"ready"`
	Phase       *corev1.PodPhase   `json:"phase"`
	Labels      map[string]*string `json:"labels"`
	// DeletionCost is what the annotation of that name says.
	DeletionCost *int32 `json:"deletionCost"`
	// Restarts of its first container.
	Restarts *int32 `json:"restarts"`
	// Adopt is the number of the ReplicaSet that becomes its controller.
	Adopt  *int `json:"adopt"`
	Orphan bool `json:"orphan"`
	Delete bool `json:"delete"`
	Remove bool `json:"remove"`
}

// replicaSetStep is the same for one ReplicaSet. Delete is "background" (the
// garbage collector then deletes its pods) or "orphan" (they lose their owner
// first).
type replicaSetStep struct {
	Nth         int                `json:"nth"`
	Replicas    *int32             `json:"replicas"`
	Labels      map[string]*string `json:"labels"`
	Annotations map[string]*string `json:"annotations"`
	Orphan      bool               `json:"orphan"`
	Delete      *string            `json:"delete"`
}

func (s *step) check() error {
	if e := s.APIErrors; e != nil {
		if err := e.check(); err != nil {
			return err
		}
	}
	if d := s.WatchDelay; d != nil {
		if err := d.check(); err != nil {
			return err
		}
	}
	if l := s.WatchLost; l != nil {
		if err := l.check(); err != nil {
			return err
		}
	}
	if p := s.Pod; p != nil {
		if p.Nth < 0 {
			return invalid("a step with a negative nth")
		}
		if p.Phase != nil && *p.Phase != corev1.PodFailed && *p.Phase != corev1.PodSucceeded {
			return invalid("the phase of a pod in a step is Failed or Succeeded")
		}
		if p.Restarts != nil && (*p.Restarts < 0 || *p.Restarts > math.MaxUint16) {
			return invalid("the restarts of a pod in a step are between 0 and 65535")
		}
		if p.Adopt != nil && *p.Adopt < 0 {
			return invalid("a step with a negative adopt")
		}
	}
	if rs := s.ReplicaSet; rs != nil {
		if rs.Nth < 0 || rs.Replicas != nil && *rs.Replicas < 0 {
			return invalid("a step with a negative nth or negative replicas")
		}
		if rs.Delete != nil && *rs.Delete != "background" && *rs.Delete != "orphan" {
			return invalid("a ReplicaSet in a step is deleted background or orphan")
		}
	}
	return nil
}

// nth is the n-th of some objects by creation, or nil.
func nth[T object](objects map[types.NamespacedName]T, n int, fits func(T) bool) (found T, ok bool) {
	var list []T
	for _, o := range objects {
		if fits(o) {
			list = append(list, o)
		}
	}
	slices.SortFunc(list, func(a, b T) int { return number(a) - number(b) })
	if n >= len(list) {
		return found, false
	}
	return list[n], true
}

// patched is a map with some keys set and others removed.
func patched(old map[string]string, patch map[string]*string) map[string]string {
	patched := map[string]string{}
	for key, value := range old {
		patched[key] = value
	}
	for key, value := range patch {
		if value == nil {
			delete(patched, key)
		} else {
			patched[key] = *value
		}
	}
	return patched
}

func isFinished(p *corev1.Pod) bool {
	return p.Status.Phase == corev1.PodFailed || p.Status.Phase == corev1.PodSucceeded
}

// setReady is what a kubelet reports.
func setReady(p *corev1.Pod, status corev1.ConditionStatus) {
	p.Status.Conditions = []corev1.PodCondition{{
		Type: corev1.PodReady, Status: status, LastTransitionTime: metav1.Now(),
	}}
}

func (w *world) applyToPod(s *podStep) {
	sv := w.server
	pod, ok := nth(sv.pods.items, s.Nth, func(p *corev1.Pod) bool {
		return s.Terminating == nil || *s.Terminating == (p.DeletionTimestamp != nil)
	})
	if !ok {
		return
	}
	name := nameOf(pod)
	edit := func(statusOnly bool, edit func(*corev1.Pod)) {
		change(sv, &sv.pods, name, statusOnly, edit)
		w.delivered()
	}
	if s.Ready != nil {
		switch p := sv.pods.items[name]; {
		case !*s.Ready && isReady(p):
			edit(true, func(p *corev1.Pod) { setReady(p, corev1.ConditionFalse) })
		case *s.Ready && !isReady(p) && p.DeletionTimestamp == nil && !isFinished(p):
			edit(true, func(p *corev1.Pod) {
				p.Status.Phase = corev1.PodRunning
				setReady(p, corev1.ConditionTrue)
			})
		}
	}
	if s.Phase != nil {
		edit(true, func(p *corev1.Pod) {
			p.Status.Phase = *s.Phase
			if isReady(p) {
				setReady(p, corev1.ConditionFalse)
			}
		})
	}
	if s.Labels != nil {
		edit(false, func(p *corev1.Pod) { p.Labels = patched(p.Labels, s.Labels) })
	}
	if s.DeletionCost != nil {
		edit(false, func(p *corev1.Pod) {
			cost := strconv.Itoa(int(*s.DeletionCost))
			p.Annotations = patched(p.Annotations, map[string]*string{corev1.PodDeletionCost: &cost})
		})
	}
	if s.Restarts != nil {
		edit(true, func(p *corev1.Pod) {
			name := p.Spec.Containers[0].Name
			p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: name, RestartCount: *s.Restarts}}
		})
	}
	if s.Adopt != nil {
		rs, ok := nth(sv.replicaSets.items, *s.Adopt, func(*appsv1.ReplicaSet) bool { return true })
		if ok {
			ref := metav1.NewControllerRef(rs, appsv1.SchemeGroupVersion.WithKind("ReplicaSet"))
			edit(false, func(p *corev1.Pod) { p.OwnerReferences = []metav1.OwnerReference{*ref} })
		}
	}
	if s.Orphan {
		edit(false, func(p *corev1.Pod) { p.OwnerReferences = nil })
	}
	if s.Delete {
		if err := sv.deletePod(name); err != nil {
			panic(err)
		}
		w.delivered()
	}
	if s.Remove && sv.pods.items[name] != nil {
		if err := remove(sv, &sv.pods, name); err != nil {
			panic(err)
		}
		w.delivered()
	}
}

func (w *world) applyToReplicaSet(s *replicaSetStep) {
	sv := w.server
	rs, ok := nth(sv.replicaSets.items, s.Nth, func(*appsv1.ReplicaSet) bool { return true })
	if !ok {
		return
	}
	name := nameOf(rs)
	edit := func(edit func(*appsv1.ReplicaSet)) {
		change(sv, &sv.replicaSets, name, false, edit)
		w.delivered()
	}
	if s.Replicas != nil {
		edit(func(rs *appsv1.ReplicaSet) { rs.Spec.Replicas = s.Replicas })
	}
	if s.Labels != nil {
		edit(func(rs *appsv1.ReplicaSet) { rs.Labels = patched(rs.Labels, s.Labels) })
	}
	if s.Annotations != nil {
		edit(func(rs *appsv1.ReplicaSet) { rs.Annotations = patched(rs.Annotations, s.Annotations) })
	}
	if s.Orphan {
		edit(func(rs *appsv1.ReplicaSet) { rs.OwnerReferences = nil })
	}
	if s.Delete == nil {
		return
	}
	orphan := *s.Delete == "orphan"
	if orphan {
		w.leavePods(rs, true)
	}
	if err := remove(sv, &sv.replicaSets, name); err != nil {
		panic(err)
	}
	w.delivered()
	if !orphan {
		w.leavePods(rs, false)
	}
}

// leavePods is what the garbage collector does with the pods of a ReplicaSet
// that goes: it deletes those that are not being deleted yet, or orphans all, in
// the order of their creation.
func (w *world) leavePods(owner *appsv1.ReplicaSet, orphan bool) {
	sv := w.server
	for {
		pod, ok := nth(sv.pods.items, 0, func(p *corev1.Pod) bool {
			ref := metav1.GetControllerOf(p)
			return ref != nil && ref.UID == owner.UID && (orphan || p.DeletionTimestamp == nil)
		})
		if !ok {
			return
		}
		if orphan {
			change(sv, &sv.pods, nameOf(pod), false, func(p *corev1.Pod) { p.OwnerReferences = nil })
		} else if err := sv.deletePod(nameOf(pod)); err != nil {
			panic(err)
		}
		w.delivered()
	}
}
