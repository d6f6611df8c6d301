//! Which pods go first (replicaset.md §7).

use std::cmp::Ordering;

use serde_json::json;

use super::super::PodsView;
use super::super::listed::related_by_node;
use super::super::ranking::{RankKey, age_bucket, compare, deletion_cost, phase_class, sort};
use super::*;
use crate::api::{PodPhase, StringMap, annotation};

fn key(uid: &'static str) -> RankKey<&'static str> {
    RankKey {
        assigned: true,
        phase: 2,
        ready: true,
        cost: 0,
        rank: 1,
        ready_since: Some(Time::EPOCH),
        restarts: 0,
        sidecar_restarts: 0,
        created: Some(Time::EPOCH),
        uid,
    }
}

#[test]
fn each_rule_decides_before_those_below_it() {
    let since = |s: i64| Some(Time::EPOCH.plus_seconds(s));
    // Each row: what makes a pod go first, against one that every later rule would send first.
    type Edit = fn(&mut RankKey<&'static str>);
    let rules: [(&str, Edit); 7] = [
        ("unassigned", |k| k.assigned = false),
        ("phase", |k| k.phase = 0),
        ("not ready", |k| k.ready = false),
        ("cost", |k| k.cost = -1),
        ("rank", |k| k.rank = 9),
        ("ready time", |k| k.ready_since = Some(Time::EPOCH.plus_seconds(999))),
        ("restarts", |k| k.restarts = 3),
    ];
    for (i, (what, edit)) in rules.iter().enumerate() {
        let (mut first, mut second) = (key("b"), key("a"));
        edit(&mut first);
        for (_, later) in &rules[i + 1..] {
            later(&mut second);
        }
        second.sidecar_restarts = 9;
        second.created = since(999);
        assert_eq!(compare(&first, &second, now()), Ordering::Less, "{what}");
        assert_eq!(compare(&second, &first, now()), Ordering::Greater, "{what}");
    }
    let mut first = key("b");
    first.sidecar_restarts = 1;
    assert_eq!(compare(&first, &key("a"), now()), Ordering::Less);
    let mut first = key("b");
    first.created = since(999);
    assert_eq!(compare(&first, &key("a"), now()), Ordering::Less);
    assert_eq!(compare(&key("b"), &key("a"), now()), Ordering::Equal, "uids alone decide nothing");
}

#[test]
fn what_is_looked_at_in_a_pod() {
    let sought = pod("a", |p| {
        p["metadata"]["annotations"] = json!({"controller.kubernetes.io/pod-deletion-cost": "-4"});
        p["metadata"]["creationTimestamp"] = at(3).into();
        p["status"] = json!({"phase": "Unknown",
            "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": at(7)}],
            "containerStatuses": [{"name": "c", "restartCount": 2}]});
    });
    let expected = RankKey {
        phase: 1,
        cost: -4,
        rank: 6,
        ready_since: Some(Time::EPOCH.plus_seconds(7)),
        restarts: 2,
        created: Some(Time::EPOCH.plus_seconds(3)),
        ..key("a")
    };
    assert_eq!(RankKey::of(&sought, 6), expected);
    let unbound = pod("b", |p| p["spec"]["nodeName"] = "".into());
    let expected = RankKey { assigned: false, ready: false, ready_since: None, ..key("b") };
    assert_eq!(RankKey::of(&unbound, 1), expected);
}

#[test]
fn ages_are_compared_by_order_of_magnitude() {
    let ready = |uid, since: Option<i64>, restarts| RankKey {
        ready_since: since.map(|s| Time::EPOCH.plus_seconds(s)),
        restarts,
        ..key(uid)
    };
    for (a, b, expected) in [
        // Just ready goes before long ready.
        (ready("b", Some(999), 0), ready("a", Some(0), 0), Ordering::Less),
        // Same bucket (900 s and 800 s): the uid, and that is final although restarts differ.
        (ready("b", Some(100), 9), ready("a", Some(200), 0), Ordering::Greater),
        // Same time: the restarts.
        (ready("b", Some(100), 9), ready("a", Some(100), 0), Ordering::Less),
        // An unset time goes first.
        (ready("b", None, 0), ready("a", Some(999), 9), Ordering::Less),
        (ready("b", None, 0), ready("a", None, 9), Ordering::Greater),
        // The future is one bucket.
        (ready("a", Some(2000), 0), ready("b", Some(3000), 9), Ordering::Less),
    ] {
        assert_eq!(compare(&a, &b, now()), expected, "{a:?} {b:?}");
    }
    for (ns, bucket) in [
        (i64::MIN, -1),
        (0, -1),
        (1, 0),
        (2, 1),
        ((1 << 34) - 1, 33),
        (1 << 34, 34),
        (17_179_869_184, 34),
        (i64::MAX, 62),
    ] {
        assert_eq!(age_bucket(ns), bucket, "{ns}");
    }
}

