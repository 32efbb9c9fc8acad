//! Two sets with planted reprints from a seed, on which `bench detect` compares methods.
//!
//! The plain set has original texts and reprints of them, without page chrome. A reprint has another opening
//! and another headline, its sentences are moved, and the last third is left out: of all runs of five words
//! in either, a third is in both. A headline is the first words of a sentence of the opening. The hard set
//! adds misleading text: boxes, headlines and footers of the outlets' pages, sentences of a common stock, and
//! unrelated articles that quote the same two sentences. Everything is in Latin letters, because the compared
//! methods split words at spaces.

use wirefold_score::Random;

use super::article::{Article, Kind, Role, Sentence};
use super::plan::Plan;
use super::texts::{self, Draft, STOCK_ROOT};
use super::words::Script;
use super::writer::Writer;
use super::{Generator, headline_of, other_headline_of};

/// The percentage of reprints.
const REPRINTS: usize = 20;
/// The largest distance between a text and its reprint.
const MAX_DISTANCE: usize = 16_000;
/// The number of attempts to find a text before an original is used instead.
const MAX_ATTEMPTS: usize = 20;
/// The percentage of texts in the hard set that quote an earlier one, and the number of quoted sentences.
const QUOTING: usize = 30;
const QUOTED: usize = 2;
/// The number of sentences in the stock, and of those in a text of the hard set.
const STOCK: usize = 200;
const OF_STOCK: usize = 3;
/// The sentences in a paragraph of a reprint.
const IN_PARAGRAPH: usize = 2;

/// A set with planted reprints.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Planted {
    /// Only texts and reprints.
    Plain,
    /// With footers, stock sentences and shared quotations.
    Hard,
}

impl Generator {
    /// The article at an index of a set, and the number of the article that had its text first.
    pub(crate) fn planted(&self, set: Planted, number: u64) -> (Article, u64) {
        let root = self.planted_root(number);
        let plan = self.planted_plan(number, root);
        let mut writer = self.writer(&plan, root);
        let mut draft = self.planted_text(set, root);
        if root != number {
            reprint(&mut draft, &mut writer);
        }
        let mut article = self.without_chrome(&plan, draft);
        if set == Planted::Hard {
            let mut random = self.planner.dice(number, "page");
            self.planner.outlets().add_page_chrome(&mut article, &[], &mut random);
        }
        (article, root)
    }

    /// The text of an article without page chrome.
    fn planted_text(&self, set: Planted, number: u64) -> Draft {
        let mut writer = self.writer(&self.planted_plan(number, number), number);
        let mut draft = texts::original(&mut writer, self.settings.length, None);
        // A text with an unrelated title may be a wall, and walls do not fold.
        draft.title = headline_of(&mut writer, &draft);
        if set == Planted::Plain {
            return draft;
        }
        if let Some(other) = self.quoted(number) {
            let mut quotations = texts::quotations(&self.planted_text(Planted::Plain, other));
            quotations.truncate(QUOTED);
            texts::quote(&mut draft, &quotations, &mut writer);
        }
        for _ in 0..OF_STOCK {
            let mut sentence = writer.common(STOCK_ROOT, writer.random.clone().below(STOCK));
            sentence.role = Role::Chrome;
            let at = writer.random.within(1..draft.paragraphs.len() + 1);
            draft.paragraphs.insert(at, vec![sentence]);
        }
        draft
    }

    /// The number of the article that had the text at an index first.
    fn planted_root(&self, number: u64) -> u64 {
        if !self.is_reprint(number) {
            return number;
        }
        let mut random = self.planner.dice(number, "planted source");
        let found = (0..MAX_ATTEMPTS).find_map(|_| {
            let place = earlier(number, &mut random)?;
            (!self.is_reprint(place)).then_some(place)
        });
        found.unwrap_or(number)
    }

    fn is_reprint(&self, number: u64) -> bool {
        self.planner.dice(number, "planted").chance(REPRINTS)
    }

