//! Figures as claims: who said which number of dead, injured, missing, arrested or evacuated people.
//!
//! Comes in: title and first sentence of texts, with their sources. Goes out: the change of a claim, if the same
//! source said another number before. It reads English, and only explicit patterns: everything less certain is
//! not told. Two sources that differ are two claims, and never a change.

use std::collections::BTreeSet;

use jiff::Timestamp;
use wirefold_text::Text;
use wirefold_text::extract::numbers;

use super::statement::{Statement, first_sentence};

/// A text, and who says it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    /// The credited agency; an inferred one does not count.
    pub(super) agency: Option<&'a str>,
    pub(super) outlet: &'a str,
    pub(super) title: &'a str,
    pub(super) text: &'a str,
    pub(super) at: Timestamp,
}

/// A number of people in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Claim {
    role: &'static str,
    value: u64,
    /// The number with its qualifier, such as `at least 8`.
    said: String,
}

/// The claims and the names of a text's title and first sentence.
struct Said {
    claims: Vec<Claim>,
    names: BTreeSet<String>,
}

/// A change of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Changed {
    /// The claim and the one before, each with its source and time.
    pub(super) words: String,
    pub(super) old: u64,
    pub(super) new: u64,
    /// Whether the number changed by a quarter or more.
    pub(super) is_large: bool,
}

/// The role words that follow a number of people, and the verbs that stand before it.
const ROLES: [(&str, &[&str], &[&str]); 5] = [
    (
        "dead",
        &["dead", "killed", "die", "died", "dies", "deaths", "fatalities"],
        &["killed", "kills", "killing", "kill"],
    ),
    ("injured", &["injured", "hurt", "wounded"], &["injured", "injures", "injuring", "wounding"]),
    ("missing", &["missing", "unaccounted"], &[]),
    ("arrested", &["arrested", "detained"], &["arrested", "arrest", "arrests", "detained"]),
    ("evacuated", &["evacuated"], &["evacuated"]),
];
/// Words between a number and its role word.
const PEOPLE: [&str; 25] = [
    "people", "persons", "person", "men", "women", "man", "woman", "children", "workers",
    "students", "passengers", "sailors", "miners", "soldiers", "civilians", "residents", "were",
    "are", "was", "is", "have", "has", "been", "confirmed", "feared",
];
/// Words after a number whose role stands before it.
const BEHIND: [&str; 14] = [
    "", "in", "at", "on", "near", "after", "as", "and", "by", "when", "from", "off", "during", "to",
];
/// Phrases before a number that belong to it.
const QUALIFIERS: [&str; 10] = [
    "at least", "about", "around", "nearly", "almost", "more than", "up to", "as many as", "some",
    "over",
];
/// Words of a sentence about another time.
const PAST: [&str; 11] = [
    "last winter", "last year", "last month", "last week", "last summer", "ago", "anniversary",
    "previous", "since", "earlier storm", "history",
];
/// The most words between a number and its role.
const NEAR: usize = 4;
/// Years are no counts.
const YEARS: std::ops::Range<u64> = 1_800..2_200;

/// The change of a claim of a text against what its source said before. `earlier` are the other texts of the event.
pub(super) fn changed(own: &Source<'_>, earlier: &[Source<'_>]) -> Option<Changed> {
    let said = Said::of(own);
    if said.claims.is_empty() {
        return None;
    }
    let earlier: Vec<(&Source<'_>, Said)> =
        earlier.iter().map(|other| (other, Said::of(other))).collect();
    said.claims.iter().find_map(|claim| {
        let is_same_source = |other: &Source<'_>| match own.agency {
            Some(agency) => other.agency == Some(agency),
            None => other.agency.is_none() && other.outlet == own.outlet,
        };
        let here = || earlier.iter().filter(|(_, there)| said.is_of_one_place_with(there));
        let before = here().rev().filter(|(other, _)| is_same_source(other));
        let with_claim = |(other, there): &'_ (&Source<'_>, Said)| {
            Some((there.claims.iter().find(|it| it.role == claim.role)?.clone(), other.at))
        };
        let (old, at) = before.filter_map(with_claim).next()?;
        let is_same = |it: &Claim| it.role == claim.role && it.value == claim.value;
        let is_confirmed = own.agency.is_some()
            || here().any(|(other, there)| {
                other.outlet != own.outlet && there.claims.iter().any(is_same)
            });
        let difference = claim.value.abs_diff(old.value);
        let name = own.agency.unwrap_or(own.outlet);
        let words =
            format!("{name} {}: {} {} ({name} {at}: {})", own.at, claim.said, claim.role, old.said);
        (difference > 0 && is_confirmed).then(|| Changed {
            words,
            old: old.value,
            new: claim.value,
            is_large: difference * 4 >= old.value,
        })
    })
}

