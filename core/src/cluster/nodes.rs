//! Nodes: what is bound to them, and what the control plane does when one falls silent.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::pods::{NodeId, PodId, PodState, stamp};
use super::store::DeletedBy;
use super::{Cluster, Event, UserError};
use crate::api::{Demand, Str, Time, Tolerated};
use crate::sim::SECOND;
use crate::workload::Startup;

/// From the last sign of life until the node controller marks a node's Ready condition `Unknown` and its pods as not
/// ready, s: `--node-monitor-grace-period` of kube-controller-manager, 50 s since v1.32 (40 s before). The real
/// controller looks every 5 s (`--node-monitor-period`) and the kubelet renews its lease every 10 s, so it may be up to
/// 10 s earlier and 5 s later; here it is exact.
pub const NODE_MONITOR_GRACE_S: i64 = 50;
/// Nodes that are tainted `NoExecute` for being unreachable, one after the other, s: `--node-eviction-rate 0.1`.
pub const NODE_EVICTION_INTERVAL_S: i64 = 10;
/// The same while the zone is unhealthy and large, s: `--secondary-node-eviction-rate 0.01`.
pub const SECONDARY_EVICTION_INTERVAL_S: i64 = 100;
/// Up to that many nodes, nothing is evicted while the zone is unhealthy: `--large-cluster-size-threshold 50`.
pub const LARGE_CLUSTER_NODES: usize = 50;
/// Share of nodes, percent, and least number of nodes more than which are not ready in an unhealthy zone:
/// `--unhealthy-zone-threshold 0.55`, and "more than two" in the node controller.
pub const UNHEALTHY_ZONE: (usize, usize) = (55, 2);
/// From the removal of a node object until pod garbage collection removes its pods by force, s: it waits 40 s for the node
/// to come back (`quarantineTime`) and looks every 20 s (`gcCheckPeriod`); here always the longer.
pub const ORPHANED_PODS_S: i64 = 60;
/// Taint of a node that cannot be reached.
pub const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
/// Pods that a kubelet takes: `--max-pods`, 110 by default.
pub const MAX_PODS: u32 = 110;

/// `status.allocatable` of a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capacity {
    /// Pods.
    pub pods: u32,
    /// Thousandths of a CPU; `None` = any amount.
    pub cpu_milli: Option<i64>,
    /// Bytes; `None` = any amount.
    pub memory_bytes: Option<i64>,
}

impl Default for Capacity {
    /// What a stock kubelet takes: 110 pods; CPU and memory do not limit.
    fn default() -> Self {
        Capacity { pods: MAX_PODS, cpu_milli: None, memory_bytes: None }
    }
}

/// A node as it joins the cluster.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NodeConfig {
    /// Its name.
    pub name: Str,
    /// What fits on it.
    pub capacity: Capacity,
}

impl NodeConfig {
    /// `n` nodes `node-1`, `node-2`, … of one capacity.
    pub fn named(n: u32, capacity: Capacity) -> Vec<NodeConfig> {
        (1..=n).map(|i| NodeConfig { name: format!("node-{i}").into(), capacity }).collect()
    }
}

/// What the node controller makes of a node.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum NodeState {
    /// It gives signs of life, or its silence has not been noticed.
    Ready,
    /// Its Ready condition is `Unknown`: nothing new is scheduled to it, its pods count as not ready.
    NotReady,
    /// It has the taint `node.kubernetes.io/unreachable:NoExecute` too: its pods are evicted when their tolerations end.
    Tainted,
}

/// A node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Its name.
    pub name: Str,
    /// What fits on it.
    pub capacity: Capacity,
    /// What its pods ask for.
    pub used: Demand,
    /// Pods bound to it, terminating ones included.
    pub pods: BTreeSet<PodId>,
    /// `spec.unschedulable`: cordoned.
    pub cordoned: bool,
    /// What the API says.
    pub state: NodeState,
    /// The truth: the machine has stopped.
    pub down: bool,
    /// How often it has stopped.
    outages: u32,
    /// Its object was deleted. Its pods outlive it for a while.
    pub(super) removed: bool,
}

impl Node {
    /// Whether the scheduler considers it at all.
    pub fn is_schedulable(&self) -> bool {
        !self.removed && !self.cordoned && self.state == NodeState::Ready
    }

    /// STATUS of `kubectl get nodes`.
    pub fn status(&self) -> &'static str {
        match (self.state == NodeState::Ready, self.cordoned) {
            (true, false) => "Ready",
            (true, true) => "Ready,SchedulingDisabled",
            (false, false) => "NotReady",
            (false, true) => "NotReady,SchedulingDisabled",
        }
    }
}