#[test]
fn phases_and_costs() {
    for (phase, class) in
        [("Running", 2), ("Unknown", 1), ("Pending", 0), ("", 0), ("Weird", 0), ("Failed", 0)]
    {
        assert_eq!(phase_class(&PodPhase::from(phase)), class, "{phase}");
    }
    for (text, cost) in [
        ("0", 0),
        ("7", 7),
        ("-5", -5),
        ("-05", -5),
        ("-0", 0),
        ("2147483647", i32::MAX),
        ("-2147483648", i32::MIN),
        // Not plain numbers, or none of 32 bits.
        ("+5", 0),
        ("007", 0),
        ("00", 0),
        ("", 0),
        ("-", 0),
        ("--5", 0),
        ("-+5", 0),
        (" 5", 0),
        ("5 ", 0),
        ("1_0", 0),
        ("0x1", 0),
        ("１", 0),
        ("2147483648", 0),
        ("-2147483649", 0),
    ] {
        let map: StringMap = [(annotation::POD_DELETION_COST, text)].into_iter().collect();
        assert_eq!(deletion_cost(&map), cost, "{text:?}");
    }
    assert_eq!(deletion_cost(&StringMap::new()), 0);
}

#[test]
fn restarts_count_by_kind_of_container() {
    let pod = pod("a", |p| {
        p["spec"]["initContainers"] = json!([{"name": "side", "restartPolicy": "Always"}, {"name": "init"}, {"name": "later", "restartPolicy": "Always"}]);
        p["status"]["containerStatuses"] =
            json!([{"name": "c", "restartCount": 2}, {"name": "d", "restartCount": 3}]);
        p["status"]["initContainerStatuses"] = json!([{"name": "init", "restartCount": 9}, {"name": "side", "restartCount": 4}, {"name": "gone", "restartCount": 8}]);
    });
    assert_eq!(super::super::ranking::restarts(&pod), (3, 4));
}

#[test]
fn the_relation_is_not_transitive_and_the_sort_is_fixed() {
    // a and c share a ready time, b is of the same bucket: a < b < c by uid, c < a by restarts.
    let at = |s: i64| Some(Time::EPOCH.plus_seconds(s));
    let (a, c) = (key("a"), RankKey { restarts: 5, ..key("c") });
    let b = RankKey { ready_since: at(10), ..key("b") };
    assert_eq!(compare(&a, &b, now()), Ordering::Less);
    assert_eq!(compare(&b, &c, now()), Ordering::Less);
    assert_eq!(compare(&c, &a, now()), Ordering::Less);
    let mut pods = [(a, 'a'), (b, 'b'), (c, 'c')];
    sort(&mut pods, now());
    assert_eq!(pods.map(|(_, name)| name), ['a', 'b', 'c']);
}

#[test]
fn victims_of_a_crowded_node_go_first() {
    let owned = |name: &str, owner: &str| {
        rs(0, |rs| {
            rs["metadata"]["name"] = name.into();
            rs["metadata"]["uid"] = name.into();
            rs["metadata"]["ownerReferences"] =
                json!([{"kind": "Deployment", "name": owner, "uid": owner, "controller": true}]);
            rs["spec"]["selector"] = json!({"matchLabels": {"of": name}});
        })
    };
    let on = |name: &str, of: &str, node: &str, phase: &str| {
        pod(name, |p| {
            p["metadata"]["labels"] = json!({"of": of});
            p["metadata"]["ownerReferences"][0] =
                json!({"kind": "ReplicaSet", "name": of, "uid": of, "controller": true});
            p["spec"]["nodeName"] = node.into();
            p["status"]["phase"] = phase.into();
        })
    };
    let sets = [owned("old", "d"), owned("new", "d"), owned("foreign", "e")];
    let pods = [
        on("a", "old", "n1", "Running"),
        on("b", "old", "n2", "Running"),
        on("c", "new", "n2", "Running"),
        on("d", "new", "n1", "Failed"),
        on("e", "foreign", "n1", "Running"),
        on("f", "foreign", "n1", "Running"),
    ];
    let related = related_by_node(&sets[0], &sets, &pods);
    assert_eq!(related.into_iter().collect::<Vec<_>>(), [("n1", 1), ("n2", 2)]);
    let victims = |n: usize| {
        let mut victims = Vec::new();
        ListedPods::new(&pods, &sets).victims(&sets[0], n, now(), &mut victims);
        victims
    };
    assert_eq!(victims(1), [1], "the one that shares its node with a new pod");
    assert_eq!(victims(2), [0, 1], "all of them: in list order");
    // Without a managing owner there are no relatives, not even oneself.
    let mut alone = ReplicaSet::clone(&sets[0]);
    alone.meta.owner_references = Vec::new().into();
    assert!(related_by_node(&alone, &sets, &pods).is_empty());
}
