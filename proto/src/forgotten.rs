//! The list of addresses and outlets that may not come in again, as hashes, in the bucket `wf_forgotten`.
//!
//! Somebody who asks that an article be forgotten does not want its address stored either. A hash tells
//! whether an address is on the list, but does not give it back. Somebody who guesses an address can check
//! it.

use std::hash::Hasher as _;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use siphasher::sip128::{Hasher128 as _, SipHasher24};

use crate::article::AboutArticle;
use crate::ids::Outlet;

/// The key of the mark that a `forget` has begun and not ended.
pub const FORGETTING: &str = "begun";

/// The record under a key of [`forgotten_address`] or [`forgotten_outlet`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgottenRecord {
    /// When it was added.
    pub at: Timestamp,
    /// How many articles were removed.
    pub articles: u64,
}

/// The key of an address, in its canonical form.
#[must_use]
pub fn forgotten_address(canonical: &str) -> String {
    format!("address.{}", hash(canonical))
}

/// The key of an outlet.
#[must_use]
pub fn forgotten_outlet(outlet: &Outlet) -> String {
    format!("outlet.{}", hash(outlet.as_str()))
}

impl AboutArticle {
    /// The keys to check: the article is refused if one of them is on the list.
    #[must_use]
    pub fn forgotten_keys(&self) -> Vec<String> {
        let page = self.page().map(forgotten_address);
        page.into_iter().chain([forgotten_outlet(&self.outlet)]).collect()
    }
}

/// A hash that is the same in every version of wirefold.
fn hash(text: &str) -> String {
    let mut hasher = SipHasher24::new_with_key(b"wirefold forgets");
    hasher.write(text.as_bytes());
    format!("{:032x}", hasher.finish128().as_u128())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bucket has hashes for years: these may never change.
    #[test]
    fn golden() {
        let address = forgotten_address("https://harbour.example/ferry");
        assert_eq!(address, "address.64ea8784fb2b48ec68c925706f8f8b70");
        let outlet = forgotten_outlet(&"harbour.example".parse().unwrap());
        assert_eq!(outlet, "outlet.624602d8d824cb9e346e99e955e9a49f");
    }
}
