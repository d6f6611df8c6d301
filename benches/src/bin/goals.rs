//! quick driver
#![allow(clippy::print_stdout)]
use maxsurge_benches::rollout::Rollout;
use maxsurge_benches::strategies;
use serde_json::json;
use std::time::Instant;

fn cpu() -> u64 {
    std::fs::read_to_string("/proc/self/schedstat").unwrap().split(' ').next().unwrap().parse().unwrap()
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let which = args.get(1).map_or("25", |s| s.as_str());
    let n: i32 = args.get(2).map_or(10_000, |s| s.parse().unwrap());
    let reps: usize = args.get(3).map_or(3, |s| s.parse().unwrap());
    let [(_, recreate), (_, q), (_, one), _] = strategies();
    let s = match which {
        "25" => q,
        "1" => one,
        _ => recreate,
    };
    let _ = json!(0);
    let rollout = Rollout::ideal(n, s);
    for _ in 0..reps {
        let t = Instant::now();
        let (mut cluster, id) = rollout.at_rest();
        let setup = t.elapsed();
        let c = cpu();
        let o = rollout.play(&mut cluster, id);
        let c = (cpu() - c) as f64;
        let w = o.work;
        let passes = w.deployment_passes + w.replica_set_passes;
        println!(
            "{which} {n}: CPU {:.3} ms {:.3} us/pod; wall {:.3} ms ({:.3} µs/pod) setup {:.3} ms events {} d-passes {} rs-passes {} deliveries {} requests {}; {:.0} ns/pass",
            c / 1e6,
            c / 1e3 / f64::from(n),
            o.took.as_secs_f64() * 1e3,
            o.took.as_secs_f64() * 1e6 / f64::from(n),
            setup.as_secs_f64() * 1e3,
            w.events,
            w.deployment_passes,
            w.replica_set_passes,
            w.deliveries,
            w.requests,
            c / passes as f64
        );
    }
}
