//! States as few bytes, and bytes as a number.

use super::state::{Pod, Row, SETS, SetEvent, SetVersion, State, View};

/// Bits of the second byte: which cached ReplicaSets are the stored ones, who waits for creations, and the rest.
const CREATIONS: usize = SETS;
const RESIZED: u8 = 1 << 6;
const BROKEN: u8 = 1 << 7;

fn put(bytes: &mut Vec<u8>, number: u16) {
    bytes.extend_from_slice(&number.to_le_bytes());
}

fn put_version(bytes: &mut Vec<u8>, version: SetVersion) {
    put(bytes, version.content);
    if version.content != 0 {
        bytes.extend_from_slice(&[version.generation, version.observed]);
    }
}

fn view(bits: u8) -> View {
    match bits & 7 {
        0 => View::Absent,
        1 => View::Pending,
        2 => View::Ready,
        3 => View::Unready,
        _ => View::Terminating,
    }
}

/// Takes packed states up one after the other.
pub(super) struct Unpack<'a> {
    bytes: &'a [u8],
}

impl<'a> Unpack<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Unpack { bytes }
    }

    fn byte(&mut self) -> u8 {
        let (first, rest) = self.bytes.split_first().expect("whole states are packed");
        self.bytes = rest;
        *first
    }

    fn number(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    fn version(&mut self) -> SetVersion {
        match self.number() {
            0 => SetVersion::default(),
            content => SetVersion { content, generation: self.byte(), observed: self.byte() },
        }
    }

    fn row<T: Copy + Default, const N: usize>(
        &mut self,
        len: u8,
        item: impl Fn(&mut Self) -> T,
    ) -> Row<T, N> {
        let mut row = Row::default();
        let fits = (0..len).all(|_| row.push(item(self)));
        debug_assert!(fits, "it came from such a row");
        row
    }

    fn state(&mut self) -> State {
        let (queued, flags) = (self.byte(), self.byte());
        let mut state = State {
            queued,
            is_resized: flags & RESIZED != 0,
            edits: self.byte(),
            faults: self.byte(),
            ..State::default()
        };
        if flags & BROKEN != 0 {
            state.broken = self.number();
        }
        let lens = [self.byte(), self.byte(), self.byte(), self.byte()];
        (state.deployment, state.cached_deployment) = (self.number(), self.number());
        for at in 0..SETS {
            state.sets[at] = self.version();
            state.cached_sets[at] = if flags & (1 << at) != 0 { state.sets[at] } else { self.version() };
            if flags & (1 << (CREATIONS + at)) != 0 {
                state.creations[at] = self.byte();
            }
        }
        state.pods = self.row(lens[0], |bytes| {
            let (views, other) = (bytes.byte(), bytes.byte());
            Pod { set: other >> 1, cached: view(views), stored: view(views >> 3), doomed: other & 1 != 0 }
        });
        state.deployment_events = self.row(lens[1], Self::number);
        state.set_events = self.row(lens[2], |bytes| {
            let other = bytes.byte();
            SetEvent { set: other >> 1, is_own: other & 1 != 0, version: bytes.version() }
        });
        state.pod_events = self.row(lens[3], |bytes| {
            let other = bytes.byte();
            (other >> 3, view(other))
        });
        state
    }
}

impl Iterator for Unpack<'_> {
    type Item = State;
    fn next(&mut self) -> Option<State> {
        if self.bytes.is_empty() { None } else { Some(self.state()) }
    }
}

impl State {
    /// Appends the state; other states have other bytes.
    pub(super) fn pack(&self, bytes: &mut Vec<u8>) {
        let same = |at: &usize| self.sets[*at] == self.cached_sets[*at];
        let mut flags: u8 = (0..SETS).filter(same).map(|at| 1 << at).sum();
        flags |= (0..SETS).filter(|at| self.creations[*at] != 0).map(|at| 1 << (CREATIONS + at)).sum::<u8>();
        flags |= if self.is_resized { RESIZED } else { 0 } | if self.broken != 0 { BROKEN } else { 0 };
        bytes.extend_from_slice(&[self.queued, flags, self.edits, self.faults]);
        if self.broken != 0 {
            put(bytes, self.broken);
        }
        let lens =
            [self.pods.len(), self.deployment_events.len(), self.set_events.len(), self.pod_events.len()];
        bytes.extend_from_slice(&lens.map(|len| len as u8));
        put(bytes, self.deployment);
        put(bytes, self.cached_deployment);
        for at in 0..SETS {
            put_version(bytes, self.sets[at]);
            if !same(&at) {
                put_version(bytes, self.cached_sets[at]);
            }
            if self.creations[at] != 0 {
                bytes.push(self.creations[at]);
            }
        }
        for pod in self.pods.iter() {
            bytes.push(pod.cached as u8 | (pod.stored as u8) << 3);
            bytes.push(pod.set << 1 | u8::from(pod.doomed));
        }
        for number in self.deployment_events.iter() {
            put(bytes, *number);
        }
        for event in self.set_events.iter() {
            bytes.push(event.set << 1 | u8::from(event.is_own));
            put_version(bytes, event.version);
        }
        bytes.extend(self.pod_events.iter().map(|(pod, view)| pod << 3 | *view as u8));
    }
}

/// A number for a packed state, never 0. Two of a hundred million states have the same one with a chance of 1 to 3,700.
pub(super) fn fingerprint(bytes: &[u8]) -> u64 {
    let mix = |a: u64, b: u64| {
        let product = u128::from(a) * u128::from(b);
        product as u64 ^ (product >> 64) as u64
    };
    let mut hash = 0x2d35_8dcc_aa6c_78a5 ^ bytes.len() as u64;
    for chunk in bytes.chunks(8) {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        hash = mix(hash ^ u64::from_le_bytes(word), 0x9e37_79b9_7f4a_7c15);
    }
    mix(hash ^ 0x8bb8_4b93_962e_acc9, 0xd6e8_feb8_6659_fd93).max(1)
}
