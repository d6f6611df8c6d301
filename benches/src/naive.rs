//! The simulation that one would write first: a list of pods that is walked over at every event. It knows one Deployment,
//! one rollout without delays, and no API; it is here to show what counting anew costs.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// A pod.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Pod {
    new: bool,
    ready: bool,
    exists: bool,
}

/// Plays a rollout of `replicas` ready pods within the two limits. `startup_ns` gives the start-up time of the n-th new
/// pod. Answers when it is complete, ns.
pub fn rollout(replicas: usize, surge: usize, unavailable: usize, startup_ns: impl Fn(usize) -> u64) -> u64 {
    let mut pods = vec![Pod { new: false, ready: true, exists: true }; replicas];
    let mut events: BinaryHeap<Reverse<(u64, usize)>> = BinaryHeap::new();
    let (mut now, mut created) = (0, 0);
    loop {
        // Until nothing changes any more: grow the new one, shrink the old one, each time from a fresh count.
        loop {
            let count =
                |wanted: &dyn Fn(&Pod) -> bool| pods.iter().filter(|pod| pod.exists && wanted(pod)).count();
            let (new, old) = (count(&|pod| pod.new), count(&|pod| !pod.new));
            let available = count(&|pod| pod.ready);
            let grow = (replicas + surge).saturating_sub(new + old).min(replicas - new);
            let shrink = (available + unavailable).saturating_sub(replicas).min(old);
            for _ in 0..grow {
                events.push(Reverse((now + startup_ns(created), pods.len())));
                pods.push(Pod { new: true, ready: false, exists: true });
                created += 1;
            }
            for pod in pods.iter_mut().filter(|pod| pod.exists && !pod.new).take(shrink) {
                pod.exists = false;
            }
            if grow + shrink == 0 {
                break;
            }
        }
        let complete = pods.iter().filter(|pod| pod.exists && pod.new && pod.ready).count() == replicas;
        if complete && pods.iter().all(|pod| pod.new || !pod.exists) {
            return now;
        }
        let Reverse((at, pod)) = events.pop().expect("new pods are on their way");
        now = at;
        pods[pod].ready = true;
    }
}

#[cfg(test)]
mod tests {
    use super::rollout;

    #[test]
    fn one_after_the_other() {
        assert_eq!(rollout(3, 1, 0, |_| 7), 21);
        assert_eq!(rollout(4, 4, 0, |n| 10 + n as u64), 13);
        assert_eq!(rollout(4, 0, 2, |_| 5), 10);
    }
}
