//! Figures as claims: who said which number of dead, injured, missing, arrested or evacuated people.
//!
//! Comes in: the figures that the enricher found, and the sources of texts. Goes out: the change of a claim, if the
//! same source said another number before. The enricher marks the claims; everything less certain is not told. Two
//! sources that differ are two claims, and never a change.

use std::collections::BTreeSet;

use wirefold_proto::{AlertClaim, Confidence, Figure, FigureRole};
use wirefold_text::Text;
use wirefold_text::extract::{dateline, is_people, name_key};

use super::facts::{OPENING, ReadText, StoredText, has_number};
use super::figures::label;
use super::statement::{Statement, without_outlet};
use crate::wording::cut;

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

/// The claims of a text about all people of a role, among its figures.
pub(super) fn claims_of(figures: &[Figure]) -> Vec<AlertClaim> {
    let of_people = |figure: &&Figure| {
        let is_exact = figure.value_to.is_none() && figure.role != Some(FigureRole::Rescued);
        figure.claim && is_exact && figure.unit.as_deref().is_none_or(is_people)
    };
    let claim = |figure: &Figure| {
        let (role, value) = (figure.role?, figure.value.as_u64()?);
        Some(AlertClaim { role, value, qualifier: figure.qualifier })
    };
    let mut claims: Vec<AlertClaim> = figures.iter().filter(of_people).filter_map(claim).collect();
    claims.dedup_by_key(|it| it.role);
    claims
}

/// The change of a claim of a text, which its title states, too, against what its source said before of the same places.
/// `earlier` are the other texts of the event.
pub(super) fn changed(own: &StoredText, earlier: &[StoredText]) -> Option<Changed> {
    if own.0.claims.is_empty() {
        return None;
    }
    let names = own.1.names();
    let place = place_of(&own.1);
    let has_this_dateline =
        |other: &ReadText| place.is_empty() || [&*place, ""].contains(&&*place_of(other));
    let is_here = |(_, other): &&StoredText| {
        let is_near = || own.1.is_version_of(other) || has_this_dateline(other);
        are_of_one_place(&names, &other.names()) && is_near()
    };
    let here: Vec<&StoredText> =
        earlier.iter().filter(|other| !other.0.claims.is_empty()).filter(is_here).collect();
    let agency = credited(own);
    let title = without_outlet(own.1.title());
    let sentence = own.1.first_sentence().map_or("", |said| &said.words);
    let mut told = own.0.claims.iter().filter(|claim| has_number(title, claim.value));
    told.find_map(|claim| {
        let named = names_with(claim.value, sentence);
        let of_role =
            |other: &StoredText| other.0.claims.iter().find(|it| it.role == claim.role).copied();
        let names_agree = |other: &StoredText| {
            let theirs = other.1.first_sentence().map_or("", |said| &said.words);
            named == of_role(other).map(|it| names_with(it.value, theirs)).unwrap_or_default()
        };
        let is_same_source = |other: &StoredText| match agency {
            Some(agency) => credited(other) == Some(agency),
            None => credited(other).is_none() && other.0.outlet == own.0.outlet,
        };
        let is_before = |other: &&StoredText| is_same_source(other) && names_agree(other);
        let before: Vec<&StoredText> = here.iter().copied().filter(is_before).collect();
        let says = |other: &StoredText, it: AlertClaim| {
            other.0.claims.iter().any(|that| (that.role, that.value) == (it.role, it.value))
        };
        // A late copy repeats what its source said before.
        let is_said = before.iter().any(|other| says(other, *claim));
        let old = before.iter().rev().find_map(|other| of_role(other)).filter(|_| !is_said)?;
        // Copies come later: the source said it when the first of them came.
        let at = before.iter().filter(|other| says(other, old)).map(|other| other.0.seen).min()?;
        let is_confirmed = agency.is_some()
            || here.iter().any(|other| other.0.outlet != own.0.outlet && says(other, *claim));
        // Fewer dead are a correction, or those of another place or kind.
        let may_fall = !matches!(claim.role, FigureRole::Killed | FigureRole::Injured);
        let difference = claim.value.abs_diff(old.value);
        let is_told = earlier.iter().any(|other| says(other, *claim));
        let name = agency.unwrap_or(own.0.outlet.as_str());
        let (now, then) = (describe(*claim), describe(old));
        let role = label(claim.role);
        let words = format!("{name} {}: {now} {role} ({name} {at}: {then})", own.0.seen);
        (is_confirmed && (may_fall || claim.value > old.value)).then(|| Changed {
            words,
            old: old.value,
            new: claim.value,
            is_large: difference * 4 >= old.value && !is_told,
        })
    })
}

/// The place of the dateline.
fn place_of(text: &ReadText) -> String {
    let opening = cut(text.text(), OPENING);
    dateline(&Text::new(&opening)).map(|found| name_key(&found.place)).unwrap_or_default()
}

/// The agency that a text surely credits; an inferred one does not count.
fn credited((article, _): &StoredText) -> Option<&str> {
    let agency = article.agency.as_ref().filter(|by| by.confidence == Confidence::Certainly);
    agency.map(|agency| &*agency.name)
}

/// The number with its qualifier, such as `at least 8`.
fn describe(claim: AlertClaim) -> String {
    let qualifier = claim.qualifier.map(|it| format!("{} ", it.describe())).unwrap_or_default();
    format!("{qualifier}{}", claim.value)
}