impl Said {
    fn of(source: &Source<'_>) -> Self {
        let sentence = first_sentence(source.text).unwrap_or_default();
        let both = [source.title, sentence.as_str()];
        let names = both.into_iter().flat_map(|said| Statement::of(said).names).collect();
        Self { claims: clear_claims(both), names }
    }

    /// Whether two texts share a name, and no names of one stand against others of the other.
    fn is_of_one_place_with(&self, other: &Self) -> bool {
        let (here, there) = (&self.names, &other.names);
        let has_own = here.difference(there).next().is_some();
        let has_other = there.difference(here).next().is_some();
        !(here.is_disjoint(there) || has_own && has_other)
    }
}

/// The claims of title and first sentence. A role with two values has none.
fn clear_claims(both: [&str; 2]) -> Vec<Claim> {
    let all: Vec<Claim> = both.into_iter().flat_map(claims_of_statement).collect();
    let is_clear =
        |claim: &Claim| all.iter().all(|it| it.role != claim.role || it.value == claim.value);
    // The sentence has the qualifier more often than the title.
    let mut clear: Vec<Claim> = all.iter().rev().filter(|claim| is_clear(claim)).cloned().collect();
    clear.dedup_by(|one, other| one.role == other.role);
    clear
}

fn claims_of_statement(said: &str) -> Vec<Claim> {
    let text = Text::new(said);
    let all = numbers(&text, 0..text.words().len());
    let value = |it: &wirefold_text::extract::Number| it.value.parse::<u64>().ok();
    let lower = said.to_lowercase();
    let has_year = all.iter().filter_map(value).any(|value| YEARS.contains(&value));
    let is_past = has_year || PAST.iter().any(|word| lower.contains(word));
    let counted = all.iter().filter(|_| !is_past);
    let claims = counted.filter_map(|number| {
        let before: Vec<String> = words_of(said.get(..number.span.start)?);
        let (qualifier, before) = qualified(&before);
        let behind = said.get(number.span.end..)?;
        if !behind.starts_with([' ', ',', '.', ';', ':', ')']) && !behind.is_empty() {
            return None;
        }
        let role = role_behind(behind).filter(|_| !is_part_of_name(said, number.span.start));
        let role = role.or_else(|| role_before(before, behind))?;
        let is_other = matches!(before.last().map(String::as_str), Some("not" | "of" | "another"));
        let feared = if words_of(behind).iter().take(NEAR).any(|it| it == "feared") {
            "feared "
        } else {
            ""
        };
        let count = value(number).filter(|_| !is_other)?;
        Some(Claim { role, value: count, said: format!("{feared}{qualifier}{count}") })
    });
    claims.collect()
}

/// Whether the word before a number is a name, as in `Road 9`. At the start of a statement it may be none.
fn is_part_of_name(said: &str, number: usize) -> bool {
    let before = said.get(..number).unwrap_or_default().trim_end();
    let (rest, word) = before.rsplit_once(' ').unwrap_or(("", before));
    let is_name = word.chars().next().is_some_and(char::is_uppercase);
    let is_open = word.chars().next_back().is_some_and(char::is_alphanumeric);
    let is_number_word = QUALIFIERS.iter().any(|it| it.ends_with(&word.to_lowercase()));
    is_name && is_open && !is_number_word && (!rest.is_empty() || before == word)
}

/// The words of a text, in lower case.
fn words_of(text: &str) -> Vec<String> {
    let words = text.split_whitespace().map(str::to_lowercase);
    words.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned()).collect()
}

/// The qualifier of a number, with a space, and the words before it.
fn qualified(before: &[String]) -> (String, &[String]) {
    let found = QUALIFIERS.iter().find_map(|phrase| {
        let count = phrase.split(' ').count();
        let start = before.len().checked_sub(count)?;
        (before[start..].join(" ") == *phrase).then_some((format!("{phrase} "), start))
    });
    let (qualifier, end) = found.unwrap_or((String::new(), before.len()));
    (qualifier, &before[..end])
}

