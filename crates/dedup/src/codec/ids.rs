//! How ids are written in a snapshot: as their number or hash.
//!
//! An id comes in and its bytes go out, or the reverse. The module never knows what has the id.

use std::num::NonZeroU64;

use crate::codec::values::{read_runs, write_runs};
use crate::codec::{Encode, Reader, Writer};
use crate::ids::{DocId, EventId, OutletId, StoryId};

macro_rules! written_ids {
    ($($id:ident),*) => {
        $(impl Encode for $id {
            fn write_to(&self, to: &mut Writer<'_>) {
                self.0.write_to(to);
            }

            fn read_from(from: &mut Reader<'_>) -> Option<Self> {
                u32::read_from(from).map(Self)
            }

            fn write_all(values: &[Self], to: &mut Writer<'_>) {
                write_runs(values, |id| id.0.to_le_bytes(), to);
            }

            fn read_all(count: usize, from: &mut Reader<'_>) -> Option<Vec<Self>> {
                read_runs(count, |bytes| Self(u32::from_le_bytes(bytes)), from)
            }
        })*
    };
}

written_ids!(DocId, StoryId, EventId);

impl Encode for OutletId {
    fn write_to(&self, to: &mut Writer<'_>) {
        self.hash().get().write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        NonZeroU64::new(u64::read_from(from)?).map(Self::from_hash)
    }

    /// No outlet is written as zero, which no outlet has as its hash.
    fn write_option(value: Option<&Self>, to: &mut Writer<'_>) {
        value.map_or(0, |outlet| outlet.hash().get()).write_to(to);
    }

    fn read_option(from: &mut Reader<'_>) -> Option<Option<Self>> {
        u64::read_from(from).map(|hash| NonZeroU64::new(hash).map(Self::from_hash))
    }
}
