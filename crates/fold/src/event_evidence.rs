//! [`EventEvidence`]: how similar two stories are as reports of one happening.
//!
//! The similarity is the weighted mean of four shares: headlines, ledes, words and names. Headlines and ledes
//! weigh most, because they say what happened; words and names say mostly who is in the news. A shared
//! quotation adds to it, and it decreases with time.

use crate::signature::{Lookup, Part, Signature};

/// Stories are about one happening from this similarity on, and from up to 0.1 more if other events are similar
/// too.
pub(crate) const THRESHOLD: f64 = 0.14;
/// The time in hours after which the similarity is halved.
const HALF_LIFE: f64 = 38.0;
/// If a text has no names, this share of the cosine of all words replaces the cosine of names.
const WORDS_FOR_NAMES: f64 = 0.75;
/// Of two texts only the heaviest words are compared. Their similarity counts this much, for the others that they share.
const TEXTS: f64 = 1.07;
/// Of a few words many are shared by chance. The similarity to a headline without a text counts this much …
const HEADLINE: f64 = 0.57;
/// … that of two such headlines this much …
const TWO_HEADLINES: f64 = 0.38;
/// … and none if fewer words of the headline are in the other text or headline.
const SHARED_WORDS: usize = 2;
/// Two texts whose words have at least this cosine …
const TEMPLATE_WORDS: f64 = 0.5;
/// … and whose names have less than this are one template that was filled in twice.
const TEMPLATE_NAMES: f64 = 0.05;

/// A quotation that two texts share.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum SharedQuotation {
    /// They share none.
    #[default]
    None,
    /// One is in both. Further ones say nothing more, because officials are quoted for days.
    InTexts,
    /// One is in the openings of both, which are then almost certainly about one happening.
    InOpenings,
}

impl SharedQuotation {
    /// How much it adds to the similarity. In both openings it is enough by itself for more than a day.
    #[must_use]
    pub fn bonus(self) -> f64 {
        match self {
            SharedQuotation::None => 0.0,
            SharedQuotation::InTexts => 0.08,
            SharedQuotation::InOpenings => 0.3,
        }
    }
}

/// The measures of two stories. Shares are from 0 to 1.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct EventEvidence {
    /// The mean share of each headline in the other text and its lede; `None` if neither has a headline.
    pub title: Option<f64>,
    /// The cosine of the ledes.
    pub lede: f64,
    /// The cosine of all words.
    pub words: f64,
    /// The cosine of the rare names; `None` if neither text is in a script with capitals.
    pub names: Option<f64>,
    /// How much the similarity counts if one or both have little more than a headline; otherwise 1.
    pub(crate) headlines: f64,
    /// Whether they name other places or people, so that they are about two happenings: each in its headline, or both
    /// as one template that was filled in twice.
    pub names_differ: bool,
    /// The quotation that they share.
    pub quotation: SharedQuotation,
    /// The hours between them.
    pub hours: f64,
    /// How much of the new headline is in the earlier text, and of the earlier headline in the new text.
    pub(crate) told: [f64; 2],
}

/// How much of a headline is in another text, given its shares in all words and in the lede. The lede counts as much
/// as all words, because a long text has some words of any headline.
fn title_in(of: &Signature, told: f64, in_lede: f64) -> Option<f64> {
    (!of.title().is_empty()).then(|| f64::midpoint(told, of.title_tells * in_lede))
}

/// How much a similarity counts that may be to a headline without a text.
fn headlines(new: &Signature, old: &Signature) -> f64 {
    let (headline, other) = if new.is_headline { (new, old) } else { (old, new) };
    let shared = headline.title().terms().filter(|term| other.words().has(*term));
    match (new.is_headline, old.is_headline) {
        (false, false) => TEXTS,
        _ if shared.take(SHARED_WORDS).count() < SHARED_WORDS => 0.0,
        (true, true) => TWO_HEADLINES,
        _ => HEADLINE,
    }
}

