package oracle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	custom "k8s.io/metrics/pkg/apis/custom_metrics/v1beta2"
	external "k8s.io/metrics/pkg/apis/external_metrics/v1beta1"
	metrics "k8s.io/metrics/pkg/apis/metrics/v1beta1"
	resourceclient "k8s.io/metrics/pkg/client/clientset/versioned/typed/metrics/v1beta1"
	customclient "k8s.io/metrics/pkg/client/custom_metrics"
	externalclient "k8s.io/metrics/pkg/client/external_metrics"
)

// answerOf is a value, or `{"error": "text"}`.
type answerOf[T any] struct {
	err   error
	value T
}

func (a *answerOf[T]) UnmarshalJSON(body []byte) error {
	var failed struct{ Error *string }
	if json.Unmarshal(body, &failed) == nil && failed.Error != nil {
		*a = answerOf[T]{err: errors.New(*failed.Error)}
		return nil
	}
	*a = answerOf[T]{}
	return json.Unmarshal(body, &a.value)
}

type podUsage struct {
	Pod           string           `json:"pod"`
	Timestamp     metav1.Time      `json:"timestamp"`
	WindowSeconds int64            `json:"windowSeconds"`
	Containers    []containerUsage `json:"containers"`
}

type containerUsage struct {
	Name  string              `json:"name"`
	Usage corev1.ResourceList `json:"usage"`
}

type podsMetric struct {
	Name     string                     `json:"name"`
	Selector string                     `json:"selector"`
	Values   answerOf[[]podMetricValue] `json:"values"`
}

type podMetricValue struct {
	Pod           string            `json:"pod"`
	Timestamp     metav1.Time       `json:"timestamp"`
	WindowSeconds *int64            `json:"windowSeconds"`
	Value         resource.Quantity `json:"value"`
}

type objectMetric struct {
	Name     string                      `json:"name"`
	Selector string                      `json:"selector"`
	Kind     string                      `json:"kind"`
	Object   string                      `json:"object"`
	Value    answerOf[resource.Quantity] `json:"value"`
}

type externalMetric struct {
	Name     string                        `json:"name"`
	Selector string                        `json:"selector"`
	Values   answerOf[[]resource.Quantity] `json:"values"`
}

// metricsAPIs are the three metrics APIs, which answer what the case says.
type metricsAPIs struct {
	resource answerOf[[]podUsage]
	pods     []podsMetric
	objects  []objectMetric
	external []externalMetric
}

func (m *metricsAPIs) PodMetricses(string) resourceclient.PodMetricsInterface {
	return podMetricses{apis: m}
}

type podMetricses struct {
	resourceclient.PodMetricsInterface
	apis *metricsAPIs
}

func (p podMetricses) List(context.Context, metav1.ListOptions) (*metrics.PodMetricsList, error) {
	if err := p.apis.resource.err; err != nil {
		return nil, err
	}
	list := &metrics.PodMetricsList{}
	for _, usage := range p.apis.resource.value {
		item := metrics.PodMetrics{
			ObjectMeta: metav1.ObjectMeta{Name: usage.Pod},
			Timestamp:  usage.Timestamp,
			Window:     metav1.Duration{Duration: time.Duration(usage.WindowSeconds) * time.Second},
		}
		for _, c := range usage.Containers {
			item.Containers = append(item.Containers, metrics.ContainerMetrics{Name: c.Name, Usage: c.Usage})
		}
		list.Items = append(list.Items, item)
	}
	return list, nil
}

// customMetrics and externalMetrics are types of their own because both
// clients have a method of one name.
type customMetrics struct{ apis *metricsAPIs }

func (c customMetrics) RootScopedMetrics() customclient.MetricsInterface       { return c }
func (c customMetrics) NamespacedMetrics(string) customclient.MetricsInterface { return c }

func (c customMetrics) GetForObject(kind schema.GroupKind, name, metric string, selector labels.Selector) (*custom.MetricValue, error) {
	for _, m := range c.apis.objects {
		if m.Name == metric && m.Selector == selector.String() && m.Kind == kind.Kind && m.Object == name {
			if m.Value.err != nil {
				return nil, m.Value.err
			}
			return &custom.MetricValue{Value: m.Value.value}, nil
		}
	}
	return nil, fmt.Errorf("the server could not find the metric %s for %s %s", metric, kind.Kind, name)
}

func (c customMetrics) GetForObjects(_ schema.GroupKind, _ labels.Selector, metric string, selector labels.Selector) (*custom.MetricValueList, error) {
	list := &custom.MetricValueList{}
	for _, m := range c.apis.pods {
		if m.Name != metric || m.Selector != selector.String() {
			continue
		}
		if m.Values.err != nil {
			return nil, m.Values.err
		}
		for _, v := range m.Values.value {
			list.Items = append(list.Items, custom.MetricValue{
				DescribedObject: corev1.ObjectReference{Kind: "Pod", Name: v.Pod},
				Timestamp:       v.Timestamp,
				WindowSeconds:   v.WindowSeconds,
				Value:           v.Value,
			})
		}
		break
	}
	return list, nil
}

type externalMetrics struct{ apis *metricsAPIs }

func (e externalMetrics) NamespacedMetrics(string) externalclient.MetricsInterface { return e }

func (e externalMetrics) List(metric string, selector labels.Selector) (*external.ExternalMetricValueList, error) {
	list := &external.ExternalMetricValueList{}
	for _, m := range e.apis.external {
		if m.Name != metric || m.Selector != selector.String() {
			continue
		}
		if m.Values.err != nil {
			return nil, m.Values.err
		}
		for _, v := range m.Values.value {
			list.Items = append(list.Items, external.ExternalMetricValue{MetricName: metric, Value: v})
		}
		break
	}
	return list, nil
}
