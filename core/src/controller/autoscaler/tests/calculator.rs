//! From one metric to a number of pods.

use serde_json::{Value, json};

use super::super::replicas::sum;
use super::super::usage::{Tolerances, pods as whole_pods, to_i32, to_i64};
use super::{World, ago, average, cpu, load, pod, pod_with, total};
use crate::api::Quantity;

#[test]
fn doubles_and_not_fractions() {
    // 25 % of a target of 3 %, 15 pods: 125 by the book.
    assert_eq!(whole_pods(25.0 / 3.0 * 15.0), 126);
    for (x, expected) in
        [(2_147_483_647.0, i32::MAX), (2_147_483_648.0, i32::MIN), (f64::NAN, i32::MIN), (-1.5, -1)]
    {
        assert_eq!(to_i32(x), expected, "{x}");
    }
    for (x, expected) in [(9.3e18, i64::MIN), (f64::INFINITY, i64::MIN), (f64::NAN, i64::MIN), (-2.5, -2)] {
        assert_eq!(to_i64(x), expected, "{x}");
    }
}

#[test]
fn both_ends_of_a_tolerance_are_within() {
    let default = Tolerances { down: 0.1, up: 0.1 };
    for (ratio, within) in [(1.1, true), (0.9, true), (1.11, false), (0.89, false), (110.0 / 100.0, true)] {
        assert_eq!(default.is_within(ratio), within, "{ratio}");
    }
    assert!(Tolerances { down: 0.0, up: 0.0 }.is_within(1.0));
    assert!(!default.is_within(f64::INFINITY) && !default.is_within(f64::NAN));
}

#[test]
fn a_tolerance_is_read_as_it_was_written() {
    for (text, value) in
        [("0.1", 0.1), ("100m", 0.1), ("0.3", 3.0 * 0.1), ("300m", 0.3), ("10", 10.0), ("1k", 1_000.0)]
    {
        assert_eq!(Quantity::parse(text).unwrap().approximate_f64(), value, "{text}");
    }
}

#[test]
fn milli_values_beyond_64_bits_are_those_of_upstream() {
    for (text, milli) in [
        ("1500u", 2),
        ("-1500u", -2),
        ("1n", 1),
        ("10P", 0),
        ("9223372036854775807", -1_000),
        ("9223372036854775807m", i64::MAX),
        ("8Ei", -1_000),
    ] {
        assert_eq!(Quantity::parse(text).unwrap().unchecked_milli_value(), milli, "{text}");
    }
}

/// Size, target in percent, pods, usage in milli-CPU of 100 requested, and what is asked for.
type Row = (i32, i64, Vec<Value>, &'static [(&'static str, i64)], i32);

fn check(rows: &[Row]) {
    for (size, target, pods, usage, expected) in rows {
        let mut world = World::new(0, json!([cpu(*target)])).with_pods(pods.clone()).uses(usage);
        world.scale().spec_replicas = *size;
        assert_eq!(world.asks(), Ok(*expected), "{size} at {target} % with {usage:?}");
    }
}

#[test]
fn a_share_of_the_requests() {
    let three = || ["a", "b", "c"].map(pod).to_vec();
    check(&[
        (3, 100, three(), &[("a", 130), ("b", 130), ("c", 130)], 4),
        // Within the tolerance: the size, not the pods that there are.
        (7, 100, three(), &[("a", 110), ("b", 110), ("c", 110)], 7),
        (7, 100, three(), &[("a", 90), ("b", 90), ("c", 90)], 7),
        (3, 100, three(), &[("a", 30), ("b", 30), ("c", 30)], 1),
        // The share is cut to whole percent before it is compared: 110.67 % are 110 %.
        (3, 100, three(), &[("a", 111), ("b", 111), ("c", 110)], 3),
        // With a surge it scales with the pods: 4 wanted, 5 there, all at 130 %.
        (
            4,
            100,
            ["a", "b", "c", "d", "e"].map(pod).to_vec(),
            &[("a", 130), ("b", 130), ("c", 130), ("d", 130), ("e", 130)],
            7,
        ),
        // No guard on the first way: below the target, and yet more than the size.
        (
            4,
            100,
            ["a", "b", "c", "d", "e"].map(pod).to_vec(),
            &[("a", 85), ("b", 85), ("c", 85), ("d", 85), ("e", 85)],
            5,
        ),
    ]);
}