/// All nodes, and the pods that wait for one.
#[derive(Debug)]
pub struct Nodes {
    pub(super) nodes: Vec<Node>,
    /// Nodes that may take pods, the one with most room first.
    pub(super) by_room: BTreeSet<(u64, usize, NodeId)>,
    /// Pods that fit nowhere, by shape, and how long they will take to start.
    pub(super) waiting: BTreeMap<u32, BTreeMap<PodId, Startup>>,
    /// Nodes whose silence was noticed and that wait for their `NoExecute` taint.
    silent: VecDeque<NodeId>,
    next_taint: Time,
    taint_planned: bool,
}

impl Nodes {
    pub(super) fn new(config: &[NodeConfig]) -> Self {
        let mut nodes = Nodes {
            nodes: Vec::with_capacity(config.len()),
            by_room: BTreeSet::new(),
            waiting: BTreeMap::new(),
            silent: VecDeque::new(),
            next_taint: Time::EPOCH,
            taint_planned: false,
        };
        for (at, node) in config.iter().enumerate() {
            nodes.nodes.push(Node {
                name: node.name.clone(),
                capacity: node.capacity,
                used: Demand::default(),
                pods: BTreeSet::new(),
                cordoned: false,
                state: NodeState::Ready,
                down: false,
                outages: 0,
                removed: false,
            });
            nodes.enter(NodeId(at as u32));
        }
        nodes
    }

    /// Whether there are none: pods then run without being bound, as if one endless node took them all.
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// All that exist, in the order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (NodeId, &Node)> {
        let all = self.nodes.iter().enumerate().map(|(at, node)| (NodeId(at as u32), node));
        all.filter(|(_, node)| !node.removed)
    }

    /// One node, existing or removed.
    pub fn get(&self, node: NodeId) -> Option<&Node> {
        self.nodes.get(node.0 as usize)
    }

    /// The node of that name.
    pub fn named(&self, name: &str) -> Option<NodeId> {
        self.iter().find(|(_, node)| node.name == name).map(|(id, _)| id)
    }

    /// Pods that wait for room, in creation order within each shape.
    pub fn pending(&self) -> impl Iterator<Item = PodId> + '_ {
        self.waiting.values().flat_map(|pods| pods.keys().copied())
    }

    pub(super) fn node_mut(&mut self, node: NodeId) -> &mut Node {
        &mut self.nodes[node.0 as usize]
    }

    /// Changes a node while it is out of the order by room.
    pub(super) fn change(&mut self, id: NodeId, change: impl FnOnce(&mut Node)) {
        self.leave(id);
        change(self.node_mut(id));
        self.enter(id);
    }
}

impl Cluster {
    /// The nodes.
    pub fn nodes(&self) -> &Nodes {
        &self.nodes
    }

    fn known(&self, node: NodeId) -> Result<&Node, UserError> {
        let missing = || UserError(format!("error: there is no node number {}", node.0));
        self.nodes.get(node).filter(|node| !node.removed).ok_or_else(missing)
    }

    /// `kubectl cordon` (true) or `uncordon`; answers whether that changed anything.
    ///
    /// # Errors
    /// A node that does not exist.
    pub fn cordon(&mut self, node: NodeId, cordoned: bool) -> Result<bool, UserError> {
        if self.known(node)?.cordoned == cordoned {
            return Ok(false);
        }
        self.nodes.change(node, |node| node.cordoned = cordoned);
        if !cordoned {
            self.room_on(node);
        }
        Ok(true)
    }

    /// What `kubectl drain` does after it has cordoned the node: evicts every pod that is not terminating; answers
    /// which. PodDisruptionBudgets are not modelled: no eviction is refused. The pods go as their grace allows.
    ///
    /// # Errors
    /// A node that does not exist.
    pub fn evict_all(&mut self, node: NodeId) -> Result<Vec<PodId>, UserError> {
        let bound = self.known(node)?.pods.iter().copied();
        let chosen: Vec<PodId> = bound.filter(|pod| !self.store.pod(*pod).state.deleting).collect();
        for pod in &chosen {
            self.store.delete_pod(*pod, DeletedBy::Other);
        }
        Ok(chosen)
    }

    /// `kubectl delete node`: pod garbage collection removes its pods by force some time later.
    ///
    /// # Errors
    /// A node that does not exist.
    pub fn delete_node(&mut self, id: NodeId) -> Result<(), UserError> {
        self.known(id)?;
        self.nodes.change(id, |node| node.removed = true);
        self.nodes.silent.retain(|silent| *silent != id);
        self.events.push(self.now.plus_seconds(ORPHANED_PODS_S), Event::PodsOrphaned(id));
        // A zone with fewer silent nodes may go on tainting.
        self.plan_taint();
        Ok(())
    }

