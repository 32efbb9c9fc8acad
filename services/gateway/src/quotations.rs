//! Quotations of an event, each with its wordings and carriers.
//!
//! Wordings are compared from the longest to the shortest, each with the fullest one of the groups that share
//! a run of words with it. So the groups do not depend on the order of articles, and no chain of small
//! differences joins two speeches.
//!
//! Outlets shorten quotations, begin or stop elsewhere, and sometimes change a word. Two wordings are one
//! quotation if one contains the other, if they share a long run, or if the longer one has most words of the
//! shorter one in the same order (longest common subsequence, Wagner & Fischer 1974).

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::Hasher as _;

use rustc_hash::{FxHashMap, FxHasher};
use wirefold_proto::{EntityKind, LanguageTag, StoryId};
use wirefold_text::each_search_word;

use crate::shapes::{Carrier, Difference, QuotationRecord, Wording};
use crate::statements::{InStory, MOST_CARRIERS, language_of, outlets_and_texts};
use crate::text::{Step, align};

/// The most quotations in an answer.
const MOST_RECORDS: usize = 100;
/// The most wordings of one event that are grouped; those of the first articles.
const MOST_WORDINGS: usize = 10_000;
/// A shorter quotation without a speaker is a word in quotation marks, not speech.
const LEAST_WORDS: usize = 3;
/// A run of words in more groups than this is a common phrase, and is not used to find groups.
const STOCK: usize = 32;
/// The most groups that a wording is compared with, those with most runs in common first.
const CANDIDATES: usize = 8;
/// The most quotations of one speaker that a short one is compared with.
const OF_ONE_SPEAKER: usize = 64;

/// One wording, with every article that has it.
struct DistinctWording<'a> {
    /// The words in the first article that has it.
    text: &'a str,
    words: Words,
    language: LanguageTag,
    /// The indexes of the articles, each with the speaker that it names.
    by: BTreeMap<usize, Option<&'a str>>,
    /// The speaker that most of them name.
    speaker: Option<&'a str>,
    /// Whether an article names the speaker next to the words.
    is_named: bool,
}

impl<'a> DistinctWording<'a> {
    /// The speaker that most articles name. Among equals, the one that was named first.
    fn most_named(&self) -> Option<&'a str> {
        let mut times: BTreeMap<&str, (usize, Reverse<usize>)> = BTreeMap::new();
        for (at, name) in &self.by {
            let Some(name) = *name else { continue };
            times.entry(name).or_insert((0, Reverse(*at))).0 += 1;
        }
        times.into_iter().max_by_key(|(_, times)| *times).map(|(name, _)| name)
    }

    fn first(&self) -> usize {
        self.by.keys().next().copied().unwrap_or_default()
    }
}

/// The wordings of one quotation, the fullest first.
type Group = Vec<(usize, Difference)>;

/// The quotations of these articles, those in most texts first, and the number that were left out.
pub(super) fn records(articles: &[InStory]) -> (Vec<QuotationRecord>, u32) {
    let mut wordings = distinct_wordings(articles);
    wordings.iter_mut().for_each(|one| one.speaker = one.most_named());
    let groups = groups(&wordings);
    let people = full_names(articles);
    let mut records: Vec<QuotationRecord> =
        groups.iter().map(|group| record(group, &wordings, &people, articles)).collect();
    records.sort_by(|a, b| {
        let key = |it: &QuotationRecord| (Reverse(it.texts), Reverse(it.outlets), it.first.seen);
        key(a).cmp(&key(b)).then_with(|| a.wordings[0].words.cmp(&b.wordings[0].words))
    });
    let more = records.len().saturating_sub(MOST_RECORDS);
    records.truncate(MOST_RECORDS);
    (records, u32::try_from(more).unwrap_or(u32::MAX))
}

