//! The scheduler: binds pods to the node with most room, and keeps those that fit nowhere.
//!
//! A simplification of kube-scheduler. Its filters are here for what is modelled (cordoned and unreachable nodes, pods,
//! CPU and memory: `NodeUnschedulable`, `TaintToleration`, `NodeResourcesFit`). Of its scores only
//! `NodeResourcesFit/LeastAllocated` is: the node of which the least share of CPU and memory is taken, and of equal
//! ones the one with the fewest pods, where kube-scheduler adds `BalancedAllocation`, spreading over hosts and zones and
//! more, and draws lots between equals. Without affinities this spreads the pods of a Deployment as evenly as it does.
//! Selectors, affinities, priorities and preemption are not modelled. Binding takes no time; a pod that did not fit is
//! tried again as soon as there is room (its back-off of 1 to 10 s has nearly always passed by then).

use super::Cluster;
use super::nodes::{Node, NodeState, Nodes, UNREACHABLE};
use super::pods::{NodeId, PodId, PodState};
use crate::api::Demand;
use crate::workload::Startup;

/// What a pod that asks for nothing counts in the score, as in kube-scheduler (`DefaultMilliCPURequest`,
/// `DefaultMemoryRequest`).
const NONZERO: Demand = Demand { cpu_milli: 100, memory_bytes: 200 << 20 };
/// A whole node, in the unit of shares.
const WHOLE: u64 = 1_000_000;

impl Node {
    /// Why a pod does not fit, in kube-scheduler's words; `None` = it fits.
    pub(super) fn misfit(&self, demand: Demand) -> Option<String> {
        let too_much = |asked: i64, used: i64, capacity: Option<i64>| {
            asked > 0 && capacity.is_some_and(|capacity| asked > capacity - used)
        };
        let taint = || format!("node(s) had untolerated taint(s) {{{UNREACHABLE}: }}");
        Some(if self.state != NodeState::Ready {
            taint()
        } else if self.cordoned {
            "node(s) were unschedulable".into()
        } else if self.pods.len() >= self.capacity.pods as usize {
            "Too many pods".into()
        } else if too_much(demand.cpu_milli, self.used.cpu_milli, self.capacity.cpu_milli) {
            "Insufficient cpu".into()
        } else if too_much(demand.memory_bytes, self.used.memory_bytes, self.capacity.memory_bytes) {
            "Insufficient memory".into()
        } else {
            return None;
        })
    }

    fn fits(&self, demand: Demand) -> bool {
        let enough = |asked: i64, used: i64, capacity: Option<i64>| {
            asked == 0 || capacity.is_none_or(|capacity| asked <= capacity - used)
        };
        self.pods.len() < self.capacity.pods as usize
            && enough(demand.cpu_milli, self.used.cpu_milli, self.capacity.cpu_milli)
            && enough(demand.memory_bytes, self.used.memory_bytes, self.capacity.memory_bytes)
    }

    /// How much of it is taken: the mean over CPU and memory, as far as they have a limit.
    fn allocated(&self) -> u64 {
        let pods = self.pods.len() as i64;
        let share = |used: i64, per_pod: i64, capacity: Option<i64>| {
            // What asks for nothing counts a little, so that such pods spread, too.
            let used = used.max(per_pod.saturating_mul(pods));
            capacity
                .map(|capacity| (i128::from(used) * i128::from(WHOLE) / i128::from(capacity.max(1))) as u64)
        };
        let cpu = share(self.used.cpu_milli, NONZERO.cpu_milli, self.capacity.cpu_milli);
        let memory = share(self.used.memory_bytes, NONZERO.memory_bytes, self.capacity.memory_bytes);
        match (cpu, memory) {
            (Some(cpu), Some(memory)) => (cpu + memory) / 2,
            (Some(one), None) | (None, Some(one)) => one,
            (None, None) => 0,
        }
    }
}

impl Nodes {
    fn key(&self, id: NodeId) -> (u64, usize, NodeId) {
        let node = &self.nodes[id.0 as usize];
        (node.allocated(), node.pods.len(), id)
    }

    /// Takes a node out of the order; it must be as it was when it was put in.
    pub(super) fn leave(&mut self, id: NodeId) {
        let key = self.key(id);
        self.by_room.remove(&key);
    }

