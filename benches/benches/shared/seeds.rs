//! The program's own Monte Carlo (`maxsurge compare`), on a given number of threads.

use std::sync::atomic::AtomicBool;

use maxsurge_benches::deployment;
use maxsurge_benches::policy::rolling;
use maxsurge_core::cluster::ClusterConfig;
use maxsurge_core::cluster::nodes::Capacity;
use maxsurge_core::sim::{Distribution, SECOND};
use maxsurge_reports::compare::{Setting, candidates, situation};
use maxsurge_reports::model::SituationId;

/// Strategies of each comparison.
pub(crate) const STRATEGIES: &str = "Recreate,25%/25%,1/0";

/// Simulates every strategy with every seed and sums up; the answer is the whole result as JSON, byte for byte.
pub(crate) fn run(pods: i32, seeds: u32, threads: usize) -> String {
    let deployment = deployment(pods, &rolling("25%", "25%").strategy);
    let candidates = candidates(&deployment, STRATEGIES).expect("they are well-formed");
    let setting = Setting {
        deployment,
        to_image: "web:2".into(),
        config: ClusterConfig::ideal(),
        startup: Distribution::Uniform(5 * SECOND, 20 * SECOND),
        stop: Distribution::Uniform(SECOND, 5 * SECOND),
        probe: None,
        horizon_s: 86_400,
        nodes: 0,
        capacity: Capacity::default(),
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads can be started");
    let stop = AtomicBool::new(false);
    let found =
        pool.install(|| situation(&setting, &candidates, SituationId::GoodImage, seeds, &stop, &|| ()));
    serde_json::to_string(&found.expect("it simulates")).expect("it is plain data")
}