/// Each wording once.
fn distinct_wordings(articles: &[InStory]) -> Vec<DistinctWording<'_>> {
    let mut wordings: Vec<DistinctWording<'_>> = Vec::new();
    let mut places: FxHashMap<(LanguageTag, u64, Option<u64>), usize> = FxHashMap::default();
    for (at, (_, article)) in articles.iter().enumerate() {
        for quotation in &article.findings.quotations {
            let words = Words::new(&quotation.words);
            let speaker = quotation.speaker.as_deref();
            if words.length < LEAST_WORDS && (speaker.is_none() || words.length == 0) {
                continue;
            }
            // The same few words of two speakers are two quotations.
            let of_whom = if words.is_short() { last_word(speaker) } else { None };
            let key = (language_of(article), words.key(), of_whom);
            let place = *places.entry(key).or_insert(wordings.len());
            if place == wordings.len() {
                if wordings.len() == MOST_WORDINGS {
                    return wordings;
                }
                wordings.push(DistinctWording {
                    text: &quotation.words,
                    words,
                    language: language_of(article),
                    by: BTreeMap::new(),
                    speaker: None,
                    is_named: false,
                });
            }
            wordings[place].is_named |= speaker.is_some() && !quotation.inferred;
            let named = wordings[place].by.entry(at).or_insert(speaker);
            *named = named.or(speaker);
        }
    }
    wordings
}