    /// The earlier article that a text of the hard set quotes.
    fn quoted(&self, number: u64) -> Option<u64> {
        let mut random = self.planner.dice(number, "planted quotation");
        let is_quoting = random.chance(QUOTING);
        earlier(number, &mut random).filter(|_| is_quoting)
    }

    fn planted_plan(&self, number: u64, root: u64) -> Plan {
        let mut random = self.planner.dice(number, "planted outlet");
        let outlet = self.planner.outlets().of_script(Script::Latin, &mut random);
        let plan = Plan { number, outlet, ..Plan::default() };
        match number == root {
            true => plan,
            false => Plan { kind: Kind::Copy, sources: vec![root], edit: "reprint", ..plan },
        }
    }
}

/// An earlier index, not too far back.
fn earlier(number: u64, random: &mut Random) -> Option<u64> {
    let farthest = MAX_DISTANCE.min(usize::try_from(number).unwrap_or(usize::MAX));
    number.checked_sub(1 + random.below(farthest) as u64)
}

/// Makes a reprint: another opening and headline, sentences moved, and the last third left out.
fn reprint(draft: &mut Draft, writer: &mut Writer<'_>) {
    draft.paragraphs.truncate((draft.paragraphs.len() * 2).div_ceil(3));
    let mut sentences: Vec<Sentence> = draft.paragraphs.drain(..).skip(1).flatten().collect();
    writer.random.shuffle(&mut sentences);
    draft.paragraphs.extend([writer.paragraph(2), writer.paragraph(2)]);
    draft.title = other_headline_of(writer, draft);
    draft.paragraphs.extend(sentences.chunks(IN_PARAGRAPH).map(<[Sentence]>::to_vec));
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::generator::Settings;

    const NEWS: Settings = Settings { seed: 5, length: 100, limit: 0, footer_life: 20_000 };

    fn sentences(article: &Article) -> HashSet<&str> {
        article.sentences().map(|sentence| sentence.text.as_str()).collect()
    }

    /// The share of runs of five words that are in both, of all.
    fn jaccard(one: &Article, other: &Article) -> f64 {
        let shingles = |article: &Article| -> HashSet<Vec<String>> {
            let text = article.text();
            let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
            words.windows(5).map(<[String]>::to_vec).collect()
        };
        let (here, there) = (shingles(one), shingles(other));
        here.intersection(&there).count() as f64 / here.union(&there).count() as f64
    }

    #[test]
    fn a_fifth_is_reprints_that_share_a_third_of_all() {
        let generator = Generator::new(NEWS);
        let made: Vec<_> = (0..600).map(|at| generator.planted(Planted::Plain, at)).collect();
        let reprints = made.iter().filter(|(its, root)| its.number != *root);
        let mut shares: Vec<f64> = Vec::new();
        for (reprint, root) in reprints {
            let source = &made[usize::try_from(*root).unwrap()].0;
            assert_ne!(reprint.title, source.title);
            shares.push(jaccard(reprint, source));
        }
        shares.sort_by(f64::total_cmp);
        assert!((60..150).contains(&shares.len()), "{}", shares.len());
        let (least, median) = (shares[shares.len() / 20], shares[shares.len() / 2]);
        assert!(least > 0.1 && (0.25..0.45).contains(&median), "{least:.2} {median:.2}");
    }

    #[test]
    fn only_the_hard_set_gives_strangers_something_in_common() {
        let generator = Generator::new(NEWS);
        let strangers_that_share = |set: Planted| {
            let made: Vec<_> = (0..300).map(|at| generator.planted(set, at)).collect();
            let texts = made.iter().map(|(article, root)| (sentences(article), root));
            let texts: Vec<(HashSet<&str>, &u64)> = texts.collect();
            let pairs = texts.iter().enumerate().flat_map(|(at, one)| {
                texts[..at].iter().map(move |other| (one, other)).filter(|(a, b)| a.1 != b.1)
            });
            pairs.filter(|(a, b)| !a.0.is_disjoint(&b.0)).count()
        };
        let (plain, hard) =
            (strangers_that_share(Planted::Plain), strangers_that_share(Planted::Hard));
        assert!(plain < 5 && hard > 500, "{plain} and {hard}");
    }
}