#[test]
fn pods_without_a_sample() {
    let three = || ["a", "b", "c"].map(pod).to_vec();
    check(&[
        // Below the target: as much as they request, which here holds the size.
        (2, 50, three(), &[("a", 10), ("b", 10)], 2),
        // Above the target: nothing. (200 + 200 + 0) % of three.
        (3, 100, three(), &[("a", 200), ("b", 200)], 4),
        // A target above the requests: the target, 30 + 30 + 200 of 300, hence 86 % of 200 %.
        (3, 200, three(), &[("a", 30), ("b", 30)], 2),
        // Exactly at the target they are left out.
        (5, 100, three(), &[("a", 100), ("b", 100)], 5),
        (3, 50, three(), &[("a", 50), ("b", 50)], 3),
        // What they are taken for would turn the direction, either way: 180 of 300 are 60 %, 240 of 300 are 80 %.
        (3, 50, three(), &[("a", 40), ("b", 40)], 3),
        (4, 100, three(), &[("a", 120), ("b", 120)], 4),
        (2, 100, three(), &[("a", 140), ("b", 140)], 2),
        // 133 % of the three that there are, but no fewer than the size.
        (10, 100, three(), &[("a", 200), ("b", 200)], 10),
        // Samples of pods that nobody knows count in the number: (200 % of 2 known) for a, b, x and c.
        (3, 100, three(), &[("a", 400), ("b", 400), ("x", 1)], 11),
    ]);
}

#[test]
fn which_pods_count() {
    let [a, b] = ["a", "b"].map(pod);
    let with = |place: &str, value: Value| vec![a.clone(), b.clone(), pod_with("c", place, value)];
    // Each with 150 % of the target, and so has the third if it counts: then 5 are asked for, otherwise 3.
    let usage: &[(&str, i64)] = &[("a", 150), ("b", 150), ("c", 150)];
    let condition = |status: &str, changed: i64| json!([{"type": "Ready", "status": status, "lastTransitionTime": ago(changed)}]);
    for (place, value, expected) in [
        ("/metadata/labels", json!({"app": "web"}), 5),
        // Not selected: its sample is one of a pod that nobody knows.
        ("/metadata/labels", json!({"app": "db"}), 3),
        // Ignored.
        ("/metadata/deletionTimestamp", json!(ago(1)), 3),
        ("/status/phase", json!("Failed"), 3),
        // Unready: taken for idle, and 300 of 300 are no more than wanted.
        ("/status/phase", json!("Pending"), 3),
        ("/status/phase", json!("Succeeded"), 5),
        ("/status/conditions", json!([]), 3),
        ("/status/startTime", Value::Null, 3),
        // It never became ready: the change came within 30 s of the start.
        ("/status/conditions", condition("False", 8_971), 3),
        // It lost its readiness later.
        ("/status/conditions", condition("False", 8_970), 5),
        ("/status/conditions", condition("False", 10), 5),
        // Nobody knows.
        ("/status/conditions", condition("Unknown", 8_990), 5),
    ] {
        let mut world = World::new(0, json!([cpu(100)])).with_pods(with(place, value.clone())).uses(usage);
        world.scale().spec_replicas = 3;
        assert_eq!(world.asks(), Ok(expected), "{place} {value}");
    }
}