fn groups(wordings: &[DistinctWording<'_>]) -> Vec<Group> {
    let mut order: Vec<usize> = (0..wordings.len()).collect();
    order.sort_by_key(|at| (Reverse(wordings[*at].words.length), wordings[*at].first(), *at));
    let mut groups: Vec<Group> = Vec::new();
    let mut index = Index::default();
    for at in order {
        let candidates = index.candidates(&wordings[at]);
        let found = candidates.into_iter().find_map(|group| {
            let (full, other) = (&wordings[groups[group][0].0], &wordings[at]);
            form_of(full, other).map(|difference| (group, difference))
        });
        match found {
            Some((group, difference)) => groups[group].push((at, difference)),
            None => {
                index.enter(groups.len(), &wordings[at]);
                groups.push(vec![(at, Difference::Fullest)]);
            }
        }
    }
    for group in &mut groups {
        group[1..].sort_by_key(|(at, _)| (wordings[*at].first(), *at));
    }
    groups
}

/// How a wording differs from a fuller one, if both are one quotation.
fn form_of(full: &DistinctWording<'_>, other: &DistinctWording<'_>) -> Option<Difference> {
    let by = speakers(full.speaker, other.speaker);
    let found = difference(&full.words, &other.words, by)?;
    // Texts in two languages share names and figures. Their quotations are one only if one contains the
    // other.
    let is_one_language = full.language == other.language;
    (is_one_language || found == Difference::Shortened).then_some(found)
}

/// Finds groups by runs of words, and by speaker for short quotations.
#[derive(Default)]
struct Index {
    runs: FxHashMap<u64, Vec<usize>>,
    speakers: FxHashMap<u64, Vec<usize>>,
}

impl Index {
    /// The groups that a wording may belong to, the likeliest first.
    fn candidates(&self, wording: &DistinctWording<'_>) -> Vec<usize> {
        let mut shared: BTreeMap<usize, usize> = BTreeMap::new();
        for run in wording.words.runs() {
            let groups = self.runs.get(&run).filter(|groups| groups.len() <= STOCK);
            groups.into_iter().flatten().for_each(|group| *shared.entry(*group).or_default() += 1);
        }
        let mut found: Vec<(usize, usize)> = shared.into_iter().collect();
        found.sort_by_key(|(group, runs)| (Reverse(*runs), *group));
        found.truncate(CANDIDATES);
        let mut groups: Vec<usize> = found.into_iter().map(|(group, _)| group).collect();
        if wording.words.is_short() {
            let name = last_word(wording.speaker);
            let of_speaker = name.and_then(|name| self.speakers.get(&name)).into_iter().flatten();
            let more: Vec<usize> = of_speaker.filter(|it| !groups.contains(it)).copied().collect();
            groups.extend(more.into_iter().take(OF_ONE_SPEAKER));
        }
        groups
    }

    fn enter(&mut self, group: usize, wording: &DistinctWording<'_>) {
        for run in wording.words.runs() {
            let groups = self.runs.entry(run).or_default();
            // One more than the limit marks the run as too common.
            if groups.len() <= STOCK && groups.last() != Some(&group) {
                groups.push(group);
            }
        }
        if let Some(name) = last_word(wording.speaker) {
            self.speakers.entry(name).or_default().push(group);
        }
    }
}

fn record(
    group: &[(usize, Difference)],
    wordings: &[DistinctWording<'_>],
    people: &FullNames<'_>,
    articles: &[InStory],
) -> QuotationRecord {
    let members = || group.iter().map(|(at, _)| &wordings[*at]);
    let places: BTreeSet<usize> = members().flat_map(|member| member.by.keys().copied()).collect();
    let (outlets, texts) = outlets_and_texts(places.iter().map(|at| &articles[*at]));
    let (speaker, other_speakers) = name_speakers(members(), people, articles);
    let carrier = |at: usize| Carrier::of(&articles[at]);
    let wording = |(at, difference): &(usize, Difference)| {
        let member = &wordings[*at];
        let more = member.by.len().saturating_sub(MOST_CARRIERS);
        Wording {
            words: member.text.to_owned(),
            difference: *difference,
            carriers: member.by.keys().take(MOST_CARRIERS).copied().map(carrier).collect(),
            more_carriers: u32::try_from(more).unwrap_or(u32::MAX),
        }
    };
    QuotationRecord {
        inferred: speaker.is_some() && !members().any(|member| member.is_named),
        speaker,
        other_speakers,
        language: wordings[group[0].0].language.clone(),
        // A group has a wording, and a wording an article.
        first: carrier(places.first().copied().unwrap_or_default()),
        outlets,
        texts,
        wordings: group.iter().map(wording).collect(),
    }
}

/// For each last name, the full name that most articles of the event use.
type FullNames<'a> = FxHashMap<u64, &'a str>;

fn full_names(articles: &[InStory]) -> FullNames<'_> {
    let mut times: BTreeMap<(u64, &str), usize> = BTreeMap::new();
    for (_, article) in articles {
        let people = article.findings.entities.iter().filter(|it| it.kind == EntityKind::Person);
        for person in people {
            if let [_, .., last] = name_words(&person.name).as_slice() {
                *times.entry((*last, person.name.as_str())).or_default() += 1;
            }
        }
    }
    let mut most: FxHashMap<u64, (usize, &str)> = FxHashMap::default();
    for ((last, name), articles_with) in times {
        let best = most.entry(last).or_insert((articles_with, name));
        if articles_with > best.0 {
            *best = (articles_with, name);
        }
    }
    most.into_iter().map(|(last, (_, name))| (last, name)).collect()
}

/// The speaker that most texts name, in the fullest form of the name, and the speakers that others name.
fn name_speakers<'a>(
    members: impl Iterator<Item = &'a DistinctWording<'a>>,
    full_names: &FullNames<'a>,
    articles: &[InStory],
) -> (Option<String>, Vec<String>) {
    /// The forms of one person's name, and the stories that name them.
    struct Person<'a> {
        name: &'a str,
        stories: BTreeSet<StoryId>,
        first: usize,
    }
    let mut people: Vec<Person<'_>> = Vec::new();
    for (at, name) in members.flat_map(|wording| &wording.by) {
        let Some(name) = *name else { continue };
        let is_same = |it: &Person<'_>| speakers(Some(it.name), Some(name)) == Speakers::Same;
        let known = people.iter().position(is_same).unwrap_or_else(|| {
            people.push(Person { name, stories: BTreeSet::new(), first: *at });
            people.len() - 1
        });
        let person = &mut people[known];
        person.stories.insert(articles[*at].0);
        person.first = person.first.min(*at);
        if name.chars().count() > person.name.chars().count() {
            person.name = name;
        }
    }
    people.sort_by_key(|person| (Reverse(person.stories.len()), person.first, person.name));
    let full = |name: &'a str| match name_words(name).as_slice() {
        [last] => full_names.get(last).copied().unwrap_or(name),
        _ => name,
    };
    let mut names = people.into_iter().map(|person| full(person.name).to_owned());
    (names.next(), names.collect())
}

