//! The commands that use the API of a running wirefold or of this process.

pub(crate) mod alert;
pub(crate) mod backup;
pub(crate) mod check;
pub(crate) mod config;
pub(crate) mod dead;
pub(crate) mod delivery;
pub(crate) mod feed;
pub(crate) mod forget;
pub(crate) mod handover;
pub(crate) mod mcp;
pub(crate) mod passwords;
pub(crate) mod story;
pub(crate) mod sub;
pub(crate) mod tail;
pub(crate) mod token;
pub(crate) mod why;

mod words;

use std::fmt::Display;
use std::io::{BufRead, IsTerminal, Write};

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::client::{Client, ClientError, ClientOptions, Need};
use crate::columns::Columns;
use crate::exit::Exit;
use crate::global::Global;
use crate::output;

/// A command that uses the API, and the form of its output.
struct Session<'a> {
    client: Client,
    json: bool,
    global: &'a Global,
}

impl<'a> Session<'a> {
    async fn open(options: &ClientOptions, need: Need, global: &'a Global) -> anyhow::Result<Self> {
        let client = Client::connect(&options.instance, need).await?;
        Ok(Session { client, json: options.json, global })
    }

    /// Prints a note on standard error, unless `--quiet` is given.
    fn note(&self, line: impl Display) {
        self.global.note(line);
    }

    /// Prints an answer as JSON, or else describes the result in a note.
    fn answer(&self, answer: &impl Serialize, words: impl Display) -> anyhow::Result<Exit> {
        match self.json {
            true => output::print_json(answer)?,
            false => self.note(words),
        }
        Ok(Exit::Ok)
    }

    /// Prints a value as JSON, or else as this text.
    fn show<T: Serialize>(
        &self,
        value: &T,
        text: impl FnOnce(&T) -> anyhow::Result<String>,
    ) -> anyhow::Result<Exit> {
        match self.json {
            true => output::print_json(value)?,
            false => output::print_styled(&text(value)?)?,
        }
        Ok(Exit::Ok)
    }

    /// Prints rows as JSON under a schema name, or else as a table, or as a note if there are none.
    fn list<T: Serialize>(
        &self,
        schema: &'static str,
        rows: &[T],
        none: impl Display,
        table: impl FnOnce(&[T]) -> Columns,
    ) -> anyhow::Result<Exit> {
        match (self.json, rows.is_empty()) {
            (true, _) => rows.iter().try_for_each(|row| print_line(schema, row))?,
            (_, true) => self.note(none),
            _ => output::print_styled(&table(rows).render())?,
        }
        Ok(Exit::Ok)
    }

    /// The rows of all pages of a collection, at most `limit`.
    async fn pages<P: DeserializeOwned, T>(
        &self,
        path: &str,
        query: &str,
        limit: u32,
        mut rows: impl FnMut(P) -> (Vec<T>, Option<String>),
    ) -> Result<Vec<T>, ClientError> {
        let mut all: Vec<T> = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let wanted = limit.saturating_sub(u32::try_from(all.len()).unwrap_or(u32::MAX));
            if wanted == 0 {
                return Ok(all);
            }
            let path = page(path, wanted.min(PAGE), cursor.as_deref()) + query;
            let (found, next) = rows(self.client.get(&path).await?);
            all.extend(found);
            if next.is_none() {
                return Ok(all);
            }
            cursor = next;
        }
    }
}

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

/// Reads one of these names as the value that serde calls so. Each name may have its help.
fn one_of<T>(names: impl Into<PossibleValuesParser>) -> impl TypedValueParser<Value = T>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    names.into().try_map(|name| serde_json::from_value::<T>(name.into()))
}

/// Names with their help, for [`one_of`].
fn with_help<const N: usize>(names: [(&'static str, &'static str); N]) -> PossibleValuesParser {
    names.map(|(name, help)| PossibleValue::new(name).help(help)).into()
}

/// Whether a person can answer: both standard input and standard error are a terminal.
fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks and returns the answer in lower case. `None` at the end of the input.
fn ask(question: &str) -> std::io::Result<Option<String>> {
    let mut talk = anstream::stderr();
    write!(talk, "{question} ")?;
    talk.flush()?;
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer)?;
    Ok((read > 0).then(|| answer.trim().to_lowercase()))
}

/// Asks a question to which an empty answer means yes.
fn confirm(question: &str) -> std::io::Result<bool> {
    let answer = ask(&format!("{question} [Y/n]"))?;
    Ok(answer.is_some_and(|answer| answer.is_empty() || answer == "y" || answer == "yes"))
}
