//! How crowded nodes are with pods that are related to a ReplicaSet's: upstream `getIndirectlyRelatedPods`, which goes by the
//! selectors of the ReplicaSets that have the same managing owner, and not by whose a pod is.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::pods::{LabelsId, NodeId, PodState, RsId};
use crate::api::{LabelSelector, Str, StringMap};

/// The active pods on each node, and the selectors of ReplicaSets by their owner.
#[derive(Default, Debug)]
pub(super) struct Crowds {
    on_node: BTreeMap<(NodeId, LabelsId), u32>,
    siblings: BTreeMap<Str, BTreeMap<RsId, Arc<LabelSelector>>>,
}

impl Crowds {
    /// Counts a pod in (1) or out (-1).
    pub(super) fn count(&mut self, state: &PodState, sign: i32) {
        if state.is_active() {
            let count = self.on_node.entry((state.node, state.labels)).or_insert(0);
            *count = count.wrapping_add_signed(sign);
        }
    }

    /// A ReplicaSet has the owner of that uid (`None` = none, or it is gone) and that selector.
    pub(super) fn set(
        &mut self,
        id: RsId,
        before: Option<&Str>,
        owner: Option<&Str>,
        selector: Option<&Arc<LabelSelector>>,
    ) {
        if let Some(siblings) = before.and_then(|before| self.siblings.get_mut(before)) {
            siblings.remove(&id);
        }
        if let (Some(owner), Some(selector)) = (owner, selector) {
            self.siblings.entry(owner.clone()).or_default().insert(id, selector.clone());
        }
    }

    /// Related to the ReplicaSets of that owner. `labels` = what each [`LabelsId`] stands for.
    pub(super) fn of<'a>(&'a self, owner: Option<&Str>, labels: &'a [StringMap]) -> Crowd<'a> {
        let siblings = owner.and_then(|owner| self.siblings.get(owner));
        Crowd { on_node: &self.on_node, siblings, labels, related: RefCell::default() }
    }
}

/// Pods that are related to a ReplicaSet's.
pub(super) struct Crowd<'a> {
    on_node: &'a BTreeMap<(NodeId, LabelsId), u32>,
    siblings: Option<&'a BTreeMap<RsId, Arc<LabelSelector>>>,
    labels: &'a [StringMap],
    related: RefCell<BTreeMap<LabelsId, bool>>,
}

impl Crowd<'_> {
    /// How many are active on a node.
    pub(super) fn on(&self, node: NodeId) -> u32 {
        let Some(siblings) = self.siblings else { return 0 };
        let pods = self.on_node.range((node, LabelsId(0))..=(node, LabelsId(u32::MAX)));
        let related = pods.filter(|((_, labels), _)| self.is_related(siblings, *labels));
        related.map(|(_, count)| count).sum()
    }

    fn is_related(&self, siblings: &BTreeMap<RsId, Arc<LabelSelector>>, id: LabelsId) -> bool {
        *self.related.borrow_mut().entry(id).or_insert_with(|| {
            let labels = &self.labels[id.0 as usize];
            siblings.values().any(|selector| selector.matches(labels))
        })
    }
}
