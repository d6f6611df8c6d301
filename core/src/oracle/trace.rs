//! A hash of everything that happened.

use crate::cluster::Cluster;

/// FNV-1a over what each settled instant shows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TraceHash(u64);

impl Default for TraceHash {
    fn default() -> Self {
        TraceHash(0xcbf2_9ce4_8422_2325)
    }
}

impl TraceHash {
    fn number(&mut self, n: i64) {
        for byte in n.to_le_bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    /// Takes in the state.
    pub fn add(&mut self, cluster: &Cluster) {
        self.number(cluster.now().since(crate::api::Time::EPOCH));
        self.number(cluster.store.version() as i64);
        self.number(cluster.statistics().requests as i64);
        for (id, rs) in cluster.store.replica_sets() {
            let totals = cluster.store.totals(id);
            for n in [rs.spec.replicas, rs.status.available_replicas, totals.alive, totals.serving] {
                self.number(i64::from(n));
            }
        }
        for pod in cluster.store.pods() {
            self.number(pod.version as i64);
        }
    }

    /// The hash so far.
    pub fn value(self) -> u64 {
        self.0
    }
}
