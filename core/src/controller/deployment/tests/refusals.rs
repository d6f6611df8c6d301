//! Requests that the API server refuses, and what a pass makes of each answer.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{Lookup, deployment, now, rs, set, with};
use crate::api::{Deployment, KubernetesVersion, OwnerReference, ReplicaSet, Str};
use crate::controller::decide::ListedLookup;
use crate::controller::deployment::{self as controller, DeploymentApi, DeploymentEvent, DeploymentView};
use crate::controller::{ApiError, ApiErrorKind, LiveOwner, SyncError};

/// Refuses requests of that name with that kind of answer, and takes all others.
struct Refusing {
    request: &'static str,
    kind: ApiErrorKind,
    told: Vec<String>,
}

impl Refusing {
    fn answer(&mut self, request: &'static str, name: &str) -> Result<(), ApiError> {
        self.told.push(format!("{request} {name}"));
        if request == self.request { Err(ApiError::new(self.kind, "refused")) } else { Ok(()) }
    }
}

impl DeploymentApi for Refusing {
    fn get_deployment(&mut self) -> Result<LiveOwner, ApiError> {
        self.answer("get", "web")?;
        Ok(LiveOwner { uid: "d".into(), deletion_timestamp: None })
    }

    fn adopt_replica_set(&mut self, rs: &Arc<ReplicaSet>, _: &OwnerReference) -> Result<(), ApiError> {
        self.answer("adopt", &rs.meta.name)
    }

    fn release_replica_set(&mut self, rs: &Arc<ReplicaSet>, _: &Str) -> Result<(), ApiError> {
        self.answer("release", &rs.meta.name)
    }

    fn create_replica_set(&mut self, rs: ReplicaSet) -> Result<Arc<ReplicaSet>, ApiError> {
        self.answer("create", &rs.meta.name)?;
        Ok(Arc::new(rs))
    }

    fn update_replica_set(&mut self, rs: ReplicaSet) -> Result<Arc<ReplicaSet>, ApiError> {
        self.answer("update", &rs.meta.name)?;
        Ok(Arc::new(rs))
    }

    fn delete_replica_set(&mut self, rs: &Arc<ReplicaSet>) -> Result<(), ApiError> {
        self.answer("delete", &rs.meta.name)
    }

    fn update_deployment(&mut self, d: Deployment) -> Result<(), ApiError> {
        self.answer("deployment", &d.meta.name)
    }

    fn update_deployment_status(&mut self, d: Deployment) -> Result<(), ApiError> {
        let reasons: Vec<_> = d.status.conditions.iter().map(|c| c.reason.to_string()).collect();
        self.answer("status", &reasons.join(" "))
    }

    fn event(&mut self, event: DeploymentEvent<'_>) {
        self.told.push(event.reason().into());
    }
}

/// What the pass asked for and told, in order, and how it ended.
fn pass(
    d: &Arc<Deployment>,
    replica_sets: &[Value],
    request: &'static str,
    kind: ApiErrorKind,
) -> (Vec<String>, Option<String>) {
    let replica_sets: Vec<_> =
        replica_sets.iter().map(|v| Arc::new(ReplicaSet::from_value(v).unwrap())).collect();
    let lookup = Lookup(ListedLookup { replica_sets: &replica_sets, pods: &[] });
    let version = KubernetesVersion::default();
    let view = DeploymentView { deployment: d, replica_sets: &replica_sets, lookup: &lookup, version };
    let mut api = Refusing { request, kind, told: Vec::new() };
    let outcome = controller::sync(&view, now(), &mut api);
    (api.told, outcome.err().map(|error| error.to_string()))
}

fn orphan(name: &str, image: &str) -> Value {
    with(rs(name, image, 1, 0, 0, None), "/metadata/ownerReferences", json!([]))
}

