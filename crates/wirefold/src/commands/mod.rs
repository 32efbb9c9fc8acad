//! The commands that use the API of a running wirefold or of this process.

pub(crate) mod alert;
pub(crate) mod backup;
pub(crate) mod check;
pub(crate) mod config;
pub(crate) mod dead;
pub(crate) mod feed;
pub(crate) mod forget;
pub(crate) mod passwords;
pub(crate) mod replay;
pub(crate) mod story;
pub(crate) mod sub;
pub(crate) mod tail;
pub(crate) mod token;
pub(crate) mod why;

mod alert_life;
mod alert_mute;
mod alert_test;
mod ask;
mod words;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::output;

/// A line of JSON whose body has no `schema` of its own.
#[derive(Serialize)]
struct Line<'a, T> {
    schema: &'static str,
    #[serde(flatten)]
    body: &'a T,
}

/// Prints an object under a schema name.
fn print_line<T: Serialize>(schema: &'static str, body: &T) -> anyhow::Result<()> {
    output::print_json(&Line { schema, body })
}

/// The path of a page of a collection, with at most `limit` rows.
fn page(path: &str, limit: u32, cursor: Option<&str>) -> String {
    let cursor = cursor.map(|cursor| format!("&cursor={}", crate::client::escaped(cursor)));
    format!("{path}?limit={limit}{}", cursor.unwrap_or_default())
}

/// The largest number of rows in a page.
const PAGE: u32 = 100;

/// Reads one of these names as the value that serde calls so.
fn one_of<T>(names: &'static [&'static str]) -> impl TypedValueParser<Value = T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(names).try_map(|name| serde_json::from_value::<T>(name.into()))
}