impl EventEvidence {
    pub(crate) fn between(lookup: &Lookup<'_>, old: &Signature) -> EventEvidence {
        let new = lookup.of;
        let (words, new_in_words) = lookup.compare(Part::Words, old.words());
        let (lede, new_in_lede) = lookup.compare(Part::Lede, old.lede());
        let [old_in_words, old_in_lede] =
            [Part::Words, Part::Lede].map(|part| lookup.share_of(old.title(), part));
        let told = [new.title_tells * new_in_words, old.title_tells * old_in_words];
        let titles = [title_in(new, told[0], new_in_lede), title_in(old, told[1], old_in_lede)];
        let present = titles.iter().flatten();
        let count = present.clone().count();
        let both = new.names().zip(old.names());
        let names = both.filter(|(one, other)| !one.is_empty() && !other.is_empty());
        let names = names.map(|(_, other)| lookup.compare_names(other));
        let have_capitals = new.names().is_some() || old.names().is_some();
        EventEvidence {
            title: (count > 0).then(|| present.sum::<f64>() / count as f64),
            lede,
            words,
            names: names
                .map(|[_, names]| names)
                .or(have_capitals.then_some(WORDS_FOR_NAMES * words)),
            headlines: headlines(new, old),
            names_differ: new.names_others_than(old)
                || names
                    .is_some_and(|[names, _]| words >= TEMPLATE_WORDS && names < TEMPLATE_NAMES),
            quotation: shared_quotation(new, old),
            hours: (new.time - old.time).unsigned_abs() as f64 / 3600.0,
            told,
        }
    }

    /// The four shares with their weights in the mean.
    pub(crate) fn weighted(&self) -> [(f64, Option<f64>); 4] {
        [(0.4, self.title), (0.25, Some(self.lede)), (0.2, Some(self.words)), (0.15, self.names)]
    }

    /// The similarity of the texts alone, as if they were published at the same time. From 0 to 1, or a little
    /// more with a quotation.
    #[must_use]
    pub fn text_similarity(&self) -> f64 {
        let (mut sum, mut weights) = (0.0, 0.0);
        for (weight, share) in self.weighted() {
            sum += share.map_or(0.0, |share| weight * share);
            weights += share.map_or(0.0, |_| weight);
        }
        let mean = if self.names_differ { 0.0 } else { self.headlines * sum / weights };
        mean + self.quotation.bonus()
    }

    /// The factor by which the time between them reduces the similarity, 0 to 1.
    #[must_use]
    pub fn time_factor(&self) -> f64 {
        0.5_f64.powf(self.hours / HALF_LIFE)
    }

    /// The similarity. From 0 to 1, or a little more with a quotation.
    #[must_use]
    pub fn similarity(&self) -> f64 {
        self.text_similarity() * self.time_factor()
    }
}

/// An earlier story that a new one was compared with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ComparedStory {
    /// The number of the earlier story.
    pub story: u32,
    /// Their measures.
    pub evidence: EventEvidence,
}