/// Only this many words are compared one by one.
const MOST_WORDS: usize = 160;
/// The length in words of the runs that find candidates.
pub(super) const RUN: usize = 3;
/// A shorter quotation is too little evidence by itself: the speaker must be the same too.
const SHORT: usize = 5;
/// The words that overlapping wordings share in one run, …
const LONG_RUN: usize = 8;
/// … which are this share of the shorter one at least.
const RUN_SHARE: f64 = 0.4;
/// The share of the shorter one's words that a reworded one keeps; of a short one; and where the texts
/// ascribe them to different people.
const ALIKE: f64 = 0.75;
const SHORT_ALIKE: f64 = 0.7;
const ALIKE_OF_OTHERS: f64 = 0.9;

/// The words of a quotation as they are compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Words {
    hashes: Vec<u64>,
    /// Its length in words. Two characters of a script without spaces count as one word.
    pub(super) length: usize,
}

impl Words {
    pub(super) fn new(quotation: &str) -> Self {
        let (mut hashes, mut characters) = (Vec::new(), 0);
        each_search_word(quotation, |word| {
            hashes.push(hash(word.normal));
            characters += usize::from(word.is_character);
        });
        let length = hashes.len() - characters / 2;
        Self { hashes, length }
    }

    /// A hash of all words in order.
    pub(super) fn key(&self) -> u64 {
        hash(self.hashes.as_slice())
    }

    /// A hash of each run of words.
    pub(super) fn runs(&self) -> impl Iterator<Item = u64> + '_ {
        self.hashes.windows(RUN).take(MOST_WORDS).map(hash)
    }

    pub(super) fn is_short(&self) -> bool {
        self.length < SHORT
    }

    fn compared(&self) -> &[u64] {
        &self.hashes[..self.hashes.len().min(MOST_WORDS)]
    }
}

