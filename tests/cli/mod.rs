//! The command line through the built binary: its output and its exit codes.

mod alert_test;
mod api;
mod bad_articles;
mod bad_input;
mod commands;
mod compare;
mod eval;
mod feed;
mod handover;
mod identity;
mod large_input;
mod lines;
mod mcp;
mod methods;
mod outlets;
mod parse;
mod pipes;
mod progress;
mod story;
mod strangers;
mod sub;
mod terminal;
mod time;

use serde_json::{Value, json};

/// Long enough to be compared.
const STORM: &str = "The harbour of Brenmouth was closed on Monday after a storm tore three \
    pontoons from their moorings and sank two boats that had lain there since spring. The harbour \
    master, Orla Quint, said divers would look at the sea wall before anyone was let back on the \
    quay. Fishing crews were told to land their catch at Skerrow, eleven miles up the coast, until \
    the end of the week. No one was hurt, and the ferry to the islands kept to its timetable.";

/// The same text with another opening.
const STORM_REPRINT: &str = "Boats are being sent elsewhere from a battered port. The harbour \
    master, Orla Quint, said divers would look at the sea wall before anyone was let back on the \
    quay. Fishing crews were told to land their catch at Skerrow, eleven miles up the coast, until \
    the end of the week. No one was hurt, and the ferry to the islands kept to its timetable.";

/// A text about something else.
const ORCHARD: &str = "Growers in the upper valley have begun to graft old pear trees onto new \
    stock, hoping to keep a dozen kinds that no nursery sells any more. The work is slow: each \
    cutting is taken in January, kept in damp sand, and bound to its host when the sap rises. Of \
    the first four hundred, ninety have taken. A cellar near the mill will store scions for \
    anybody who asks, and a list of the kinds hangs in the village shop.";

/// A JSON line of an article.
fn article(id: &str, text: &str) -> String {
    json!({"id": id, "text": text}).to_string() + "\n"
}

/// A JSON line of an article with more fields than id and text.
fn article_with(id: &str, text: &str, mut fields: Value) -> String {
    fields["id"] = id.into();
    fields["text"] = text.into();
    fields.to_string() + "\n"
}
