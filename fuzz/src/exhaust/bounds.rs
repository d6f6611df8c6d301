//! How far the search of small worlds goes, and the worlds of `cargo xtask exhaust`.

use std::fmt;

use crate::generators::Limits;

/// What may break, once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FaultKind {
    /// A pod serves no longer, for a while.
    PodFails,
    /// Somebody deletes a pod.
    PodEvicted,
    /// kube-controller-manager is started anew between two passes.
    Restart,
    /// It dies in the middle of a pass.
    DiesInPass,
    /// A request fails: refused, or with its answer lost.
    RequestFails,
}

impl FaultKind {
    /// Every one.
    pub const ALL: [FaultKind; 5] = [
        FaultKind::PodFails,
        FaultKind::PodEvicted,
        FaultKind::Restart,
        FaultKind::DiesInPass,
        FaultKind::RequestFails,
    ];
}

/// How far the search goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bounds {
    /// `spec.strategy`.
    pub strategy: Limits,
    /// `spec.replicas` at the beginning, at most 4.
    pub replicas: u8,
    /// Templates that the user may choose from, at most 3.
    pub revisions: u8,
    /// Edits of the user at most.
    pub edits: u8,
    /// Sizes that the user may set.
    pub sizes: Vec<u8>,
    /// Whether the user may pause and resume.
    pub pauses: bool,
    /// Faults at most.
    pub faults: u8,
    /// Which.
    pub kinds: Vec<FaultKind>,
    /// Watch events of one kind under way from which on nobody writes objects of that kind; 0 = they come at once. The
    /// writes of one pass are not parted, so that there may be more.
    pub lag: u8,
    /// Begins with the creation of the Deployment, and not when it is complete.
    pub fresh: bool,
    /// Judges also after a second edit whether the limits hold in every state, and not only for each pass on what it saw;
    /// and S-REV as soon as the caches are current, and not only after the next pass over the Deployment. Kubernetes does
    /// not keep them then.
    pub throughout: bool,
}

impl Bounds {
    /// No edits, no faults, no lag.
    pub fn new(strategy: Limits, replicas: u8) -> Self {
        Bounds {
            strategy,
            replicas,
            revisions: 3,
            edits: 0,
            sizes: Vec::new(),
            pauses: false,
            faults: 0,
            kinds: Vec::new(),
            lag: 0,
            fresh: false,
            throughout: false,
        }
    }
}

impl fmt::Display for Bounds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.strategy {
            Limits::Recreate => write!(f, "Recreate")?,
            Limits::Pods(surge, missing) => write!(f, "{surge}/{missing}")?,
            Limits::Percent(surge, missing) => write!(f, "{surge} %/{missing} %")?,
        }
        write!(f, ", {} replicas, {} edits, lag {}", self.replicas, self.edits, self.lag)?;
        if self.edits > 0 {
            write!(f, ", {} revisions", self.revisions)?;
        }
        if !self.sizes.is_empty() {
            write!(f, ", sizes {:?}", self.sizes)?;
        }
        if self.pauses {
            write!(f, ", pauses")?;
        }
        match self.kinds.as_slice() {
            [] => {}
            [one] => write!(f, ", {one:?}")?,
            kinds => write!(f, ", one of {} faults", kinds.len())?,
        }
        if self.fresh {
            write!(f, ", from its creation")?;
        }
        if self.throughout {
            write!(f, ", limits throughout")?;
        }
        Ok(())
    }
}

/// The worlds of `cargo xtask exhaust`; the short list is that of CI.
pub fn worlds(short: bool) -> Vec<Bounds> {
    let strategies = [Limits::Pods(0, 1), Limits::Pods(1, 0), Limits::Pods(1, 1), Limits::Recreate];
    let any = |bounds: Bounds| Bounds { faults: 1, kinds: FaultKind::ALL.to_vec(), ..bounds };
    let mut worlds = Vec::new();
    for strategy in strategies {
        let small = Bounds { edits: 1, lag: 1, ..Bounds::new(strategy, 2) };
        let sized = Bounds { sizes: vec![0, 1, 3], pauses: true, ..small.clone() };
        let large = Bounds { replicas: 4, ..small.clone() };
        if short {
            let restless = Bounds { edits: 2, lag: 0, ..sized.clone() };
            let late = Bounds { lag: 2, ..small.clone() };
            worlds.extend([Bounds { fresh: true, ..sized }, restless, any(small), late, large]);
            continue;
        }
        let sizes = Bounds { sizes: vec![0, 1, 2, 3], pauses: true, ..large.clone() };
        worlds.extend([any(sized), any(large.clone()), Bounds { lag: 2, ..large.clone() }, any(sizes)]);
        worlds.push(any(Bounds { edits: 2, ..large.clone() }));
        worlds.push(Bounds { lag: 2, ..any(large.clone()) });
        worlds.push(Bounds { lag: 3, ..large });
    }
    worlds
}
