//! What adopting means for both controllers: the reference that is written, and the live read that comes first.

use smol_str::format_smolstr;

use super::{ApiError, LiveOwner};
use crate::api::{Identity, ObjectMeta, OwnerReference, Str, Time};
use crate::zoo::{Mutant, active};

/// The managing reference to `owner`. Both controllers block the foreground deletion of the owner, so that it
/// does not vanish before what it made.
pub(crate) fn controller_reference(owner: &ObjectMeta, kind: &'static str) -> OwnerReference {
    OwnerReference {
        api_version: Str::new_static("apps/v1"),
        kind: Str::new_static(kind),
        name: owner.name.clone(),
        uid: owner.uid.clone(),
        controller: Some(true),
        block_owner_deletion: Some(true),
    }
}

/// Whether the object that the caches show may still adopt, by a live read: a stale cache must not let an owner
/// that is gone, replaced or being deleted take orphans which the garbage collector would then delete.
pub(crate) fn may_adopt(
    owner: &ObjectMeta,
    kind: &str,
    live: Result<LiveOwner, ApiError>,
) -> Result<(), Str> {
    let Identity { namespace, name, uid, .. } = &*owner.identity;
    match live {
        Err(error) => Err(format_smolstr!("can't recheck DeletionTimestamp: {error}")),
        Ok(live) if live.uid != *uid => Err(format_smolstr!(
            "can't recheck DeletionTimestamp: original {kind} {namespace}/{name} is gone: got uid {}, wanted uid {uid}",
            live.uid
        )),
        Ok(LiveOwner { deletion_timestamp: Some(at), .. }) if !active(Mutant::AdoptWhileDying) => {
            Err(format_smolstr!("{namespace}/{name} has just been deleted at {}", go_time(at)))
        }
        Ok(_) => Ok(()),
    }
}

/// As Go prints a `time.Time`.
fn go_time(at: Time) -> String {
    at.to_string().replace('T', " ").replace('Z', " +0000 UTC")
}

/// One error for all that went wrong: itself if there is one text, `[e1, e2]` if there are several.
pub(crate) fn aggregate(errors: &[Str]) -> Str {
    let mut distinct: Vec<&str> = Vec::with_capacity(errors.len());
    for error in errors {
        if !distinct.contains(&error.as_str()) {
            distinct.push(error);
        }
    }
    match distinct[..] {
        [only] => only.into(),
        _ => format_smolstr!("[{}]", distinct.join(", ")),
    }
}