/// Whoever is ignored has no say at all, and whoever is not up yet counts as idle only while the others use too much.
#[test]
fn samples_that_do_not_count() {
    let with = |place: &str, value: Value| vec![pod("a"), pod("b"), pod_with("c", place, value)];
    let failed = || with("/status/phase", json!("Failed"));
    let pending = || with("/status/phase", json!("Pending"));
    check(&[
        (3, 100, failed(), &[("a", 150), ("b", 150), ("c", 900)], 3),
        (3, 100, failed(), &[("a", 100), ("b", 100), ("c", 900)], 3),
        (
            3,
            100,
            with("/metadata/deletionTimestamp", json!(ago(1))),
            &[("a", 200), ("b", 200), ("c", 900)],
            4,
        ),
        // 106 % of all three; 160 % of two would ask for 4.
        (3, 100, pending(), &[("a", 160), ("b", 160), ("c", 900)], 3),
        // At the target, and below it, nothing is assumed: 66 % and 63 % of three would ask for 2.
        (3, 100, pending(), &[("a", 100), ("b", 100)], 3),
        (3, 100, pending(), &[("a", 95), ("b", 95)], 3),
    ]);
}

/// The periods are those of the flags: with 120 s in place of 300 one that is not ready after 299 s counts.
#[test]
fn periods_of_the_flags() {
    for (initialization_s, expected) in [(300, 3), (120, 5)] {
        let mut late = pod_with("c", "/status/startTime", json!(ago(299)));
        late["status"]["conditions"] =
            json!([{"type": "Ready", "status": "False", "lastTransitionTime": ago(100)}]);
        let pods = vec![pod("a"), pod("b"), late];
        let mut world =
            World::new(0, json!([cpu(100)])).with_pods(pods).uses(&[("a", 150), ("b", 150), ("c", 150)]);
        world.scale().spec_replicas = 3;
        world.config.cpu_initialization_period_s = initialization_s;
        assert_eq!(world.asks(), Ok(expected), "{initialization_s} s");
    }
}

#[test]
fn pods_that_are_initialising() {
    // Started so long ago, ready since so long, and whether it counts; samples are of the last 30 s.
    for (started, status, changed, counts) in [
        (299, "True", 100, true),
        (299, "False", 100, false),
        // No whole window since it became ready.
        (299, "True", 29, false),
        (299, "True", 30, true),
        // The period is over: readiness that was lost does not matter.
        (300, "False", 100, true),
        (300, "True", 1, true),
    ] {
        let mut late = pod_with("c", "/status/startTime", json!(ago(started)));
        late["status"]["conditions"] =
            json!([{"type": "Ready", "status": status, "lastTransitionTime": ago(changed)}]);
        let pods = vec![pod("a"), pod("b"), late];
        let mut world =
            World::new(0, json!([cpu(100)])).with_pods(pods).uses(&[("a", 150), ("b", 150), ("c", 150)]);
        world.scale().spec_replicas = 3;
        assert_eq!(world.asks(), Ok(if counts { 5 } else { 3 }), "{started} {status} {changed}");
    }
}

#[test]
fn requests_that_are_missing() {
    let container = |name: &str, requests: Value| json!({"name": name, "resources": {"requests": requests}});
    let prefix = "failed to compute desired number of replicas based on listed metrics for Deployment/ns/web: invalid metrics \
                  (1 invalid out of 1), first error is: failed to get cpu resource metric value: failed to get cpu utilization: ";
    let cpu_100 = || json!({"cpu": "100m"});
    for (place, value, expected) in [
        (
            "/spec/containers",
            json!([container("x", json!({}))]),
            Err("missing request for cpu in container x of Pod b"),
        ),
        // Also of a pod that is ignored.
        ("/status/phase", json!("Failed"), Ok(2)),
        // The sidecar counts, the init container does not: 300 used of 100 and 150.
        (
            "/spec/initContainers",
            json!([{"name": "s", "restartPolicy": "Always", "resources": {"requests": {"cpu": "50m"}}}, container("i", json!({}))]),
            Ok(3),
        ),
        // The pod as a whole goes first.
        ("/spec/resources", json!({"requests": {"cpu": "500m"}}), Ok(1)),
        // It requests memory alone: the containers' CPU then.
        ("/spec/resources", json!({"requests": {"memory": "1Gi"}}), Ok(3)),
        ("/spec/containers", json!([container("x", cpu_100()), container("y", cpu_100())]), Ok(2)),
    ] {
        let pods = vec![pod("a"), pod_with("b", place, value.clone())];
        let mut world = World::new(0, json!([cpu(100)])).with_pods(pods).uses(&[("a", 150), ("b", 150)]);
        world.scale().spec_replicas = 2;
        let expected = expected.map_err(|text: &str| format!("{prefix}{text}"));
        assert_eq!(world.asks(), expected, "{place} {value}");
    }
}

