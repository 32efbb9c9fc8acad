//! Facts from a text: its agency, dateline, numbers and names.
//!
//! The crate uses rules, not models. Each fact has its position in the text.

mod agency;
mod agency_names;
mod dateline;
mod name_key;
mod names;
mod number_han;
mod number_words;
mod numbers;

pub use agency::{
    AgencyTrace, Trace, agencies, agencies_starting_at, byline_agencies, cited_agencies,
};
pub use agency_names::{
    AgencyHome, agency_by_alias, agency_by_name, agency_home, may_begin_agency,
};
pub use dateline::{Dateline, dateline};
pub use name_key::name_key;
pub use names::{Name, name_words, names, names_in};
pub use numbers::{Number, may_begin_number, numbers, numbers_starting_at};