fn shared_quotation(new: &Signature, old: &Signature) -> SharedQuotation {
    let theirs = old.quoted();
    let shared = new.quoted().iter().filter_map(|key| {
        let at = theirs.binary_search_by_key(&(key | 1), |their| their | 1).ok()?;
        Some(key & theirs[at] & 1)
    });
    match shared.max() {
        None => SharedQuotation::None,
        Some(0) => SharedQuotation::InTexts,
        Some(_) => SharedQuotation::InOpenings,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::headline::Headline;
    use crate::page::{Page, counted};
    use crate::rarity::Rarity;
    use wirefold_text::Text;

    const STRIKE: &str = "In Quayton the dockers of Ada Ruiz went on strike against Port Orla. They \
        want shorter shifts at night.";
    const AGAIN: &str = "Port Orla lay still as dockers in Quayton laid down their work, said their \
        head Ada Ruiz.";

    fn between(new: (&str, &str), old: (&str, &str), hours: i64) -> EventEvidence {
        let signature = |(title, text): (&str, &str), at: i64| {
            let (title, text) = (Headline::new(&Text::new(title)), Text::new(text));
            let page = Page::of(&text);
            let counted = counted(&page.terms);
            Signature::new(&text, &page, &counted, &title, at * 3600, &Rarity::default())
        };
        EventEvidence::between(&Lookup::new(&signature(new, hours)), &signature(old, 0))
    }

    #[test]
    fn similarity_halves_every_38_hours() {
        let at = |hours| between(("", STRIKE), ("", AGAIN), hours).similarity();
        assert!(at(0) > 0.2, "{}", at(0));
        assert!((at(38) - at(0) / 2.0).abs() < 1e-9);
    }

    #[test]
    fn a_headline_in_the_other_text_raises_the_similarity() {
        let with = |title| between((title, STRIKE), ("", AGAIN), 0);
        let (tells, other) = (with("Dockers close Port Orla"), with("Bread prize for Mill Hollow"));
        assert!(tells.title > other.title);
        assert!(tells.similarity() > other.similarity() + 0.1, "{tells:?}");
        let common = with("In the work");
        assert!(common.title < Some(0.2), "{common:?}");
        assert_eq!(with("").title, None);
    }

    #[test]
    fn headlines_without_texts_join_by_what_they_share() {
        let alone = |one, other| between((one, ""), (other, ""), 0).similarity();
        let fire = "Fire destroys cannery in Quayton harbour";
        assert!(alone(fire, "Quayton cannery lost in harbour fire") >= THRESHOLD);
        assert!(alone(fire, "Quayton council votes on bridge tolls") < THRESHOLD);
        let text = "A fire in the harbour of Quayton destroyed the cannery on Monday night.";
        assert!(between((fire, ""), ("A loss for the town", text), 0).similarity() >= THRESHOLD);
        assert!(between((fire, ""), ("", STRIKE), 0).similarity() < THRESHOLD);
    }

    #[test]
    fn one_name_in_common_says_nothing() {
        let names = |text| between(("", text), ("", STRIKE), 0).names;
        assert_eq!(names("The council of Quayton votes on bridge tolls."), Some(0.0));
        assert!(names("The council of Quayton talks with Ada Ruiz.") > Some(0.4));
    }

    #[test]
    fn a_template_with_different_names_is_a_different_happening() {
        let bond = |firm: &str, bank: &str| {
            format!(
                "A company, {firm}, is raising two hundred million crowns with a bond due in ten \
                 years, sold at par in a deal that the house of {bank} arranged on Monday."
            )
        };
        let of = |one: &str, other: &str| between(("", one), ("", other), 0);
        let (glass, corran) = (bond("Ostrava Glass", "Penrose"), bond("Corran", "Vale"));
        let one = of(&glass, &corran);
        assert!(one.words >= TEMPLATE_WORDS && one.similarity() == 0.0, "{one:?}");
        assert!(of(&corran, &corran).similarity() > 0.9);
    }

    #[test]
    fn a_fire_in_another_town_is_a_different_happening() {
        let fire = |town: &str| {
            let text = format!(
                "A fire broke out at a hotel in {town} on Friday evening, police said. Guests were \
                 brought to safety. The cause of the fire is not known."
            );
            (format!("Fire at hotel in {town}"), text)
        };
        let of = |(title, text): &(String, String), other: &(String, String)| {
            between((title, text), (&other.0, &other.1), 0).similarity()
        };
        let (here, there) = (fire("Lorring"), fire("Aske Bay"));
        assert!(of(&here, &there) < THRESHOLD && of(&here, &here) >= THRESHOLD);
        let both = (here.0.clone(), format!("{} {}", here.1, there.1));
        assert!(of(&both, &there) >= THRESHOLD);
    }

    #[test]
    fn headlines_that_name_two_towns_are_two_happenings() {
        let alone = |one, other| between((one, ""), (other, ""), 0).similarity() >= THRESHOLD;
        let fire = "Apartment fire in Lindwell kills 4";
        assert!(!alone(fire, "Apartment fire in Harnow kills 7"));
        assert!(!alone("Apartment Fire in Lindwell Kills 4", "Apartment Fire in Harnow Kills 7"));
        assert!(!alone("Train derails near Osterby, 12 hurt", "Train derails near Halvik, 9 hurt"));
        assert!(
            alone(fire, "Apartment fire kills 4") && alone(fire, "Lindwell apartment fire: 5 dead")
        );
        assert!(!alone("Zwei Tote bei Brand in Hamburg", "Drei Tote bei Brand in Passau"));
        assert!(alone("Zwei Tote bei Brand in Hamburg", "Brand in Hamburg: Drei Tote"));
        let snow = |hill: &str| {
            format!(
                "Am {hill} hat eine Lawine am Montag drei Menschen getötet, sagte die Bergwacht."
            )
        };
        let (here, there) = (snow("Hochkogel"), snow("Weißhorn"));
        let title = |hill: &str| format!("Lawine am {hill}: Drei Tote");
        let (one, other) = (title("Hochkogel"), title("Weißhorn"));
        assert_eq!(between((&one, &here), (&other, &there), 0).similarity(), 0.0);
        assert!(between((&one, &here), (&one, &here), 0).similarity() >= THRESHOLD);
        let text = "Seven people died in Harnow when fire swept through an apartment on Monday.";
        let of_text = |town| between((town, ""), ("Apartment fire in Harnow kills 7", text), 0);
        assert_eq!(of_text(fire).similarity(), 0.0);
        assert!(of_text("Apartment fire in Harnow kills 7").similarity() >= THRESHOLD);
    }

    #[test]
    fn a_quotation_in_both_openings_is_enough_for_a_day() {
        let words = "“we keep the gates shut until the tide turns”";
        let own = |name: &str| (0..90).map(|at| format!("{name}{at} ")).collect::<String>();
        let [one, other] = ["bees", "snow"].map(|name| format!("{} {words}", own(name)));
        let at = |hours| between(("", &one), ("", &other), hours).similarity();
        assert!(at(24) > THRESHOLD && at(80) < THRESHOLD, "{} {}", at(24), at(80));
    }
}
