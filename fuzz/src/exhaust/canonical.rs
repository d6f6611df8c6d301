//! One form for states that differ only in names: pods in order, generations counted from the smallest.

use super::state::{PODS, Pod, SETS, SetVersion, State};

impl State {
    /// Brings states that differ only in names into one form.
    pub(crate) fn make_canonical(&mut self) {
        self.forget_gone_pods();
        self.sort_pods();
        for set in 0..SETS {
            self.lower_generations(set);
        }
    }

    /// Pods that nobody speaks of any more.
    fn forget_gone_pods(&mut self) {
        let gone = Pod::default();
        let is_gone = |pod: &Pod| (pod.cached, pod.stored) == (gone.cached, gone.stored);
        if !self.pods.iter().any(is_gone) {
            return;
        }
        let awaited: u32 = self.pod_events.iter().fold(0, |mask, (pod, _)| mask | 1 << pod);
        for at in (0..self.pods.len()).rev() {
            if is_gone(&self.pods[at]) && awaited & (1 << at) == 0 {
                self.pods.remove(at);
                for (other, _) in self.pod_events.iter_mut().filter(|(other, _)| usize::from(*other) > at) {
                    *other -= 1;
                }
            }
        }
    }

    fn sort_pods(&mut self) {
        // Pods with the same first event do not exist, so that the order is total but for equal ones.
        let mut first_event = [0_u32; PODS];
        for (n, (pod, _)) in self.pod_events.iter().enumerate().rev() {
            first_event[usize::from(*pod)] = n as u32 + 1;
        }
        let mut keys = [0_u32; PODS];
        let keys = &mut keys[..self.pods.len()];
        let mut is_sorted = true;
        for (at, pod) in self.pods.iter().enumerate() {
            let views = u32::from(pod.set) << 7 | (pod.cached as u32) << 4 | (pod.stored as u32) << 1;
            keys[at] = (views | u32::from(pod.doomed)) << 12 | first_event[at] << 6 | at as u32;
            is_sorted &= at == 0 || keys[at - 1] < keys[at];
        }
        if is_sorted {
            return;
        }
        keys.sort_unstable();
        let before = self.pods;
        let mut place = [0_u8; PODS];
        for (to, key) in keys.iter().enumerate() {
            let from = (key & 63) as usize;
            self.pods[to] = before[from];
            place[from] = to as u8;
        }
        for (pod, _) in self.pod_events.iter_mut() {
            *pod = place[usize::from(*pod)];
        }
    }

    fn lower_generations(&mut self, set: usize) {
        let least = |version: SetVersion| match version.content {
            0 => u8::MAX,
            _ => version.observed.min(version.generation),
        };
        let mut lowest = least(self.sets[set]).min(least(self.cached_sets[set]));
        for event in self.set_events.iter().filter(|event| usize::from(event.set) == set) {
            lowest = lowest.min(least(event.version));
        }
        if lowest == 0 || lowest == u8::MAX {
            return;
        }
        let lower = |version: &mut SetVersion| {
            if version.content != 0 {
                version.generation -= lowest;
                version.observed -= lowest;
            }
        };
        lower(&mut self.sets[set]);
        lower(&mut self.cached_sets[set]);
        for event in self.set_events.iter_mut().filter(|event| usize::from(event.set) == set) {
            lower(&mut event.version);
        }
    }
}