/// An orphan that is gone by the time of its adoption is nobody's loss; any other answer fails the pass before it does
/// anything else.
#[test]
fn adoptions() {
    let d = deployment(2, json!(1), json!(0), |_| {});
    let sets = [rs("new", "v2", 2, 2, 2, Some((2, 3))), orphan("old", "v1")];
    let (told, error) = pass(&d, &sets, "adopt", ApiErrorKind::NotFound);
    assert_eq!((&told[..2], error), (&["get web".to_owned(), "adopt old".to_owned()][..], None));
    assert!(told.len() > 2, "it goes on: {told:?}");
    for kind in [ApiErrorKind::Invalid, ApiErrorKind::Conflict, ApiErrorKind::Internal] {
        let (told, error) = pass(&d, &sets, "adopt", kind);
        assert_eq!((told.len(), error.as_deref()), (2, Some("refused")), "{kind:?}");
    }
}

/// One that is being deleted adopts nothing, and does not even ask.
#[test]
fn nothing_is_adopted_while_dying() {
    let d = deployment(2, json!(1), json!(0), |d| {
        set(d, "/metadata/deletionTimestamp", json!("1970-01-01T00:00:01Z"))
    });
    let (told, error) = pass(&d, &[orphan("old", "v1")], "adopt", ApiErrorKind::NotFound);
    assert_eq!((told.iter().filter(|told| told.starts_with("adopt")).count(), error), (0, None), "{told:?}");
}

#[test]
fn releases() {
    let d = deployment(2, json!(1), json!(0), |_| {});
    let stranger = with(rs("old", "v1", 1, 0, 0, None), "/metadata/labels", json!({"app": "other"}));
    let sets = [rs("new", "v2", 2, 2, 2, Some((2, 3))), stranger];
    for (kind, fails) in [
        (ApiErrorKind::NotFound, false),
        (ApiErrorKind::Invalid, false),
        (ApiErrorKind::Conflict, true),
        (ApiErrorKind::Internal, true),
    ] {
        let (told, error) = pass(&d, &sets, "release", kind);
        assert_eq!(
            (told[0].as_str(), told.len() > 1, error.is_some()),
            ("release old", !fails, fails),
            "{kind:?}"
        );
    }
}

/// History that somebody else has removed is no error, and the next one is still removed.
#[test]
fn deletions() {
    let d = deployment(2, json!(1), json!(0), |d| {
        set(d, "/spec/revisionHistoryLimit", json!(0));
        d["status"] =
            json!({"observedGeneration": 1, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2});
    });
    let sets =
        [rs("a", "v0", 1, 0, 0, None), rs("b", "v1", 2, 0, 0, None), rs("new", "v2", 3, 2, 2, Some((2, 3)))];
    let deleted = |told: &[String]| told.iter().filter(|told| told.starts_with("delete")).count();
    let (told, error) = pass(&d, &sets, "delete", ApiErrorKind::NotFound);
    assert_eq!((deleted(&told), error), (2, None), "{told:?}");
    for kind in [ApiErrorKind::Conflict, ApiErrorKind::Internal] {
        let (told, error) = pass(&d, &sets, "delete", kind);
        assert_eq!((deleted(&told), error.as_deref()), (1, Some("refused")), "{kind:?}");
    }
}

/// A refused creation is told in an event and, with a deadline, in a condition; not so where the namespace is going.
#[test]
fn creations() {
    let d = deployment(2, json!(1), json!(0), |d| set(d, "/spec/progressDeadlineSeconds", json!(600)));
    let (told, error) = pass(&d, &[], "create", ApiErrorKind::Forbidden);
    assert_eq!(told, ["create web-hash", "status ReplicaSetCreateError", "ReplicaSetCreateError"]);
    assert_eq!(error.as_deref(), Some("refused"));
    let (told, error) = pass(&d, &[], "create", ApiErrorKind::NamespaceTerminating);
    assert_eq!((told, error.as_deref()), (vec!["create web-hash".to_owned()], Some("refused")));
}

/// A key of a namespace that is going is forgotten; after any other refusal it is tried again.
#[test]
fn a_namespace_that_is_going() {
    for (kind, forgets) in [(ApiErrorKind::NamespaceTerminating, true), (ApiErrorKind::Forbidden, false)] {
        let error = SyncError::from(ApiError::new(kind, "refused"));
        assert_eq!((error.message.as_str(), error.namespace_terminating), ("refused", forgets), "{kind:?}");
    }
}