/// Whether two texts share a name, and no names of one stand against others of the other.
fn are_of_one_place(here: &BTreeSet<String>, there: &BTreeSet<String>) -> bool {
    let has_own = here.difference(there).next().is_some();
    let has_other = there.difference(here).next().is_some();
    !(here.is_disjoint(there) || has_own && has_other)
}

/// The names in the clauses of a sentence that have a number: it may be of another place.
fn names_with(value: u64, sentence: &str) -> BTreeSet<String> {
    let clauses = sentence.split([',', ';', ':', '–', '—']);
    let clauses = clauses.filter(|clause| has_number(clause, value));
    clauses.flat_map(|clause| Statement::of(clause).names).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use wirefold_proto::Qualifier;

    use super::*;

    #[test]
    fn claims_count_all_people_of_a_role() {
        let figure = |value: u64, role: &str, unit: Option<&str>, claim: bool| {
            let figure = serde_json::json!({
                "value": value, "words": "", "unit": unit, "role": role, "claim": claim, "how": "rule",
            });
            serde_json::from_value::<Figure>(figure).expect("a figure")
        };
        let all = [
            figure(47, "killed", None, false),
            figure(9, "killed", Some("children"), true),
            figure(8, "killed", Some("menschen"), true),
            figure(3, "rescued", None, true),
        ];
        let found: Vec<u64> = claims_of(&all).iter().map(|it| it.value).collect();
        assert_eq!(found, [8]);
    }

    fn source(
        agency: Option<&str>,
        outlet: &str,
        title: &str,
        claims: &[AlertClaim],
    ) -> StoredText {
        let text = ReadText::sample("a", title, "");
        let agency =
            agency.map(|name| serde_json::json!({"name": name, "confidence": "certainly"}));
        let article = serde_json::json!({
            "id": text.id, "enriched": 1, "outlet": outlet, "title": title, "agency": agency, "claims": claims,
            "seen": "1970-01-01T00:00:00Z",
        });
        let article = serde_json::from_value(article).expect("an article of an alert");
        (article, Arc::new(text))
    }

    #[test]
    fn a_change_is_told_of_one_source_and_one_place() {
        let [three, eight, nine] = [3, 8, 9].map(|value| {
            let qualifier = (value == 3).then_some(Qualifier::AtLeast);
            [AlertClaim { role: FigureRole::Killed, value, qualifier }]
        });
        let first = || source(Some("AP"), "a.example", "Dead at Gallowbeck", &three);
        let check = |own: StoredText, earlier: &[StoredText], expected: Option<bool>| {
            let found = changed(&own, earlier);
            assert_eq!(found.map(|it| it.is_large), expected, "{own:?}");
        };
        let more = |agency| source(agency, "b.example", "8 dead at Gallowbeck", &eight);
        check(more(Some("AP")), &[first()], Some(true));
        assert_eq!(
            changed(&more(Some("AP")), &[first()]).expect("a change").words,
            "AP 1970-01-01T00:00:00Z: 8 dead (AP 1970-01-01T00:00:00Z: at least 3)"
        );
        check(more(Some("Reuters")), &[first()], None);
        check(more(None), &[first()], None);
        check(source(Some("AP"), "b.example", "8 dead at Lowport", &eight), &[first()], None);
        check(source(Some("AP"), "b.example", "Dead at Gallowbeck", &eight), &[first()], None);
        check(source(Some("AP"), "b.example", "3 dead at Gallowbeck", &three), &[first()], None);
        // An outlet of its own needs another that says the same.
        let own = || source(None, "a.example", "Nine dead at Gallowbeck", &nine);
        let before = || source(None, "a.example", "Dead at Gallowbeck", &eight);
        let other = || source(None, "c.example", "Killed at Gallowbeck", &nine);
        check(own(), &[before()], None);
        check(own(), &[before(), other()], Some(false));
        check(own(), &[other()], None);
        // A late copy, and a place that the agency did not name.
        check(first(), &[first(), more(Some("AP"))], None);
        let (title, said) = ("8 dead at Gallowbeck", "In the town of Pellmoor 8 died, AP said.");
        let mut elsewhere = more(Some("AP"));
        elsewhere.1 = Arc::new(ReadText::sample("a", title, said));
        check(elsewhere, &[first()], None);
        let at = |dateline: &str, headline: &str, value: u64| {
            let claims = [AlertClaim { role: FigureRole::Killed, value, qualifier: None }];
            let mut article = source(Some("AP"), "a.example", headline, &claims);
            let lede = format!("{dateline} — {value} people were killed in a blaze in Vardia.");
            article.1 = Arc::new(ReadText::sample(headline, headline, &lede));
            article
        };
        let kell = || at("KELL, Vardia (AP)", "5 killed in blaze in Vardia", 5);
        check(at("KELL, Vardia (AP)", "9 killed in blaze in Vardia", 9), &[kell()], Some(true));
        check(at("LOWPORT, Vardia (AP)", "9 killed in blaze in Vardia", 9), &[kell()], None);
        let north = || at("(AP)", "5 killed in blaze in northern Vardia", 5);
        check(at("(AP)", "9 killed in blaze in southern Vardia", 9), &[north()], None);
    }
}