#[test]
fn what_a_pod_requests_as_a_whole() {
    let mut odd = pod_with("a", "/spec/resources", json!({"requests": {"memory": "1Gi"}}));
    odd["spec"]["initContainers"] = json!([
        {"name": "s", "restartPolicy": "Always", "resources": {"requests": {"cpu": "50m"}}},
        {"name": "i", "resources": {"requests": {"cpu": "300m"}}},
    ]);
    odd["spec"]["overhead"] = json!({"cpu": "50m"});
    // The init container beside the sidecar needs 350, more than both containers; 400 with the overhead.
    let mut world = World::new(1, json!([cpu(100)])).with_pods(vec![odd]).uses(&[("a", 400)]);
    world.pass();
    assert_eq!(
        world.found()[0]["resource"]["current"],
        json!({"averageUtilization": 100, "averageValue": "400m"})
    );
    // Rounded up to whole thousandths; amounts may be written as numbers.
    for (request, used, percent) in [(json!("1500u"), 4, 200), (json!(1), 500, 50), (json!("1"), 500, 50)] {
        let whole = pod_with("a", "/spec/resources", json!({"requests": {"cpu": request}}));
        let mut world = World::new(1, json!([cpu(100)])).with_pods(vec![whole]).uses(&[("a", used)]);
        world.pass();
        assert_eq!(world.found()[0]["resource"]["current"]["averageUtilization"], percent, "{request}");
    }
}

#[test]
fn one_container() {
    let metric = |container: &str| {
        json!([{"type": "ContainerResource", "containerResource": {"name": "cpu", "container": container,
        "target": {"type": "Utilization", "averageUtilization": 100}}}])
    };
    assert_eq!(World::new(2, metric("app")).all_use(200).asks(), Ok(4));
    // A container that no sample has is told of before anybody looks for it in the pods.
    let error = World::new(2, metric("none")).all_use(200).asks().unwrap_err();
    assert!(error.ends_with("failed to get none container metric value: failed to get cpu utilization: did not receive metrics for targeted pods (pods might be unready)"), "{error}");
    let mut world = World::new(1, metric("side")).uses(&[("p0", 100)]);
    if let Ok(list) = &mut world.metrics.resource {
        list[0].containers[0].name = "side".into();
    }
    let error = world.asks().unwrap_err();
    assert!(error.ends_with("container side not found in Pod p0"), "{error}");
}

#[test]
fn an_amount_per_pod() {
    let each = |values: &[(&str, &str)]| World::new(3, json!([load("Pods", average("10"))])).each(values);
    assert_eq!(each(&[("p0", "20"), ("p1", "20"), ("p2", "20")]).asks(), Ok(6));
    assert_eq!(each(&[("p0", "11"), ("p1", "11"), ("p2", "11")]).asks(), Ok(3));
    // Missing: exactly the target, or nothing.
    assert_eq!(each(&[("p0", "2"), ("p1", "2")]).asks(), Ok(2));
    assert_eq!(each(&[("p0", "40"), ("p1", "40")]).asks(), Ok(8));
    // Readiness is the CPU's alone.
    let unready = pod_with("p2", "/status/conditions", json!([]));
    let mut world = each(&[("p0", "20"), ("p1", "20"), ("p2", "20")]);
    world.pods[2] = unready;
    assert_eq!(world.asks(), Ok(6));
    let error = each(&[]).asks().unwrap_err();
    assert!(error.ends_with("failed to get pods metric value: unable to get metric load: no metrics returned from custom metrics API"), "{error}");
}

