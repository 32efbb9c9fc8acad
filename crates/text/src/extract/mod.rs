//! Facts from a text: its agency, dateline, numbers with their roles, and names.
//!
//! The crate uses rules, not models. Each fact has its position in the text.

mod agency;
mod agency_names;
mod dateline;
mod modality;
mod name_key;
mod names;
mod number_han;
mod number_words;
mod numbers;
mod roles;
mod statements;

pub use agency::{AgencyTrace, Trace, agencies, byline_agencies, cited_agencies};
pub use agency_names::{AgencyHome, agency_by_alias, agency_by_name, agency_home};
pub use dateline::{Dateline, dateline};
pub use modality::{is_possible, is_uncertain};
pub use name_key::name_key;
pub use names::{InSentences, Name, names};
pub use numbers::{Number, numbers};
pub use roles::{
    Role, begins_with_other, begins_with_role, is_people, is_sum, is_verb_die, reach, role,
};
pub use statements::{
    Statement, Time, YEARS, begins_in_the_past, clock_time, ends_in_the_past, is_of_before,
    is_of_the_past, statements, time_of,
};
