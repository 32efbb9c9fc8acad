//! How numbers, texts, lists and maps are written in a snapshot.
//!
//! A value comes in and its bytes go out, or the reverse. Maps are written in the order of their keys, so
//! that the same state gives the same bytes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

use rustc_hash::{FxBuildHasher, FxHashMap};

use super::{Encode, Reader, Writer, bounded_capacity, bounded_vec};
use crate::ids::Redirects;

/// The number of values that are written at once. No piece ends between them.
const VALUES_AT_ONCE: usize = 1 << 12;

/// Writes values of a fixed length in bytes, many at once.
pub(super) fn write_runs<T, const BYTES: usize>(
    values: &[T],
    bytes_of: impl Fn(&T) -> [u8; BYTES],
    to: &mut Writer<'_>,
) {
    for run in values.chunks(VALUES_AT_ONCE) {
        run.iter().for_each(|value| to.bytes.extend_from_slice(&bytes_of(value)));
        to.end_piece_if_due(run.len() * BYTES);
    }
}

/// Reads `count` values of a fixed length: at each step, all that the present piece has. They may have been
/// written by
/// [`write_runs`] or one by one.
pub(super) fn read_runs<T, const BYTES: usize>(
    count: usize,
    value_of: impl Fn([u8; BYTES]) -> T,
    from: &mut Reader<'_>,
) -> Option<Vec<T>> {
    let mut values = bounded_vec(count);
    while values.len() < count {
        let (bytes, _) = from.read_values(count - values.len(), BYTES)?.as_chunks();
        values.extend(bytes.iter().map(|bytes| value_of(*bytes)));
    }
    Some(values)
}

macro_rules! written_numbers {
    ($($number:ty),*) => {
        $(impl Encode for $number {
            fn write_to(&self, to: &mut Writer<'_>) {
                to.raw(&self.to_le_bytes());
            }

            fn read_from(from: &mut Reader<'_>) -> Option<Self> {
                let bytes = from.raw(size_of::<Self>())?;
                bytes.try_into().ok().map(Self::from_le_bytes)
            }

            fn write_all(values: &[Self], to: &mut Writer<'_>) {
                write_runs(values, |value| value.to_le_bytes(), to);
            }

            fn read_all(count: usize, from: &mut Reader<'_>) -> Option<Vec<Self>> {
                read_runs(count, Self::from_le_bytes, from)
            }
        })*
    };
}

written_numbers!(u8, u16, u32, u64, u128, i32, i64, f64);

impl Encode for bool {
    fn write_to(&self, to: &mut Writer<'_>) {
        u8::from(*self).write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        match u8::read_from(from)? {
            0 => Some(false),
            1 => Some(true),
            _ => None,
        }
    }
}

impl Encode for String {
    fn write_to(&self, to: &mut Writer<'_>) {
        to.blob(self.as_bytes());
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        str::from_utf8(from.blob()?).ok().map(str::to_owned)
    }
}

impl<T: Encode> Encode for Option<T> {
    fn write_to(&self, to: &mut Writer<'_>) {
        T::write_option(self.as_ref(), to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        T::read_option(from)
    }
}

impl<A: Encode, B: Encode> Encode for (A, B) {
    fn write_to(&self, to: &mut Writer<'_>) {
        self.0.write_to(to);
        self.1.write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        Some((A::read_from(from)?, B::read_from(from)?))
    }
}

impl<T: Encode> Encode for Box<T> {
    fn write_to(&self, to: &mut Writer<'_>) {
        (**self).write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        T::read_from(from).map(Box::new)
    }
}

impl<T: Encode> Encode for Arc<T> {
    fn write_to(&self, to: &mut Writer<'_>) {
        (**self).write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        T::read_from(from).map(Arc::new)
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn write_to(&self, to: &mut Writer<'_>) {
        to.count(self.len());
        T::write_all(self, to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let count = from.count()?;
        T::read_all(count, from)
    }
}

impl<T: Encode> Encode for Box<[T]> {
    fn write_to(&self, to: &mut Writer<'_>) {
        to.count(self.len());
        T::write_all(self, to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        Vec::read_from(from).map(Vec::into_boxed_slice)
    }
}

impl<T: Encode> Encode for VecDeque<T> {
    fn write_to(&self, to: &mut Writer<'_>) {
        to.count(self.len());
        self.iter().for_each(|value| value.write_to(to));
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        (0..from.count()?).map(|_| T::read_from(from)).collect()
    }
}

impl<T: Encode + Ord> Encode for BTreeSet<T> {
    fn write_to(&self, to: &mut Writer<'_>) {
        to.count(self.len());
        self.iter().for_each(|value| value.write_to(to));
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        (0..from.count()?).map(|_| T::read_from(from)).collect()
    }
}

impl<K: Encode + Ord, V: Encode> Encode for BTreeMap<K, V> {
    fn write_to(&self, to: &mut Writer<'_>) {
        to.count(self.len());
        for (key, value) in self {
            key.write_to(to);
            value.write_to(to);
        }
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        (0..from.count()?).map(|_| Encode::read_from(from)).collect()
    }
}

/// Written in the order of the keys.
impl<K: Encode + Ord + Hash + Copy, V: Encode> Encode for FxHashMap<K, V> {
    fn write_to(&self, to: &mut Writer<'_>) {
        let mut entries: Vec<(K, &V)> = self.iter().map(|(key, value)| (*key, value)).collect();
        entries.sort_unstable_by_key(|(key, _)| *key);
        to.count(entries.len());
        for (key, value) in entries {
            key.write_to(to);
            value.write_to(to);
        }
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        let count = from.count()?;
        let room = bounded_capacity::<(K, V)>(count);
        let mut entries = FxHashMap::with_capacity_and_hasher(room, FxBuildHasher);
        for _ in 0..count {
            entries.insert(K::read_from(from)?, V::read_from(from)?);
        }
        Some(entries)
    }
}

impl<I: Encode + Ord + Hash + Copy> Encode for Redirects<I> {
    fn write_to(&self, to: &mut Writer<'_>) {
        self.0.write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        Encode::read_from(from).map(Self)
    }
}
