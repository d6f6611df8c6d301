//! Expectations and the own-write check (replicaset.md §3).

use super::super::{Expectations, OwnWrites};
use super::*;
use crate::api::KubernetesVersion::{V1_34, V1_37};

#[test]
fn expectations_block_until_observed_or_old() {
    let t = |ms: i64| Time::EPOCH.plus_nanos(ms * 1_000_000);
    let mut e = Expectations::<u32>::default();
    assert!(e.satisfied(t(0)));
    e.creation_observed();
    assert_eq!(e.outstanding(), (0, 0), "without a record nothing is counted");

    e.expect_creations(2, t(0));
    for (ms, satisfied) in [(0, false), (300_000, false), (300_001, true)] {
        assert_eq!(e.satisfied(t(ms)), satisfied, "after {ms} ms");
    }
    e.creation_observed();
    assert!(!e.satisfied(t(1)));
    e.creation_observed();
    e.creation_observed();
    assert_eq!((e.outstanding(), e.satisfied(t(1))), ((-1, 0), true));

    // Distinct keys; each counts once, whether marked, removed or both.
    e.expect_deletions(&[7, 3, 7], t(0));
    assert_eq!((e.outstanding(), e.awaited_deletions()), ((0, 2), &[3, 7][..]));
    e.deletion_observed(7);
    assert_eq!(e.awaited_deletions(), [3]);
    e.deletion_observed(7);
    e.deletion_observed(99);
    assert_eq!((e.outstanding(), e.satisfied(t(1))), ((0, 1), false));
    e.deletion_observed(3);
    assert!(e.satisfied(t(1)));

    // Replaced, not added to.
    e.expect_deletions(&[1], t(0));
    e.expect_creations(1, t(0));
    assert_eq!(e.outstanding(), (1, 0));
    e.clear();
    assert!(e.satisfied(t(0)));
}

#[test]
fn own_writes_must_have_come_back() {
    let mut w = OwnWrites::default();
    assert_eq!(w.check(0, 0, V1_37), Ok(()));
    w.wrote_pod(&"u".into(), 12);
    w.wrote_pod(&"u".into(), 10);
    assert_eq!(
        w.check(11, 99, V1_37).unwrap_err().message,
        "read version: 11 is not as new as written version: 12 for group resource pods"
    );
    assert_eq!(w.uid(), "u", "a failed check keeps the record");
    assert_eq!(w.check(12, 0, V1_37), Ok(()));
    assert_eq!(w.uid(), "", "a passed one drops it");
    w.wrote_replica_set(&"u".into(), 20);
    assert!(w.check(99, 19, V1_37).unwrap_err().message.ends_with("group resource replicasets.apps"));
    // A version that cannot be read never blocks.
    assert_eq!(w.clone().check(0, 0, V1_37), Ok(()));
    // A write for another uid replaces the record.
    w.wrote_pod(&"v".into(), 5);
    assert_eq!(w.check(5, 1, V1_37), Ok(()));
    // Before 1.36 there was no such check.
    w.wrote_pod(&"v".into(), 9);
    assert!(w.clone().check(5, 1, V1_37).is_err());
    assert_eq!(w.check(5, 1, V1_34), Ok(()));
}

#[test]
fn a_pass_remembers_its_writes() {
    let orphan = pod("a", |p| p["metadata"]["ownerReferences"] = json!([]));
    let remembered = |replicas, pods: &[Pod], pods_version, rs_version| {
        let mut memory = Memory::default();
        pass(&rs(replicas, |_| {}), pods, &mut Script::default(), &mut memory).unwrap();
        let mut below = memory.own_writes.clone();
        memory.own_writes.check(pods_version, rs_version, V1_37).is_ok()
            && (pods_version == 1 || below.check(pods_version - 1, rs_version, V1_37).is_err())
    };
    // Nothing written: the cached version of the ReplicaSet.
    assert!(remembered(0, &[], 1, 41));
    // A creation, an adoption; the status write answers 70.
    assert!(remembered(1, &[], 60, 41));
    assert!(remembered(1, &[orphan], 50, 70));
}
