//! A labelled set made from our own prose, the same on every machine.

mod bases;
mod edits;
mod negatives;
mod outlets;
mod recast;
mod spelling;
mod templates;

use std::collections::BTreeMap;

use wirefold_text::Text;

use self::bases::{Base, Deck, Sources};
use self::edits::{EDITS, opening};
use self::outlets::Outlet;
use super::seeds::Seeds;
use super::set::{Doc, LabelledSet};
use wirefold_score::{Label, Pairs, Random};

/// Where the generator begins. Another number makes another set of the same kind.
pub(crate) const SEED: u64 = 0x77_69_72_65;

const DIGESTS: usize = 18;
const BRIEFS_OF_A_TEMPLATE: usize = 20;
const PARTNERS: usize = 40;
const LONGEST_BRIEF: usize = 80;
/// Minutes from one base to the next; copies come up to ten hours later.
const BETWEEN_BASES: usize = 30;
const LATEST_COPY: usize = 600;

/// A document before the set is put in order.
#[derive(Debug)]
struct Draft {
    id: String,
    host: String,
    text: String,
    /// When it comes in, in minutes.
    at: usize,
    /// The base that it is a copy of, and by which edit ("base" for itself).
    copy: Option<(usize, &'static str)>,
    /// Bases of which it has a part: pairs with them and their copies are `P`.
    parts: Vec<(usize, &'static str)>,
    /// The base whose text is most of it, besides other text: this pair is `R`.
    main: Option<usize>,
}

struct Generator<'a> {
    sources: &'a Sources,
    bases: Vec<Base>,
    sites: Vec<Outlet>,
    drafts: Vec<Draft>,
    seed: u64,
}

/// Makes the set.
pub(crate) fn generate(seeds: &Seeds, seed: u64) -> LabelledSet {
    let sources = Sources::new(seeds);
    let bases = bases::bases(&sources, seed);
    let sites = outlets::sites(seed);
    let mut generator = Generator { sources: &sources, bases, sites, drafts: Vec::new(), seed };
    generator.copies();
    generator.parts();
    generator.merges();
    generator.digests();
    generator.templates();
    generator.partners();
    labelled(generator.drafts)
}

impl Generator<'_> {
    fn random(&self, purpose: &str) -> Random {
        Random::named(self.seed, purpose)
    }

    fn english(&self) -> Vec<usize> {
        (0..self.bases.len()).filter(|number| self.bases[*number].is_english).collect()
    }

    /// Adds a document of `outlet`; its relations to bases are set on what is returned.
    fn add(&mut self, id: String, outlet: &Outlet, paragraphs: &[String], at: usize) -> &mut Draft {
        self.drafts.push(Draft {
            id,
            host: outlet.host.clone(),
            text: paragraphs.join(outlet.joint),
            at,
            copy: None,
            parts: Vec::new(),
            main: None,
        });
        self.drafts.last_mut().expect("one was just added")
    }

    /// Each base at the wire, and once under each edit at sites of their own.
    fn copies(&mut self) {
        let mut random = self.random("copies");
        for number in 0..self.bases.len() {
            let (base, mut sites) = (self.bases[number].clone(), self.sites.clone());
            random.shuffle(&mut sites);
            let start = number * BETWEEN_BASES;
            let draft = self.add(id(number), &outlets::wire(), &base.paragraphs, start);
            draft.copy = Some((number, "base"));
            for (edit, site) in EDITS.into_iter().zip(&sites) {
                if !edit.suits(&base) {
                    continue;
                }
                let copy = edit.apply(&base, site, &self.sources.vocabulary, &mut random);
                let name = format!("{}-{}", id(number), edit.name());
                let at = start + random.within(1..LATEST_COPY);
                self.add(name, site, &copy, at).copy = Some((number, edit.name()));
            }
        }
    }

    /// Briefs of half of the bases, partial copies of the others.
    fn parts(&mut self) {
        let mut random = self.random("parts");
        let mut deck = Deck::new(self.sources, self.random("prose around parts"));
        for number in self.english() {
            let base = self.bases[number].clone();
            let site = random.pick(&self.sites).clone();
            let at = number * BETWEEN_BASES + random.within(1..LATEST_COPY);
            let (kind, paragraphs) = if number % 2 == 0 {
                ("brief", brief(&base, &mut random))
            } else {
                ("partial", partial(&base, &mut deck, &mut random))
            };
            let draft = self.add(format!("{}-{kind}", id(number)), &site, &paragraphs, at);
            draft.parts.push((number, kind));
        }
    }

    /// Every third base, whole, followed by the opening of the next one.
    fn merges(&mut self) {
        let mut random = self.random("merges");
        let english = self.english();
        for (main, minor) in english.iter().step_by(3).zip(english.iter().skip(1).step_by(3)) {
            let base = &self.bases[*main];
            let percent = random.within(15..41);
            let length = base.words() * percent / (100 - percent);
            // Less by a sentence, which the opening may run over.
            let rest = opening(&self.bases[*minor].paragraphs, length.saturating_sub(25));
            let paragraphs = [base.paragraphs.clone(), rest].concat();
            let site = random.pick(&self.sites).clone();
            let at = main * BETWEEN_BASES + random.within(BETWEEN_BASES..LATEST_COPY);
            let draft = self.add(format!("{}-merge", id(*main)), &site, &paragraphs, at);
            draft.main = Some(*main);
            draft.parts.extend([(*main, "merge"), (*minor, "merge")]);
        }
    }

