//! Writes and reads ids, times and messages as bytes of a snapshot.

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wirefold_dedup::codec::{Encode, Reader, Writer};
use wirefold_proto::{ArticleId, EventId, StoryId};

/// An id that a snapshot stores as a number, to save space: each article has several ids.
pub(crate) trait Id: Copy {
    fn number(self) -> u128;
    fn with(number: u128) -> Self;
}

macro_rules! id {
    ($($type:ty),*) => {
        $(impl Id for $type {
            fn number(self) -> u128 {
                self.to_number()
            }

            fn with(number: u128) -> Self {
                Self::from_number(number)
            }
        })*
    };
}

id!(ArticleId, StoryId, EventId);

pub(crate) fn write_id(id: impl Id, to: &mut Writer<'_>) {
    id.number().write_to(to);
}

pub(crate) fn read_id<I: Id>(from: &mut Reader<'_>) -> Option<I> {
    u128::read_from(from).map(I::with)
}

/// Writes a part of a message as its JSON.
pub(crate) fn write_json(value: &impl Serialize, to: &mut Writer<'_>) {
    let json = serde_json::to_vec(value).expect("it can be published, so it can be written");
    to.blob(&json);
}

pub(crate) fn read_json<T: DeserializeOwned>(from: &mut Reader<'_>) -> Option<T> {
    serde_json::from_slice(from.blob()?).ok()
}

pub(crate) fn write_time(time: Timestamp, to: &mut Writer<'_>) {
    (time.as_second(), time.subsec_nanosecond()).write_to(to);
}

pub(crate) fn read_time(from: &mut Reader<'_>) -> Option<Timestamp> {
    let (seconds, nanoseconds) = Encode::read_from(from)?;
    Timestamp::new(seconds, nanoseconds).ok()
}
