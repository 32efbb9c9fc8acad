//! Everything that is found in one text.

use wirefold_proto::{AboutArticle, Findings};
use wirefold_text::Text;

use crate::dateline::find_dateline;
use crate::entities::entities;
use crate::figures::figures;
use crate::language::language;
use crate::lead::extract;
use crate::quotations::quotations;
use crate::reading::Reading;

/// What is found in an analysed text.
pub(crate) fn find(text: &Text, about: &AboutArticle) -> Findings {
    let reading = Reading::new(text);
    let language = language(&about.title, text.original(), about.language_hint.as_ref());
    Findings {
        dateline: find_dateline(text),
        entities: entities(&reading),
        quotations: quotations(&reading, language.tag.primary()),
        numbers: figures(&reading, language.tag.primary()),
        language: Some(language),
        topics: Vec::new(),
        extract: extract(text),
    }
}
