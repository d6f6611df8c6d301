//! A controller's work queue: a key is in it at most once; delayed keys wait for their earliest time.

use std::collections::VecDeque;

use super::waiting::Waiting;
use crate::api::Time;
use crate::sim::{MS, SECOND};

/// A token bucket in integer arithmetic: `burst` at once, then one every `interval` nanoseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenBucket {
    interval: i64,
    burst: i64,
    /// When the bucket would be empty of debts.
    next: Time,
}

impl TokenBucket {
    pub(crate) fn new(interval: i64, burst: i64) -> Self {
        TokenBucket { interval, burst, next: Time::EPOCH }
    }

    /// Takes a token; answers how long to wait for it, ns.
    pub(crate) fn take(&mut self, now: Time) -> i64 {
        self.next = self.next.max(now);
        let wait = self.next.since(now) - (self.burst - 1) * self.interval;
        self.next = self.next.plus_nanos(self.interval);
        wait.max(0)
    }
}

#[derive(Clone, Copy, Default, Debug)]
struct Key {
    queued: bool,
    processing: bool,
    again: bool,
    failures: u32,
}

/// The queue of one controller. Keys are dense indices of objects.
#[derive(Debug)]
pub(crate) struct WorkQueue {
    ready: VecDeque<u32>,
    keys: Vec<Key>,
    waiting: Waiting,
    bucket: TokenBucket,
}

impl WorkQueue {
    pub(crate) fn new() -> Self {
        WorkQueue {
            ready: VecDeque::new(),
            keys: Vec::new(),
            waiting: Waiting::default(),
            bucket: TokenBucket::new(SECOND / 10, 100),
        }
    }

    /// The state of a key; one never seen before is as one that was forgotten.
    fn key(&mut self, key: u32) -> &mut Key {
        let at = key as usize;
        if self.keys.len() <= at {
            self.keys.resize(at + 1, Key::default());
        }
        &mut self.keys[at]
    }

    pub(crate) fn add(&mut self, key: u32) {
        let state = self.key(key);
        if state.processing {
            state.again = true;
        } else if !state.queued {
            state.queued = true;
            self.ready.push_back(key);
        }
    }

    /// Takes the next key; it is being processed until [`Self::done`].
    pub(crate) fn take(&mut self) -> Option<u32> {
        let key = self.ready.pop_front()?;
        let state = self.key(key);
        (state.queued, state.processing) = (false, true);
        Some(key)
    }

    pub(crate) fn done(&mut self, key: u32) {
        let state = self.key(key);
        state.processing = false;
        if std::mem::take(&mut state.again) {
            self.add(key);
        }
    }

    /// Adds the key at `at`, or earlier if it waits for an earlier time already.
    pub(crate) fn add_at(&mut self, key: u32, at: Time, now: Time) {
        if at <= now {
            self.add(key);
        } else {
            self.waiting.insert(key, at);
        }
    }

    /// When the first of the waiting keys is due.
    pub(crate) fn next_at(&self) -> Option<Time> {
        self.waiting.next_at()
    }

    /// Adds the keys that are due; answers how many.
    pub(crate) fn add_due(&mut self, now: Time) -> u64 {
        let mut due = 0;
        while let Some(key) = self.waiting.pop_due(now) {
            self.add(key);
            due += 1;
        }
        due
    }

    /// When a failed key is to be tried again.
    pub(crate) fn rate_limited(&mut self, key: u32, now: Time) -> Time {
        let state = self.key(key);
        let backoff = (5 * MS).saturating_mul(1_i64 << state.failures.min(40)).min(1000 * SECOND);
        state.failures += 1;
        now.plus_nanos(backoff.max(self.bucket.take(now)))
    }

    /// When the key will be worked on if nothing else happens.
    pub(crate) fn wake(&self, key: u32) -> super::journal::Wake {
        super::journal::Wake {
            queued: self.keys.get(key as usize).is_some_and(|state| state.queued || state.processing),
            timer: self.waiting.until(key),
            failures: self.failures(key),
        }
    }

    pub(crate) fn failures(&self, key: u32) -> u32 {
        self.keys.get(key as usize).map_or(0, |state| state.failures)
    }

    pub(crate) fn forget(&mut self, key: u32) {
        self.key(key).failures = 0;
    }
}
