//! What kind of cluster it is.

use super::nodes::NodeConfig;
use super::work_queue::TokenBucket;
use crate::api::KubernetesVersion;
use crate::sim::{MS, SECOND};

/// Request limit of a controller's client.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RequestBudget {
    /// Sustained requests per second.
    pub qps: u32,
    /// Requests that may go at once.
    pub burst: u32,
}

/// Delays and limits of the control plane.
#[derive(Clone, PartialEq, Debug)]
pub struct ClusterConfig {
    /// Limit of each controller's client; `None` = requests take no time.
    pub budget: Option<RequestBudget>,
    /// From sending a request to its effect, ns.
    pub request_latency_ns: i64,
    /// From a write to its event in the controllers' caches, ns.
    pub watch_delay_ns: i64,
    /// From a pod's creation to the start of its containers, ns (scheduling, kubelet).
    pub start_delay_ns: i64,
    /// Passes of one controller that may run at once.
    pub workers: u32,
    /// Pods that the namespace's quota allows.
    pub quota_pods: Option<u32>,
    /// Nodes; none = pods run without being bound, as if one endless node took them all.
    pub nodes: Vec<NodeConfig>,
    /// Most passes in one instant before the run is given up as not converging.
    pub passes_per_instant_max: u32,
    /// Whose controllers run.
    pub version: KubernetesVersion,
}

impl ClusterConfig {
    /// No delays, no limits, one worker per controller: every instant is worked off before time goes on.
    pub fn ideal() -> Self {
        ClusterConfig {
            budget: None,
            request_latency_ns: 0,
            watch_delay_ns: 0,
            start_delay_ns: 0,
            workers: 1,
            quota_pods: None,
            nodes: Vec::new(),
            passes_per_instant_max: 1_000_000,
            version: KubernetesVersion::default(),
        }
    }

    /// A cluster as it is delivered. Where each number comes from:
    ///
    /// - client limits and workers: the defaults of kube-controller-manager (`--kube-api-qps 20`, `--kube-api-burst 30`, each
    ///   controller has its own client; `--concurrent-deployment-syncs 5`, `--concurrent-replicaset-syncs 5`);
    /// - request 10 ms and watch 9 ms: together the 19 ms that rollouts recorded on a real control plane (v1.37.2, 2 cores) took
    ///   in the median from a ReplicaSet's resize to its first pod, one event and one request. How much of it is which was not
    ///   seen. `core/tests/it/testdata/hops.txt` has all 45;
    /// - from a pod's creation to its containers' start, 0.9 s: the median of pods with their image present in Kubernetes' own
    ///   scalability tests (100 nodes, a tenth full; "Kubernetes Performance Measurements and Roadmap", 2015). The promise of
    ///   today is that 99 of 100 take at most 5 s (SIG Scalability's SLO of pod startup latency).
    pub fn realistic() -> Self {
        ClusterConfig {
            budget: Some(RequestBudget { qps: 20, burst: 30 }),
            request_latency_ns: 10 * MS,
            watch_delay_ns: 9 * MS,
            start_delay_ns: 900 * MS,
            workers: 5,
            quota_pods: None,
            nodes: Vec::new(),
            passes_per_instant_max: 1_000_000,
            version: KubernetesVersion::default(),
        }
    }

    /// Full budgets of both controllers' clients.
    pub(super) fn budgets(&self) -> [Option<TokenBucket>; 2] {
        let full = |budget: RequestBudget| {
            TokenBucket::new(SECOND / i64::from(budget.qps.max(1)), i64::from(budget.burst.max(1)))
        };
        [self.budget.map(full); 2]
    }

    /// Whether everything that a controller does takes no time.
    pub fn is_instant(&self) -> bool {
        self.budget.is_none() && self.request_latency_ns == 0 && self.watch_delay_ns == 0
    }
}
