//! Quotations of an event, each with its wordings and carriers.
//!
//! Wordings are compared from the longest to the shortest, each with the fullest one of the groups that share
//! a run of words with it. So the groups do not depend on the order of articles, and no chain of small
//! differences joins two speeches.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use wirefold_proto::{EntityKind, LanguageTag};

use super::wording::{Speakers, Words, difference, name_words, speakers};
use super::{InStory, MOST_CARRIERS, outlets_and_texts};
use crate::shapes::{Carrier, Difference, QuotationRecord, Wording};

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
struct Group {
    members: Vec<(usize, Difference)>,
}

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
            let name = speaker.and_then(|name| name_words(name).last().copied());
            let of_whom = if words.is_short() { name } else { None };
            let key = (article.language(), words.key(), of_whom);
            let place = *places.entry(key).or_insert(wordings.len());
            if place == wordings.len() {
                if wordings.len() == MOST_WORDINGS {
                    return wordings;
                }
                let (text, language) = (quotation.words.as_str(), article.language());
                let by = BTreeMap::new();
                wordings.push(DistinctWording {
                    text,
                    words,
                    language,
                    by,
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
            let (full, other) = (&wordings[groups[group].members[0].0], &wordings[at]);
            form_of(full, other).map(|difference| (group, difference))
        });
        match found {
            Some((group, difference)) => groups[group].members.push((at, difference)),
            None => {
                index.enter(groups.len(), &wordings[at]);
                groups.push(Group { members: vec![(at, Difference::Fullest)] });
            }
        }
    }
    for group in &mut groups {
        group.members[1..].sort_by_key(|(at, _)| (wordings[*at].first(), *at));
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
        let mut groups: Vec<usize> =
            found.into_iter().take(CANDIDATES).map(|(group, _)| group).collect();
        if wording.words.is_short() {
            let name = wording.speaker.and_then(|name| name_words(name).last().copied());
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
        let name = wording.speaker.and_then(|name| name_words(name).last().copied());
        if let Some(name) = name {
            self.speakers.entry(name).or_default().push(group);
        }
    }
}

fn record(
    group: &Group,
    wordings: &[DistinctWording<'_>],
    people: &FullNames<'_>,
    articles: &[InStory],
) -> QuotationRecord {
    let members = || group.members.iter().map(|(at, _)| &wordings[*at]);
    let places: BTreeSet<usize> = members().flat_map(|member| member.by.keys().copied()).collect();
    let (outlets, texts) = outlets_and_texts(places.iter().map(|at| &articles[*at]));
    let (speaker, other_speakers) = name_speakers(members(), people, articles);
    let carrier = |at: usize| articles[at].1.carrier(articles[at].0);
    let wording = |(at, difference): &(usize, Difference)| {
        let member = &wordings[*at];
        let carriers: Vec<Carrier> =
            member.by.keys().take(MOST_CARRIERS).copied().map(carrier).collect();
        let more = member.by.len() - carriers.len();
        Wording {
            words: member.text.to_owned(),
            difference: *difference,
            carriers,
            more_carriers: u32::try_from(more).unwrap_or(u32::MAX),
        }
    };
    QuotationRecord {
        inferred: speaker.is_some() && !members().any(|member| member.is_named),
        speaker,
        other_speakers,
        language: wordings[group.members[0].0].language.clone(),
        // A group has a wording, and a wording an article.
        first: carrier(places.first().copied().unwrap_or_default()),
        outlets,
        texts,
        wordings: group.members.iter().map(wording).collect(),
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
        stories: BTreeSet<String>,
        first: usize,
    }
    let mut people: Vec<Person<'_>> = Vec::new();
    for (at, name) in members.flat_map(|wording| &wording.by) {
        let Some(name) = *name else { continue };
        let story = articles[*at].0.to_string();
        let is_same =
            |person: &&mut Person<'_>| speakers(Some(person.name), Some(name)) == Speakers::Same;
        match people.iter_mut().find(is_same) {
            Some(person) => {
                person.stories.insert(story);
                person.first = person.first.min(*at);
                if name.chars().count() > person.name.chars().count() {
                    person.name = name;
                }
            }
            None => people.push(Person { name, stories: BTreeSet::from([story]), first: *at }),
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