/// The role of a number before its role word. `four wounded students left` says no more of them.
fn role_behind(behind: &str) -> Option<&'static str> {
    let sentence = behind.split([',', '.', ';', ':']).next().unwrap_or_default();
    let near = words_of(sentence);
    let is_people = |word: &&String| PEOPLE.contains(&word.as_str());
    let mut rest = near.iter().take(NEAR + 1).skip_while(is_people);
    let word = rest.next()?.as_str();
    let found = ROLES.iter().find(|(_, words, _)| words.contains(&word)).map(|(role, ..)| *role);
    found.filter(|_| !rest.next().is_some_and(|next| is_people(&next)))
}

fn role_before(before: &[String], behind: &str) -> Option<&'static str> {
    let is_closed = behind.starts_with([',', '.', ';', ')']);
    let next = words_of(behind).first().cloned().unwrap_or_default();
    if !is_closed && !BEHIND.contains(&next.as_str()) && !PEOPLE.contains(&next.as_str()) {
        return None;
    }
    let last = before.last()?.as_str();
    let is_toll = matches!(last, "to" | "at")
        && before.iter().rev().take(NEAR + 2).any(|word| word == "toll");
    let verb = ROLES.iter().find(|(_, _, verbs)| verbs.contains(&last)).map(|(role, ..)| *role);
    if is_toll { Some("dead") } else { verb }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(said: &str, expected: &[(&str, &str)]) {
        let found = claims_of_statement(said);
        let found: Vec<_> = found.iter().map(|it| (it.role, it.said.as_str())).collect();
        assert_eq!(found, expected, "{said}");
    }

    #[test]
    fn a_claim_has_an_explicit_role() {
        check("At least nine killed as night train derails", &[("dead", "at least 9")]);
        check("14 injured, not 140, in derailment", &[("injured", "14")]);
        check("Storm toll rises to 11", &[("dead", "11")]);
        check(
            "A train fell into a field, killing at least nine people and injuring 140, the county said.",
            &[("dead", "at least 9"), ("injured", "140")],
        );
        check("11 people are feared dead", &[("dead", "feared 11")]);
    }

    #[test]
    fn nothing_else_is_a_claim() {
        for said in [
            "Water ran through two villages and killed cattle",
            "The mayor, 84, died on Monday",
            "An 84-year-old man died",
            "He died in 2004",
            "The storm of 1987 killed 44",
            "Bertil, last winter's storm, killed 19 people",
            "Killing three dogs, the fire spread",
            "Third worker dies",
            "Four wounded students left; two of three missing sailors were found",
            "Road 9 dead end",
            "killing three people and wounding five others",
        ] {
            let found = claims_of_statement(said);
            assert!(
                found.iter().all(|it| it.value == 3 && said.contains("three people")),
                "{said}: {found:?}"
            );
        }
    }

    fn source<'a>(agency: Option<&'a str>, outlet: &'a str, title: &'a str) -> Source<'a> {
        Source { agency, outlet, title, text: "", at: Timestamp::UNIX_EPOCH }
    }

    #[test]
    fn a_change_is_told_of_one_source_and_one_place() {
        let first = source(Some("AP"), "a.example", "At least three dead at Gallowbeck");
        let check = |own: &Source<'_>, earlier: &[Source<'_>], expected: Option<bool>| {
            let found = changed(own, earlier);
            assert_eq!(found.map(|it| it.is_large), expected, "{own:?}");
        };
        let more = source(Some("AP"), "b.example", "Eight dead at Gallowbeck");
        check(&more, &[first], Some(true));
        assert_eq!(
            changed(&more, &[first]).expect("a change").words,
            "AP 1970-01-01T00:00:00Z: 8 dead (AP 1970-01-01T00:00:00Z: at least 3)"
        );
        check(&Source { agency: Some("Reuters"), ..more }, &[first], None);
        check(&Source { agency: None, ..more }, &[first], None);
        check(&Source { title: "Eight dead at Lowport", ..more }, &[first], None);
        check(&Source { title: "Three dead at Gallowbeck", ..more }, &[first], None);
        // An outlet of its own needs another that says the same.
        let own = source(None, "a.example", "Nine dead at Gallowbeck");
        let before = source(None, "a.example", "Eight dead at Gallowbeck");
        let other = source(None, "c.example", "Nine killed at Gallowbeck");
        check(&own, &[before], None);
        check(&own, &[before, other], Some(false));
        check(&own, &[other], None);
    }
}