    /// Pod garbage collection finds pods without a node.
    pub(super) fn pods_orphaned(&mut self, id: NodeId) {
        for pod in self.nodes.node_mut(id).pods.clone() {
            self.store.force_delete_pod(pod);
        }
    }

    /// The machine stops.
    pub(super) fn node_down(&mut self, id: NodeId) -> Result<(), UserError> {
        if self.known(id)?.down {
            return Err(UserError(format!("error: node number {} is down already", id.0)));
        }
        let node = self.nodes.node_mut(id);
        node.down = true;
        node.outages += 1;
        let (outage, pods) = (node.outages, node.pods.clone());
        for pod in pods {
            self.containers_die(pod);
        }
        let noticed = self.now.plus_seconds(NODE_MONITOR_GRACE_S);
        self.events.push(noticed, Event::NodeSilent(id, outage));
        Ok(())
    }

    /// The machine is back. Its kubelet reports that its containers are dead and starts them anew; pods that were to
    /// stop have stopped. (With a cut in the network instead of a dead machine they would have run on.)
    pub(super) fn node_up(&mut self, id: NodeId) -> Result<(), UserError> {
        if !self.known(id)?.down {
            return Err(UserError(format!("error: node number {} is not down", id.0)));
        }
        self.nodes.change(id, |node| {
            node.down = false;
            node.state = NodeState::Ready;
        });
        self.nodes.silent.retain(|silent| *silent != id);
        let pods = self.nodes.node_mut(id).pods.clone();
        for pod in pods {
            self.machine_is_back(pod);
        }
        self.room_on(id);
        // A zone that is whole again goes on tainting.
        self.plan_taint();
        Ok(())
    }

    /// The node controller has noticed that a node is silent.
    pub(super) fn node_silent(&mut self, id: NodeId, outage: u32) {
        let node = self.nodes.node_mut(id);
        if !node.down || node.outages != outage || node.removed {
            return;
        }
        self.nodes.change(id, |node| node.state = NodeState::NotReady);
        self.nodes.silent.push_back(id);
        let ready_s = stamp(self.now);
        for pod in self.nodes.node_mut(id).pods.clone() {
            let state = self.store.pod(pod).state;
            if state.ready {
                self.store.put_pod(pod, PodState { ready: false, ready_s, ..state });
            }
        }
        self.plan_taint();
    }

    /// Seconds between two taints; `None` = none for now, since too much is broken: when (nearly) all nodes are silent
    /// at once it is likely the network that fails, and moving everything would help nobody.
    fn taint_interval_s(&self) -> Option<i64> {
        let all = self.nodes.iter().count();
        let silent = self.nodes.iter().filter(|(_, node)| node.state != NodeState::Ready).count();
        let (percent, few) = UNHEALTHY_ZONE;
        if silent == all {
            return None;
        }
        if silent > few && silent * 100 >= all * percent {
            return (all > LARGE_CLUSTER_NODES).then_some(SECONDARY_EVICTION_INTERVAL_S);
        }
        Some(NODE_EVICTION_INTERVAL_S)
    }

    fn plan_taint(&mut self) {
        if self.nodes.silent.is_empty() || self.nodes.taint_planned || self.taint_interval_s().is_none() {
            return;
        }
        self.nodes.taint_planned = true;
        self.events.push(self.nodes.next_taint.max(self.now), Event::NodeTaint);
    }

    /// The next silent node gets its `NoExecute` taint.
    pub(super) fn node_taint(&mut self) {
        self.nodes.taint_planned = false;
        let Some(interval_s) = self.taint_interval_s() else { return };
        let Some(id) = self.nodes.silent.pop_front() else { return };
        self.nodes.next_taint = self.now.plus_seconds(interval_s);
        let node = self.nodes.node_mut(id);
        node.state = NodeState::Tainted;
        let (outage, pods) = (node.outages, node.pods.clone());
        for pod in pods {
            if let Tolerated::Seconds(s) = self.store.shape(pod).tolerates_unreachable {
                self.events.push(self.now.plus_nanos(s * SECOND), Event::TaintEviction(pod, id, outage));
            }
        }
        self.plan_taint();
    }

    /// A pod's toleration has ended: it is deleted, and stays terminating until somebody can stop its containers.
    pub(super) fn taint_eviction(&mut self, pod: PodId, node: NodeId, outage: u32) {
        let on = self.nodes.node_mut(node);
        if on.state == NodeState::Tainted && !on.removed && on.outages == outage && on.pods.contains(&pod) {
            self.store.delete_pod(pod, DeletedBy::Other);
        }
    }
}
