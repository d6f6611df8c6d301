//! Mode `run`: what breaks at a step. Requests of the controllers fail (`apiErrors`), watch events of one kind of objects are
//! late (`watchDelay`), or their watch is lost (`watchLost`).

use serde_json::{Map, Value};

use crate::cluster::{ApiFault, Fault, Watched, Write, of_word};
use crate::scenario::{bad, fields};
use crate::sim::MS;

/// A number of requests, or of ms.
fn count<T: TryFrom<u64>>(fields: &Map<String, Value>, key: &str) -> Result<Option<T>, String> {
    let Some(value) = fields.get(key) else { return Ok(None) };
    let n = value.as_u64().and_then(|n| T::try_from(n).ok());
    Ok(Some(n.ok_or_else(|| bad(key, value))?))
}

/// One of a closed set, by its name.
fn named<T: Copy>(
    fields: &Map<String, Value>,
    key: &str,
    (all, word): (&[T], fn(T) -> &'static str),
) -> Result<T, String> {
    let value = fields.get(key).unwrap_or(&Value::Null);
    let found = value.as_str().and_then(|text| of_word(all, word, text));
    found.ok_or_else(|| bad(key, value))
}

/// `apiErrors` of a step: after `afterRequests` (0) further writes of the kind `of`, so many `requests` of that kind fail,
/// with `error`. The words are those of [`Write`] and [`ApiFault`].
///
/// # Errors
/// An unknown field or word, or no number of requests.
pub(super) fn api_errors(value: &Value) -> Result<Fault, String> {
    let fields = fields(value, &["of", "afterRequests", "requests", "error"])?;
    let requests = count(fields, "requests")?;
    Ok(Fault::ApiErrors {
        of: Some(named(fields, "of", (&Write::ALL, Write::word))?),
        after_requests: count(fields, "afterRequests")?.unwrap_or(0),
        requests: requests.ok_or_else(|| bad("requests", &Value::Null))?,
        error: named(fields, "error", (&ApiFault::ALL, ApiFault::word))?,
    })
}

/// `watchDelay` of a step: for `forMs` (ever after, if absent), what is written to objects of the kind `of` reaches the
/// caches `delayMs` later, and not before what was written to them earlier.
///
/// # Errors
/// An unknown field or word, or no delay.
pub(super) fn watch_delay(value: &Value) -> Result<Fault, String> {
    let fields = fields(value, &["of", "delayMs", "forMs"])?;
    let ns = |ms: u32| i64::from(ms) * MS;
    let delay = count(fields, "delayMs")?.ok_or_else(|| bad("delayMs", &Value::Null))?;
    Ok(Fault::WatchDelay {
        of: Some(named(fields, "of", (&Watched::ALL, Watched::word))?),
        delay_ns: ns(delay),
        for_ns: count(fields, "forMs")?.map_or(i64::MAX, ns),
    })
}

/// Least `forMs` of a lost watch: client-go's reflector waits for 0.8 to 1.6 s, at random, before it lists anew, and longer for
/// the next time within two minutes, so that a rollout loses the watch of a kind only once.
pub const LOST_MS_MIN: u32 = 2_000;

/// `watchLost` of a step: the watch of the kind `of` ends with `410 Expired`, and all objects of the kind are listed `forMs`
/// later.
///
/// # Errors
/// An unknown field or word, or no time of at least [`LOST_MS_MIN`].
pub(super) fn watch_lost(value: &Value) -> Result<Fault, String> {
    let fields = fields(value, &["of", "forMs"])?;
    let lost_ms: Option<u32> = count(fields, "forMs")?.filter(|ms| *ms >= LOST_MS_MIN);
    let lost_ms = lost_ms.ok_or_else(|| bad("forMs", fields.get("forMs").unwrap_or(&Value::Null)))?;
    Ok(Fault::WatchLost {
        of: named(fields, "of", (&Watched::ALL, Watched::word))?,
        for_ns: i64::from(lost_ms) * MS,
    })
}