fn hash<T: std::hash::Hash + ?Sized>(value: &T) -> u64 {
    let mut hasher = FxHasher::default();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Whether two wordings have the same speaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Speakers {
    /// Both speakers are named and are the same person.
    Same,
    /// At least one of them is not named.
    Open,
    /// Both speakers are named and are different people.
    Different,
}

/// Whether two names may be of one person: the last name of one is in the other.
pub(super) fn speakers(one: Option<&str>, other: Option<&str>) -> Speakers {
    let (Some(one), Some(other)) = (one, other) else { return Speakers::Open };
    let (one, other) = (name_words(one), name_words(other));
    let is_in = |last: Option<&u64>, all: &[u64]| last.is_some_and(|last| all.contains(last));
    let is_same = is_in(one.last(), &other) || is_in(other.last(), &one);
    if is_same { Speakers::Same } else { Speakers::Different }
}

/// The words of a name. The last one finds wordings by the same speaker.
pub(super) fn name_words(name: &str) -> Vec<u64> {
    let mut words = Vec::new();
    each_search_word(name, |word| words.push(hash(word.normal)));
    words
}

/// The last word of a speaker's name.
fn last_word(speaker: Option<&str>) -> Option<u64> {
    name_words(speaker?).last().copied()
}

/// How a wording differs from one that is at least as long; `None` if they are two quotations.
pub(super) fn difference(full: &Words, other: &Words, speakers: Speakers) -> Option<Difference> {
    let (long, short) = (full.compared(), other.compared());
    let is_by_same = speakers == Speakers::Same;
    let stands_in =
        short.len() <= long.len() && long.windows(short.len().max(1)).any(|window| window == short);
    if stands_in && (!other.is_short() || is_by_same) {
        return Some(Difference::Shortened);
    }
    if other.is_short() && !is_by_same {
        return None;
    }
    let common = Common::of(long, short);
    let share = |part: usize| part as f64 / short.len().max(1) as f64;
    let is_all = common.kept == short.len() && common.pieces <= 3;
    if is_all && common.extent <= 3 * short.len() && common.kept >= 2 * common.pieces {
        return Some(Difference::Shortened);
    }
    let least = match speakers {
        Speakers::Different => ALIKE_OF_OTHERS,
        _ if other.is_short() => SHORT_ALIKE,
        _ => ALIKE,
    };
    // A long speech has scattered words of another one by chance.
    let is_dense = common.extent <= short.len() + short.len() / 2 + 1;
    if share(common.kept) >= least && is_dense && common.kept >= 2 {
        return Some(Difference::Reworded);
    }
    let has_run = common.longest >= LONG_RUN && share(common.longest) >= RUN_SHARE;
    has_run.then_some(Difference::Overlapping)
}

/// The words that two sequences have in common, in order.
#[derive(Debug, Default)]
struct Common {
    /// The words.
    kept: usize,
    /// The runs that they are in.
    pieces: usize,
    /// How many words of the longer one lie between the first and the last of them, both included.
    extent: usize,
    /// The words of the longest run.
    longest: usize,
}

impl Common {
    fn of(long: &[u64], short: &[u64]) -> Self {
        let (mut first, mut run, mut common) = (None, 0, Self::default());
        for step in align(long, short) {
            let Step::Same { old, .. } = step else {
                run = 0;
                continue;
            };
            common.pieces += usize::from(run == 0);
            run += 1;
            common.kept += 1;
            common.longest = common.longest.max(run);
            common.extent = old + 1 - *first.get_or_insert(old);
        }
        common
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(full: &str, other: &str, speakers: Speakers) -> Option<Difference> {
        difference(&Words::new(full), &Words::new(other), speakers)
    }

    #[test]
    fn forms_of_one_quotation_are_told_from_others() {
        use Difference::{Overlapping, Reworded, Shortened};
        use Speakers::{Different, Open, Same};
        let speech = "We will open the harbour again before the first snow, whatever it costs us";
        let cases = [
            ("We will open the harbour again before the first snow", Open, Some(Shortened)),
            ("We will open the harbour before the first snow", Open, Some(Shortened)),
            ("We will open the port again before the first snow", Open, Some(Reworded)),
            ("We will open the port again before the first frost", Open, Some(Reworded)),
            ("We will open the port again before the first frost", Different, None),
            (
                "We will open our harbour again before the first snow, whatever it may cost us",
                Same,
                Some(Reworded),
            ),
            ("the first snow", Open, None),
            ("the first snow", Same, Some(Shortened)),
            ("It costs us the whole harbour and the first of the ships", Open, None),
            (
                "open the harbour again before the first snow, and then the market and the town hall",
                Open,
                Some(Overlapping),
            ),
            ("Nobody was in the house when it fell", Same, None),
        ];
        for (other, speakers, expected) in cases {
            assert_eq!(between(speech, other, speakers), expected, "{other:?}");
        }
        assert_eq!(
            between("quick and careful work", "quick, and patient work", Same),
            Some(Reworded)
        );
        assert_eq!(between("quick and careful work", "quick, and patient work", Open), None);
        assert_eq!(
            between("橋は来月から閉鎖される予定だ", "橋は来月から閉鎖される", Open),
            Some(Shortened)
        );
        assert_eq!(between("", "", Open), None);
    }

    #[test]
    fn a_last_name_is_enough() {
        assert_eq!(speakers(Some("Tom Lund"), Some("Lund")), Speakers::Same);
        assert_eq!(speakers(Some("Mayor Mara Voss"), Some("mara voss")), Speakers::Same);
        assert_eq!(speakers(Some("Tom Lund"), Some("Tom Berg")), Speakers::Different);
        assert_eq!(speakers(Some("Tom Lund"), None), Speakers::Open);
    }
}
