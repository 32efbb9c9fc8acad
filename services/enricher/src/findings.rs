//! Everything that is found in one text.

use wirefold_proto::{AboutArticle, CitedAgency, Findings, FoundBy};
use wirefold_text::Text;
use wirefold_text::extract::cited_agencies;

use crate::dateline::find_dateline;
use crate::entities::{entities, found};
use crate::figures::figures;
use crate::language::language;
use crate::lead::extract;
use crate::quotations::quotations;
use crate::reading::Reading;

/// What is found in an analysed text.
pub(crate) fn find(text: &Text, about: &AboutArticle) -> Findings {
    let reading = Reading::new(text);
    let language = language(&about.title, text.original(), about.language_hint.as_ref());
    let names = found(&reading);
    Findings {
        dateline: find_dateline(text),
        entities: entities(&reading, &names),
        quotations: quotations(&reading, &names, language.tag.primary()),
        numbers: figures(&reading, language.tag.primary()),
        language: Some(language),
        cited_agencies: cited(text),
        topics: Vec::new(),
        extract: extract(&reading),
    }
}

/// The agencies that a text cites.
fn cited(text: &Text) -> Vec<CitedAgency> {
    let cited = cited_agencies(text).into_iter();
    let told = cited.map(|(name, span)| CitedAgency {
        name: name.to_owned(),
        words: span.of(text.original()).to_owned(),
        how: FoundBy::Rule,
    });
    told.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_is_cited_is_told_and_who_is_credited_is_not() {
        let cited_in = |text: &str| -> Vec<(String, String)> {
            cited(&Text::new(text)).into_iter().map(|it| (it.name, it.words)).collect()
        };
        let told =
            cited_in("El puerto cerró, según la agencia EFE. Associated Press reported it too.");
        let expected = [("EFE", "agencia EFE"), ("AP", "Associated Press")];
        assert_eq!(told, expected.map(|(name, words)| (name.to_owned(), words.to_owned())));
        assert_eq!(cited_in("QUAYTON (AP) — The port closed, AP reported."), []);
    }
}
