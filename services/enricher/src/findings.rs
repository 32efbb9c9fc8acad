//! Everything that is found in one text.

use wirefold_proto::{AboutArticle, Dateline, Findings, FoundBy};
use wirefold_text::Text;
use wirefold_text::extract::dateline;

use crate::entities::entities;
use crate::figures::figures;
use crate::language::language;
use crate::lead::extract;
use crate::quotations::quotations;
use crate::reading::Reading;

/// What is found in an analysed text.
pub(crate) fn find(text: &Text, about: &AboutArticle) -> Findings {
    let reading = Reading::new(text);
    Findings {
        language: Some(language(text.original(), about.language_hint.as_ref())),
        dateline: place_and_date(text),
        entities: entities(&reading),
        quotations: quotations(&reading),
        numbers: figures(&reading),
        topics: Vec::new(),
        extract: extract(text),
    }
}

/// The dateline; none where only an agency stands there.
fn place_and_date(text: &Text) -> Option<Dateline> {
    let found = dateline(text)?;
    let place = Some(found.place).filter(|place| !place.is_empty());
    let is_told = place.is_some() || found.date.is_some();
    is_told.then_some(Dateline { place, date: found.date, how: FoundBy::Rule })
}
