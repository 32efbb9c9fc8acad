//! The findings of one text.

use wirefold_proto::{AboutArticle, CitedAgency, EditorNote, Findings, FoundBy, NoteKind};
use wirefold_text::Text;
use wirefold_text::extract::{agencies, agency_home, byline_agencies, cited_agencies};

use crate::claims::mark_claims;
use crate::dateline::find_dateline;
use crate::entities::{entities, find_names};
use crate::figures::figures;
use crate::language::language;
use crate::quotations::quotations;
use crate::reading::Reading;

/// The findings of an analysed text.
pub(crate) fn find(text: &Text, about: &AboutArticle) -> Findings {
    let reading = Reading::new(text);
    let language = language(&about.title, text.original(), about.language_hint.as_ref());
    let names = find_names(&reading);
    let entities = entities(&reading, &names, &about.title);
    let quotations = quotations(&reading, &names, language.tag.primary());
    let mut numbers = figures(&reading, language.tag.primary());
    mark_claims(&mut numbers, text, &about.title, about.year());
    let (dateline, cited_agencies) = (find_dateline(text), cited(text));
    let note = editor_note(text, about);
    Findings {
        language: Some(language),
        dateline,
        entities,
        quotations,
        numbers,
        cited_agencies,
        note,
    }
}

/// The note with which the outlet, or an agency that the article names as its source, corrects or retracts it.
#[must_use]
pub fn editor_note(text: &Text, about: &AboutArticle) -> Option<EditorNote> {
    let credited = about.authors.iter().flat_map(|author| byline_agencies(author));
    let named = agencies(text).into_iter().chain(credited).map(|trace| trace.agency);
    let names: Vec<&str> = [about.outlet.as_str()].into_iter().chain(named).collect();
    let found = wirefold_corrections::note(&about.title, text.original(), &names)?;
    let kind = match found.kind {
        wirefold_corrections::NoteKind::Correction => NoteKind::Correction,
        wirefold_corrections::NoteKind::Clarification => NoteKind::Clarification,
        wirefold_corrections::NoteKind::Retraction => NoteKind::Retraction,
    };
    Some(EditorNote { kind, words: found.words, how: FoundBy::Rule })
}

/// The agencies that a text cites.
fn cited(text: &Text) -> Vec<CitedAgency> {
    let cited = cited_agencies(text).into_iter();
    let agencies = cited.map(|(name, span)| {
        let home = agency_home(name);
        CitedAgency {
            name: name.to_owned(),
            words: span.of(text.original()).to_owned(),
            country: home.map(|home| home.country.to_owned()),
            wikidata: home.and_then(|home| home.wikidata).map(str::to_owned),
            how: FoundBy::Rule,
        }
    });
    agencies.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_cited_agencies_and_not_credited_ones() {
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
