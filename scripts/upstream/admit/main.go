// Command admit tells what the real API server's code says to Deployments, Services, HorizontalPodAutoscalers and
// PodDisruptionBudgets: JSON Lines on standard input, each {"yaml": "..."} with a manifest as text, are decoded
// strictly, defaulted and validated, and the template of a Deployment is hashed. With
// {"yaml": "...", "yaml2": "..."} it tells instead whether the two pod templates are semantically equal.
// core/tests/it/testdata/admission.jsonl was recorded with it.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	appsv1 "k8s.io/api/apps/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/apps"
	_ "k8s.io/kubernetes/pkg/apis/apps/install"
	appsvalidation "k8s.io/kubernetes/pkg/apis/apps/validation"
	"k8s.io/kubernetes/pkg/apis/autoscaling"
	_ "k8s.io/kubernetes/pkg/apis/autoscaling/install"
	autoscalingvalidation "k8s.io/kubernetes/pkg/apis/autoscaling/validation"
	"k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	"k8s.io/kubernetes/pkg/apis/policy"
	_ "k8s.io/kubernetes/pkg/apis/policy/install"
	policyvalidation "k8s.io/kubernetes/pkg/apis/policy/validation"
	"k8s.io/kubernetes/pkg/controller"
)

type out struct {
	ID     int      `json:"id"`
	Decode string   `json:"decode,omitempty"`
	Errors []string `json:"errors,omitempty"`
	Hash   string   `json:"hash,omitempty"`
	Hash1  string   `json:"hash1,omitempty"`
	Equal  *bool    `json:"equal,omitempty"`
}

// other validates an object of another kind than Deployment, as the API server does when one is created.
func other(obj runtime.Object) (field.ErrorList, error) {
	scheme := legacyscheme.Scheme
	if m, ok := obj.(metav1.Object); ok && m.GetNamespace() == "" {
		m.SetNamespace("default")
	}
	scheme.Default(obj)
	group := obj.GetObjectKind().GroupVersionKind().Group
	internal, err := scheme.ConvertToVersion(obj, schema.GroupVersion{Group: group, Version: runtime.APIVersionInternal})
	if err != nil {
		return nil, err
	}
	switch in := internal.(type) {
	case *core.Service:
		return corevalidation.ValidateServiceCreate(in), nil
	case *autoscaling.HorizontalPodAutoscaler:
		opts := autoscalingvalidation.HorizontalPodAutoscalerSpecValidationOptions{MinReplicasLowerBound: 1}
		return autoscalingvalidation.ValidateHorizontalPodAutoscaler(in, opts), nil
	case *policy.PodDisruptionBudget:
		return policyvalidation.ValidatePodDisruptionBudget(in, policyvalidation.PodDisruptionBudgetValidationOptions{}), nil
	}
	return nil, fmt.Errorf("%T", obj)
}

func main() {
	sc := bufio.NewScanner(os.Stdin)
	sc.Buffer(nil, 1<<26)
	enc := json.NewEncoder(os.Stdout)
	enc.SetEscapeHTML(false)
	scheme := legacyscheme.Scheme
	dec := kjson.NewSerializerWithOptions(kjson.DefaultMetaFactory, scheme, scheme, kjson.SerializerOptions{Strict: true})
	for id := 0; sc.Scan(); id++ {
		var in struct{ Yaml, Yaml2 string }
		if err := json.Unmarshal(sc.Bytes(), &in); err != nil {
			fmt.Fprintln(os.Stderr, "admit:", err)
			os.Exit(1)
		}
		o := out{ID: id}
		func() {
			j, err := yaml.ToJSON([]byte(in.Yaml))
			if err != nil {
				o.Decode = err.Error()
				return
			}
			obj, _, err := dec.Decode(j, nil, nil)
			if err != nil {
				o.Decode = err.Error()
				return
			}
			if in.Yaml2 != "" {
				j2, _ := yaml.ToJSON([]byte(in.Yaml2))
				obj2, _, err := dec.Decode(j2, nil, nil)
				if err != nil {
					o.Decode = err.Error()
					return
				}
				eq := apiequality.Semantic.DeepEqual(obj.(*appsv1.Deployment).Spec.Template, obj2.(*appsv1.Deployment).Spec.Template)
				o.Equal = &eq
				return
			}
			d, ok := obj.(*appsv1.Deployment)
			if !ok {
				all, err := other(obj)
				if err != nil {
					o.Decode = err.Error()
				}
				for _, e := range all {
					o.Errors = append(o.Errors, e.Error())
				}
				return
			}
			if d.Namespace == "" {
				d.Namespace = "default"
			}
			scheme.Default(d)
			internal, err := scheme.ConvertToVersion(d, schema.GroupVersion{Group: "apps", Version: runtime.APIVersionInternal})
			if err != nil {
				o.Decode = err.Error()
				return
			}
			in := internal.(*apps.Deployment)
			opts := pod.GetValidationOptionsFromPodTemplate(&in.Spec.Template, nil)
			for _, e := range appsvalidation.ValidateDeployment(in, opts) {
				o.Errors = append(o.Errors, e.Error())
			}
			// what the controller gets
			stored, err := json.Marshal(d)
			if err != nil {
				fmt.Fprintln(os.Stderr, "admit:", err)
				os.Exit(1)
			}
			var d2 appsv1.Deployment
			if err := json.Unmarshal(stored, &d2); err != nil {
				fmt.Fprintln(os.Stderr, "admit:", err)
				os.Exit(1)
			}
			o.Hash = controller.ComputeHash(&d2.Spec.Template, nil)
			one := int32(1)
			o.Hash1 = controller.ComputeHash(&d2.Spec.Template, &one)
		}()
		enc.Encode(o)
	}
}
