//! Ids as bytes: as many as their numbers and hashes take.
//!
//! An id comes in and its bytes go out, and the other way round. It never knows whose id it is.

use std::num::NonZeroU64;

use crate::codec::{Reader, Writer, Written};
use crate::ids::OutletId;

impl Written for OutletId {
    fn write_to(&self, to: &mut Writer<'_>) {
        self.hash().get().write_to(to);
    }

    fn read_from(from: &mut Reader<'_>) -> Option<Self> {
        NonZeroU64::new(u64::read_from(from)?).map(Self::from_hash)
    }

    /// Zero stands for no outlet.
    fn write_option(value: Option<&Self>, to: &mut Writer<'_>) {
        value.map_or(0, |outlet| outlet.hash().get()).write_to(to);
    }

    fn read_option(from: &mut Reader<'_>) -> Option<Option<Self>> {
        u64::read_from(from).map(|hash| NonZeroU64::new(hash).map(Self::from_hash))
    }
}
