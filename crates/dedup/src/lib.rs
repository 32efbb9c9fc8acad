//! dedup
mod align;
mod boilerplate;
mod facts;
mod holding;
mod judge;
mod bits;
mod fingerprint;
mod index;
mod overlap;
mod body;
mod settings;
pub use align::*;pub use bits::*;pub use fingerprint::*;pub use index::*;pub use overlap::*;pub use boilerplate::*;pub use judge::*;pub use facts::ShortFacts;
pub use body::*;
pub use settings::*;