    /// Puts a node into the order, if pods may come to it.
    pub(super) fn enter(&mut self, id: NodeId) {
        if self.nodes[id.0 as usize].is_schedulable() {
            let key = self.key(id);
            self.by_room.insert(key);
        }
    }

    /// The node with most room on which it fits. Ordinarily the first one that is looked at.
    fn place(&self, demand: Demand) -> Option<NodeId> {
        self.by_room.iter().map(|(.., id)| *id).find(|id| self.nodes[id.0 as usize].fits(demand))
    }

    fn add(&mut self, id: NodeId, pod: PodId, demand: Demand) {
        self.change(id, |node| {
            node.pods.insert(pod);
            node.used.cpu_milli = node.used.cpu_milli.saturating_add(demand.cpu_milli);
            node.used.memory_bytes = node.used.memory_bytes.saturating_add(demand.memory_bytes);
        });
    }

    fn remove(&mut self, id: NodeId, pod: PodId, demand: Demand) {
        self.change(id, |node| {
            if node.pods.remove(&pod) {
                node.used.cpu_milli -= demand.cpu_milli;
                node.used.memory_bytes -= demand.memory_bytes;
            }
        });
    }
}

impl Cluster {
    /// A pod was created: it is bound, or waits. Pods of a shape of which some wait fit nowhere, so they need no look at
    /// the nodes; whenever there is room, those that wait are tried first.
    pub(super) fn schedule(&mut self, pod: PodId, startup: Startup) {
        let shape = self.store.pod(pod).shape;
        let waiting = self.nodes.waiting.get(&shape).is_some_and(|pods| !pods.is_empty());
        let node = if waiting { None } else { self.nodes.place(self.store.shape(pod).demand) };
        match node {
            Some(node) => self.bind(pod, node, startup),
            None => drop(self.nodes.waiting.entry(shape).or_default().insert(pod, startup)),
        }
    }

    fn bind(&mut self, pod: PodId, node: NodeId, startup: Startup) {
        self.nodes.add(node, pod, self.store.shape(pod).demand);
        let state = self.store.pod(pod).state;
        self.store.put_pod(pod, PodState { node, ..state });
        self.bound(pod, node, startup);
    }

    /// A pod is gone or has finished: what it took is free.
    pub(super) fn release(&mut self, pod: PodId) {
        let (node, shape) = (self.store.pod(pod).state.node, self.store.pod(pod).shape);
        if node == NodeId::NONE {
            if let Some(pods) = self.nodes.waiting.get_mut(&shape) {
                pods.remove(&pod);
                if pods.is_empty() {
                    self.nodes.waiting.remove(&shape);
                }
            }
            return;
        }
        self.nodes.remove(node, pod, self.store.shape(pod).demand);
        self.room_on(node);
    }

    /// There is room on a node: the oldest of the pods that fit go first. All other nodes are as full as they were.
    pub(super) fn room_on(&mut self, node: NodeId) {
        while self.nodes.get(node).is_some_and(Node::is_schedulable) {
            let fronts =
                self.nodes.waiting.iter().filter_map(|(shape, pods)| Some((*pods.keys().next()?, *shape)));
            let on = &self.nodes.nodes[node.0 as usize];
            let fitting = fronts.filter(|(pod, _)| on.fits(self.store.shape(*pod).demand));
            let Some((pod, shape)) = fitting.min() else { return };
            let Some(pods) = self.nodes.waiting.get_mut(&shape) else { return };
            let Some(startup) = pods.remove(&pod) else { return };
            if pods.is_empty() {
                self.nodes.waiting.remove(&shape);
            }
            self.bind(pod, node, startup);
        }
    }

    /// The scheduler's message for a pod that fits nowhere; `None` if it would fit. Looks at every node.
    pub fn why_pending(&self, pod: PodId) -> Option<String> {
        let demand = self.store.shape(pod).demand;
        let mut reasons: std::collections::BTreeMap<String, usize> = Default::default();
        for (_, node) in self.nodes.iter() {
            *reasons.entry(node.misfit(demand)?).or_default() += 1;
        }
        let mut list: Vec<String> = reasons.iter().map(|(why, nodes)| format!("{nodes} {why}")).collect();
        list.sort();
        let all = self.nodes.iter().count();
        Some(format!("0/{all} nodes are available: {}.", list.join(", ")))
    }
}
