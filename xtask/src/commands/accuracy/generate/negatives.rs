//! Texts that must not fold: digests, filled-in templates, and own texts with quotations and page
//! lines in common.

use wirefold_text::Text;

use super::bases::{Base, Deck, Sources};
use super::edits::{opening, print_lines};
use super::outlets::Outlet;
use super::recast::{Cast, day, name};
use wirefold_score::Random;

/// Words of another text in one item of a digest, about.
const ITEM_WORDS: usize = 55;
/// Words of a quotation that two own texts share.
const QUOTATION_WORDS: std::ops::Range<usize> = 9..45;

const GREETINGS: [&str; 6] = [
    "Here is what moved while you were asleep.",
    "The day so far, in as many words as a coffee lasts.",
    "What else happened, and what comes next.",
    "From our desk: today in short.",
    "Six in the evening, and this is the news.",
    "Before you go: the rest of it.",
];
const SUBJECTS: [&str; 8] = [
    "Trouble at",
    "Waiting for",
    "New start for",
    "No end to the row over",
    "Good news from",
    "Questions about",
    "Second thoughts on",
    "A long night in",
];
const SAID: [&str; 6] =
    ["said", "told reporters", "wrote in a letter", "recalled", "let it be known", "insisted"];

/// A digest of the openings of `items`, each under a heading of its own.
pub(crate) fn digest(items: &[&Base], random: &mut Random) -> Vec<String> {
    let mut paragraphs = vec![(*random.pick(&GREETINGS)).to_owned()];
    for item in items {
        paragraphs.push(format!("{} {}", random.pick(&SUBJECTS), name(random)));
        paragraphs.push(opening(&item.paragraphs, ITEM_WORDS).join(" "));
    }
    paragraphs.push(format!("More on {}, at the same hour and place.", day(random)));
    paragraphs
}

/// The quotations of our prose that are long enough to matter, without their marks.
pub(crate) fn quotations(sources: &Sources) -> Vec<String> {
    let english = sources.texts.iter().filter(|text| text.is_english);
    let mut found = Vec::new();
    for paragraph in english.flat_map(|text| &text.paragraphs) {
        let text = Text::new(paragraph);
        let spans = text.quotations().iter().map(|span| span.of(paragraph));
        let bare =
            spans.map(|quotation| quotation.trim_matches(['“', '”', '"', ',', '.']).to_owned());
        found.extend(bare.filter(|bare| {
            QUOTATION_WORDS.contains(&Text::new(bare).words().len())
                && !bare.contains(['“', '”', '"'])
        }));
    }
    found
}

/// Two own texts that share two to four quotations and the lines of their outlet.
pub(crate) fn partners(
    sources: &Sources,
    quotations: &[String],
    outlet: &Outlet,
    deck: &mut Deck<'_>,
) -> [Vec<String>; 2] {
    let mut cast = Cast::default();
    let count = deck.random.within(2..5);
    let shared: Vec<(String, String)> = (0..count)
        .map(|_| {
            let quotation = deck.random.pick(quotations);
            let recast = cast.recast(quotation, &sources.vocabulary, &mut deck.random);
            (recast, name(&mut deck.random))
        })
        .collect();
    [(); 2].map(|()| {
        let length = 180 + deck.random.below(220);
        let mut paragraphs = deck.deal(length);
        for (quotation, speaker) in &shared {
            let said = deck.random.pick(&SAID);
            let at = deck.random.within(1..paragraphs.len() + 1);
            paragraphs.insert(at, format!("“{quotation},” {speaker} {said}."));
        }
        print_lines(&mut paragraphs, outlet, &mut deck.random);
        paragraphs
    })
}