    /// Digests of five to eight bases each, none of which stands in two of them. Some of the
    /// items come in only after the digest.
    fn digests(&mut self) {
        let mut random = self.random("digests");
        let mut items = self.english().into_iter();
        for digest in 1..=DIGESTS {
            let count = random.within(5..9);
            let mut numbers: Vec<usize> = items.by_ref().take(count).collect();
            let Some(middle) = numbers.get(numbers.len() / 2).copied() else { return };
            random.shuffle(&mut numbers);
            let bases: Vec<&Base> = numbers.iter().map(|number| &self.bases[*number]).collect();
            let paragraphs = negatives::digest(&bases, &mut random);
            let site = random.pick(&self.sites).clone();
            self.add(format!("digest-{digest:02}"), &site, &paragraphs, middle * BETWEEN_BASES + 1);
        }
    }

    fn templates(&mut self) {
        let mut random = self.random("templates");
        let last = self.bases.len() * BETWEEN_BASES;
        for (name, fill) in templates::TEMPLATES {
            for brief in 1..=BRIEFS_OF_A_TEMPLATE {
                let (site, at) = (random.pick(&self.sites).clone(), random.below(last));
                self.add(format!("{name}-{brief:02}"), &site, &fill(&mut random), at);
            }
        }
    }

    fn partners(&mut self) {
        let quotations = negatives::quotations(self.sources);
        let mut deck = Deck::new(self.sources, self.random("partners"));
        let last = self.bases.len() * BETWEEN_BASES;
        for pair in 1..=PARTNERS {
            let site = deck.random.pick(&self.sites).clone();
            let at = deck.random.below(last);
            let texts = negatives::partners(self.sources, &quotations, &site, &mut deck);
            for (name, paragraphs) in ["a", "b"].iter().zip(texts) {
                let later = at + deck.random.below(LATEST_COPY);
                self.add(format!("own-{pair:02}{name}"), &site, &paragraphs, later);
            }
        }
    }
}

fn id(base: usize) -> String {
    format!("b{:03}", base + 1)
}

/// The first 40 to 80 words: whole sentences if they fit, else cut.
fn brief(base: &Base, random: &mut Random) -> Vec<String> {
    let paragraphs = opening(&base.paragraphs, random.within(40..66));
    let joined = paragraphs.join(" ");
    let analysed = Text::new(&joined);
    match analysed.words().get(LONGEST_BRIEF) {
        Some(next) => vec![format!("{} …", joined[..next.span.start].trim_end())],
        None => paragraphs,
    }
}

/// Own prose around a stretch of the base that is 25 to 35 % of the whole.
fn partial(base: &Base, deck: &mut Deck<'_>, random: &mut Random) -> Vec<String> {
    let from = random.below(base.paragraphs.len() / 2);
    let stretch = opening(&base.paragraphs[from..], random.within(60..110));
    let words: usize = stretch.iter().map(|paragraph| bases::words(paragraph)).sum();
    let percent = random.within(26..35);
    // Less by half a paragraph, since the own prose ends with a whole one.
    let mut paragraphs = deck.deal((words * (100 - percent) / percent).saturating_sub(20));
    let at = random.within(1..paragraphs.len() + 1);
    paragraphs.splice(at..at, stretch);
    paragraphs
}

/// Puts the drafts in order of time and labels their pairs.
fn labelled(mut drafts: Vec<Draft>) -> LabelledSet {
    drafts.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    let mut labels = BTreeMap::new();
    for (b, later) in drafts.iter().enumerate() {
        for (a, earlier) in drafts[..b].iter().enumerate() {
            let label = label(earlier, later).or_else(|| label(later, earlier));
            labels.extend(label.map(|label| ((a, b), label)));
        }
    }
    let doc = |draft: Draft| Doc {
        id: draft.id,
        outlet: Some(draft.host),
        text: draft.text,
        ..Doc::default()
    };
    let docs = drafts.into_iter().map(doc).collect();
    LabelledSet { name: "generated".to_owned(), docs, labels: Pairs(labels) }
}

/// What `one` is to `other`, as far as it can be seen from this side.
fn label(one: &Draft, other: &Draft) -> Option<(Label, String)> {
    if let (Some((base, edit)), Some((its_base, its_edit))) = (one.copy, other.copy) {
        // The base first, then by name, so that a kind has one spelling.
        let mut edits = [edit, its_edit].map(|name| (name != "base", name));
        edits.sort_unstable();
        let kind = format!("{}+{}", edits[0].1, edits[1].1);
        return (base == its_base).then_some((Label::Reprint, kind));
    }
    if let Some((main, "base")) = one.copy
        && other.main == Some(main)
    {
        return Some((Label::Reprint, "merge-main".to_owned()));
    }
    let shares = |(base, _): &&(usize, &str)| {
        one.copy.iter().chain(&one.parts).any(|(its_base, _)| its_base == base)
    };
    let (_, kind) = other.parts.iter().find(shares)?;
    Some((Label::Partial, (*kind).to_owned()))
}

#[cfg(test)]
mod tests;
