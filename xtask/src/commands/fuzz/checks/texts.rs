//! Dates, queries and whole texts.

use wirefold_dedup::{Detector, Incoming};
use wirefold_feed::dates;
use wirefold_query::{Document, Numbers, Query};

use super::kind;
use crate::enriched;

/// The range of parsed dates in seconds since 1970.
const YEARS: std::ops::Range<i64> = -62_167_219_200..253_402_300_800;

pub(in super::super) fn date(bytes: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(bytes);
    let languages = ["", "fr", "de", "ru", "ko", "ar"];
    let read = languages.map(|language| {
        let context = dates::Context::of(Some(language).filter(|it| !it.is_empty()));
        dates::read(&text, context).map(jiff::Timestamp::as_second)
    });
    assert!(read.iter().flatten().all(|seconds| YEARS.contains(seconds)), "{text:?}: {read:?}");
    // The magnitude of the distance from 2020 shows which part was parsed.
    let size = |seconds: Option<i64>| {
        let distance = seconds.map(|seconds| seconds.abs_diff(1_577_836_800));
        distance.map_or(0, |it| usize::try_from(it).unwrap_or(usize::MAX).saturating_add(1))
    };
    let digits = text.chars().filter(|c| c.is_numeric()).count();
    kind(&[read.map(size).as_slice(), &[digits, text.len()]].concat(), &[])
}

pub(in super::super) fn query(bytes: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(bytes);
    let query = match Query::parse(&text) {
        Ok(query) => query,
        Err(error) => return kind(&[], &[error.to_string()]),
    };
    let document = Document {
        title: "Ferry and tram collide near the old harbour",
        text: "A ferry ran aground on Monday. “We saw it,” said Tom Lund of Harbour Rail.",
        outlet: "The Harbour Post",
        site: "harbour.example",
        language: "en",
        class: "new",
        ..Document::default()
    };
    let article = wirefold_query::Prepared::new(&document);
    let found = query.matches(&article, &Numbers::default());
    let spans = found.as_ref().map(|found| format!("{found:?}").len());
    kind(&[text.len(), usize::from(query.is_contradictory()) + 1, spans.unwrap_or(0)], &[])
}

/// Passes a text to the enricher, and to the detector with itself and a part of itself.
pub(in super::super) fn text(bytes: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(bytes);
    let found = enriched::findings("A title", &text, None);
    for mention in wirefold_enricher::mentions(&text) {
        assert!(text.get(mention.span.clone()).is_some(), "{mention:?} in {text:?}");
    }
    for quotation in &found.quotations {
        assert!(!quotation.words.trim().is_empty(), "{quotation:?}");
    }
    let mut detector = Detector::new(wirefold_dedup::Settings::default());
    let half = &text[..text.floor_char_boundary(text.len() / 2)];
    let mut classes = Vec::new();
    for (number, part) in [&*text, half, &*text].into_iter().enumerate() {
        let time = 1_700_000_000 + i64::try_from(number).unwrap_or_default();
        let item = number.to_string();
        let incoming = Incoming {
            items: &[&item],
            outlet: Some(["a", "b", "c"][number]),
            title: "A title",
            text: part,
            time,
            published: time,
            ..Incoming::default()
        };
        classes.push(format!("{:?}", detector.observe(&incoming).class));
    }
    let parts = [
        found.entities.len(),
        found.quotations.len(),
        found.numbers.len(),
        usize::from(found.dateline.is_some()) + 1,
        text.len(),
    ];
    let language = found.language.map(|language| format!("{:?}", language.tag));
    classes.extend(language);
    kind(&parts, &classes)
}
