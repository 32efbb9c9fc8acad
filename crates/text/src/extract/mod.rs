//! Facts from a text: its agency, dateline, numbers and names.
//!
//! Rules, not models: each finding has the position where it was read.

mod agency;
mod agency_names;
mod dateline;
mod name_key;
mod names;
mod number_han;
mod number_words;
mod numbers;

pub use agency::{
    AgencyTrace, Trace, agencies, agencies_begun_by, byline_agencies, cited_agencies,
};
pub use agency_names::{AgencyHome, agency_called, agency_home, agency_named, may_begin_agency};
pub use dateline::{Dateline, dateline};
pub use name_key::name_key;
pub use names::{Name, name_words, names, names_in};
pub use numbers::{Number, may_begin_number, numbers, numbers_begun_by};