#[test]
fn a_total() {
    let world = |value: &str| World::new(4, json!([load("Object", total("10"))])).object(value);
    assert_eq!(world("20").asks(), Ok(8));
    assert_eq!(world("11").asks(), Ok(4));
    assert_eq!(world("-20").asks(), Ok(0));
    // Shared among those that run and are ready, one that is being deleted among them.
    let mut some = world("20");
    some.pods[0] = pod_with("p0", "/status/phase", json!("Pending"));
    some.pods[1] = pod_with("p1", "/metadata/deletionTimestamp", json!(ago(5)));
    assert_eq!(some.asks(), Ok(6));
    let mut some = world("20");
    some.pods[0] = pod_with("p0", "/status/conditions", json!([{"type": "Ready", "status": "False"}]));
    assert_eq!(some.asks(), Ok(6));
    // Within the tolerance nobody looks for pods, beyond it there must be some.
    assert_eq!(world("11").with_pods(Vec::new()).asks(), Ok(4));
    let error = world("20").with_pods(Vec::new()).asks().unwrap_err();
    assert!(error.ends_with("failed to get object metric value: unable to calculate ready pods: no pods returned by selector while calculating replica count"), "{error}");
    // It stops at the largest number.
    let huge = World::new(4, json!([load("External", total("1m"))])).series(&["9223372036854775807m", "1"]);
    assert_eq!(huge.asks(), Ok(i32::MAX));
    for (series, expected) in [
        ([i64::MAX, 7], i64::MAX),
        ([i64::MAX, -7], i64::MAX - 7),
        ([i64::MAX, i64::MIN], -1),
        ([5_000_000_000, 5_000_000_000], 10_000_000_000),
    ] {
        assert_eq!(sum(&series), expected, "{series:?}");
    }
}

#[test]
fn a_total_to_be_shared() {
    let world = |values: &[&str]| {
        let mut world = World::new(4, json!([load("External", average("10"))])).series(values);
        // The pods that there are, not those that are asked for.
        world.scale().status_replicas = 2;
        world
    };
    assert_eq!(world(&["30"]).asks(), Ok(3));
    assert_eq!(world(&["15", "30"]).asks(), Ok(5));
    assert_eq!(world(&["21"]).asks(), Ok(2));
    let mut two = world(&["30"]);
    two.pass();
    assert_eq!(two.found()[0]["external"]["current"]["averageValue"], "15");
    // A sum below 0 is taken for one that is too large.
    assert_eq!(world(&["-1", "30"]).asks(), Ok(i32::MAX));
    let mut none = world(&["30"]);
    none.scale().status_replicas = 0;
    none.pass();
    assert_eq!(none.found()[0]["external"]["current"]["averageValue"], "-9223372036854775808m");
    // Of an object it is not stopped: it turns into the least number, which is taken for none at all.
    let object = World::new(4, json!([load("Object", average("1m"))])).object("3e15");
    assert_eq!(object.asks(), Ok(0));
}

#[test]
fn how_what_was_found_is_told() {
    let memory = json!([{"type": "Resource", "resource": {"name": "memory", "target": average("1Gi")}}]);
    for (amount, told) in
        [("50Mi", "50Mi"), ("1000", "1k"), ("10835285333m", "10835285333m"), ("1500", "1500")]
    {
        let mut world = World::new(1, memory.clone()).all_use(1);
        if let Ok(list) = &mut world.metrics.resource {
            list[0].containers[0].usage = [("memory".into(), super::quantity(amount))].into();
        }
        world.pass();
        assert_eq!(world.found()[0]["resource"]["current"]["averageValue"], told);
    }
    for (amount, told) in [("1500m", "1500m"), ("2000m", "2"), ("3000000", "3M")] {
        let mut world = World::new(1, json!([load("External", total("1"))])).series(&[amount]);
        world.pass();
        assert_eq!(world.found()[0]["external"]["current"]["value"], told);
    }
}
