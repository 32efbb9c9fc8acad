//! Distinguishes takes of one item from forms that an outlet fills in again.
//!
//! An agency sends an item, then the item with more text, then a correction. It also sends the same
//! sentences with different numbers and names, every hour or every day: a form. The title is the
//! first sign of which it is. The second sign is the change: a correction changes one number or
//! name, while a form changes most of them, often at the same hour of another day.

use crate::body::BodyWord;
use crate::body::titles::TitleRelation;
use crate::compare::overlap::{NEARLY_ALL, Overlap};
use crate::judge::facts::{agreeing_numbers, names_agree};
use crate::judge::rule::Rule;
use crate::judge::template::form_conflict;
use crate::judge::timing::{HOUR, MIN_BRIEF_WORDS, TAKE_WINDOW, is_at_same_hour, is_within};
use crate::judge::{Article, Prior};
use crate::settings::{Ablation, Settings};

/// The share of either text that two takes with the same title have in common at least.
const MIN_SHARE_SAME_TITLE: f64 = 0.5;
/// The share of either text that two takes with similar titles have in common at least.
const MIN_SHARE_SIMILAR_TITLE: f64 = 0.75;
/// The share of their numbers that two takes with the same title have in common at least.
const MIN_NUMBERS_SAME_TITLE: f64 = 0.5;
/// The share of their numbers that two takes with similar titles have in common at least.
const MIN_NUMBERS_SIMILAR_TITLE: f64 = 0.7;
/// The share of a text that its correction leaves unchanged at least.
const MIN_CORRECTED_SHARE: f64 = 0.85;

/// A daily bulletin names the day within this many words …
const BULLETIN_OPENING: usize = 30;
/// … by one of these words in normal form. …
const TODAY: [&str; 14] = [
    "today", "tonight", "heute", "vandaag", "idag", "hoy", "hoje", "oggi", "bugün", "dzisiaj",
    "dziś", "сегодня", "сьогодні", "اليوم",
];
/// … So much of it is replaced that the blocks it shares with the previous bulletin are shorter
/// than this on average, in words. …
const MAX_BULLETIN_BLOCK: f64 = 15.0;
/// … It comes at least this many seconds after the previous one.
const MIN_BULLETIN_GAP: i64 = 18 * HOUR;

/// Whether two texts are items of different days: a form that an outlet fills in every day or week,
/// or daily bulletins.
pub(crate) fn is_of_another_day(new: &Article<'_>, prior: &Prior<'_>, overlap: &Overlap) -> bool {
    let may_be_same_item =
        prior.same_item || prior.same_page || new.title.is_update_or_correction();
    !may_be_same_item && (is_daily_form(prior, overlap) || is_bulletin(new, prior, overlap))
}

/// Whether two pages of an outlet are a form that it fills in every day or week: they share too
/// little for an article, and come at the same hour of different days.
fn is_daily_form(prior: &Prior<'_>, overlap: &Overlap) -> bool {
    prior.same_outlet && overlap.shared_words < MIN_BRIEF_WORDS && is_at_same_hour(prior)
}

/// Whether two texts are daily bulletins of different days: both begin with the same words about
/// today. A copy is unchanged or cut, but a bulletin has changes everywhere.
fn is_bulletin(new: &Article<'_>, prior: &Prior<'_>, overlap: &Overlap) -> bool {
    prior.seconds >= MIN_BULLETIN_GAP
        && !overlap.is_nearly_all()
        && overlap.words_per_block() < MAX_BULLETIN_BLOCK
        && both_open_with_today(new, overlap)
}

/// Whether both texts open with the same words, and these contain "today".
fn both_open_with_today(new: &Article<'_>, overlap: &Overlap) -> bool {
    let Some(first) = overlap.passages.first() else { return false };
    let (here, there) = (first.here(), first.there());
    let end = here.end.min(BULLETIN_OPENING);
    let is_today = |word: &BodyWord| TODAY.contains(&word.normal(new.text));
    there.start < BULLETIN_OPENING
        && here.start < end
        && new.body.words[here.start..end].iter().any(is_today)
}

/// The rule by which two articles are not takes of one item. `None` if they are takes, or one is a
/// correction of the other.
///
/// Takes are of one outlet within hours, have related titles, and share enough text and numbers. A
/// correction changes a number or a name; another item of the same form changes most of them.
pub(crate) fn why_not_takes(
    new: &Article<'_>,
    prior: &Prior<'_>,
    overlap: &Overlap,
    settings: &Settings,
) -> Option<Rule> {
    let is_possible = prior.same_outlet && !prior.same_page && settings.is_on(Ablation::Takes);
    if !is_possible || overlap.larger() < MIN_SHARE_SAME_TITLE {
        return Some(Rule::NotComparable);
    }
    if !is_within(prior, TAKE_WINDOW) {
        return Some(Rule::AnotherDay);
    }
    let (least, numbers) = match prior.titles {
        TitleRelation::Same => (MIN_SHARE_SAME_TITLE, MIN_NUMBERS_SAME_TITLE),
        TitleRelation::Within if overlap.is_nearly_all() => (NEARLY_ALL, MIN_NUMBERS_SAME_TITLE),
        TitleRelation::Within => (MIN_SHARE_SIMILAR_TITLE, MIN_NUMBERS_SIMILAR_TITLE),
        TitleRelation::Alike
            if prior.is_comparable_with(new, settings) || new.title.is_correction() =>
        {
            (MIN_SHARE_SIMILAR_TITLE, MIN_NUMBERS_SIMILAR_TITLE)
        }
        TitleRelation::Unknown => return Some(Rule::NotComparable),
        TitleRelation::Alike | TitleRelation::Other => return Some(Rule::AnotherTitle),
    };
    if overlap.larger() < least {
        return Some(Rule::NotComparable);
    }
    if let Some(conflict) = form_conflict(new, &prior.article, overlap, settings) {
        return Some(conflict);
    }
    if new.title.is_correction() && overlap.larger() >= MIN_CORRECTED_SHARE {
        return None;
    }
    let agreeing = agreeing_numbers(new, &prior.article);
    let is_same = prior.titles == TitleRelation::Same && overlap.larger() >= NEARLY_ALL;
    if is_same && (prior.is_comparable_with(new, settings) || agreeing >= MIN_NUMBERS_SAME_TITLE) {
        return None;
    }
    if agreeing < numbers {
        return Some(Rule::OtherNumbers);
    }
    (!names_agree(new, &prior.article, overlap)).then_some(Rule::OtherNames)
}

/// Whether two short texts of an outlet that are not takes are one form that it filled in twice.
pub(crate) fn is_refilled_by_outlet(
    new: &Article<'_>,
    prior: &Prior<'_>,
    overlap: &Overlap,
    settings: &Settings,
) -> bool {
    let may_be_same_item = prior.same_item || prior.same_page;
    let is_short = new.body.counted_words() <= settings.short_words;
    prior.same_outlet
        && !may_be_same_item
        && is_short
        && overlap.is_nearly_all()
        && form_conflict(new, &prior.article, overlap, settings).is_some()
}

#[cfg(test)]
mod tests {
    use crate::judge::same_outlet::tests::{check, words};

    #[test]
    fn a_form_with_another_number_or_name_is_another_item_unless_it_corrects() {
        let check_both = |first: (&str, &str), second: (&str, &str), folds| {
            check(("a.example", first.0, first.1, 0), ("a.example", second.0, second.1, 1), folds);
        };
        let flash = |what: &str| {
            format!(
                "The central bank entered the market to arrange {what} agreements, a spokesman said."
            )
        };
        let adds = "Bank adds reserves";
        let (overnight, three) = (flash("overnight repurchase"), flash("three-day repurchase"));
        check_both((adds, &overnight), (adds, &three), false);
        check_both((adds, &three), (adds, &flash("two-day repurchase")), false);
        check_both((adds, &three), (adds, &flash("2.0 billion crowns of repurchase")), false);
        let bond = |due: &str, lead: &str| {
            format!(
                "Orla Steel is issuing a bond of 100 million crowns due {due} with a coupon of 7 percent, \
                 priced at 101, with {lead} as lead manager. The bond comes in pieces of 1,000 and 10,000 \
                 crowns and will be listed in Quayton. The fees are 2 percent for selling and 3 percent \
                 for management and underwriting, and payment is on the first of June."
            )
        };
        let (one, other) = (bond("1992", "Fenn Bank"), bond("1993", "Fenn Bank"));
        let issues = "Orla Steel issues bond";
        check_both((issues, &one), (issues, &other), false);
        check_both((issues, &one), ("CORRECTED - Orla Steel issues bond", &other), true);
        let update = bond("1995", "Hollow Lund").replace("100 million", "250 million");
        let another = update.replace("Quayton", "Vennby").replace("7 percent", "9 percent");
        check_both((issues, &one), ("UPDATE 1 - Orla Steel issues bond", &another), false);
    }

    #[test]
    fn a_bulletin_of_today_is_not_a_copy_of_yesterdays() {
        let places = ["moors", "coast", "dales", "fells", "fens", "islands", "hills", "valley"];
        let bulletin = |opening: &str, day: usize| {
            let of = |at: usize| {
                let place = places[(at + day) % places.len()];
                let (one, other) = (words(at, 12), words(at + (day * 100), 4));
                format!("rain and gusts reach the {place} by the evening and {one} {other}.")
            };
            format!("{opening} {}", (0..6).map(of).collect::<String>())
        };
        let check_all = |about: &str, after: usize, hour, folds| {
            let opening = format!("The weather office says in its report {about}:");
            let (first, second) = (bulletin(&opening, 0), bulletin(&opening, after));
            let second = ("b.example", "Gusts reach Vennby", second.as_str(), hour);
            check(("a.example", "Rain for Quayton", first.as_str(), 0), second, folds);
        };
        check_all("for today", 3, 27, false);
        check_all("for today", 3, 3, true);
        check_all("for today", 0, 27, true);
        check_all("on floods", 3, 27, true);
    }

    #[test]
    fn a_daily_form_does_not_fold_at_the_same_hour_of_another_day() {
        let form = format!("The bank bought bills in its operation {}", words(1, 60));
        let at = |hour| ("a.example", "Bank buys bills", form.as_str(), hour);
        check(at(0), at(24), false);
        check(at(0), at(7 * 24), false);
        check(at(0), at(36), true);
        check(at(0), ("b.example", "Bank buys bills", &form, 24), true);
    }

    #[test]
    fn takes_and_corrections_of_a_brief_fold_within_hours() {
        let brief = "Orla Steel said it placed bonds worth 250 million crowns with buyers at home.";
        let take = format!(
            "{brief} The notes run for seven years. The company said it would use the money to repay \
             older debt and to build a new furnace at its works near the coast next spring."
        );
        let title = "Orla Steel places bonds";
        check(("a.example", title, brief, 0), ("a.example", title, &take, 1), true);
        check(("a.example", title, brief, 0), ("a.example", title, &take, 30), false);
        let corrected = take.replace("seven", "eight");
        let corrects = "CORRECTED - Orla Steel places bonds";
        check(("a.example", title, &take, 0), ("a.example", corrects, &corrected, 1), true);
    }

    #[test]
    fn a_flash_about_another_bank_is_another_item() {
        let flash =
            |bank: &str| format!("{bank} SAYS IT CUTS ITS BASE RATE TO 10.5 PCT FROM 11 PCT");
        let (one, other) = (flash("FENN BANK"), flash("HOLLOW BANK"));
        check(("a.example", &one, &one, 0), ("a.example", &other, &other, 0), false);
    }

    #[test]
    fn a_flash_with_other_numbers_under_the_same_title_is_another_item() {
        let flash = |rates: &str| {
            format!(
                "FENN BANK SETS THE RATE FOR OVERNIGHT LOANS TO HOUSES ON THE COAST AT {rates} IN \
                 THE AUCTION THAT IT HELD THIS MORNING FOR ALL WHO HAD ASKED"
            )
        };
        let (one, other) = (flash("10.5 PCT FROM 11"), flash("9.25 PCT FROM 10"));
        check(
            ("a.example", "FENN BANK RATE", &one, 0),
            ("a.example", "FENN BANK RATE", &other, 2),
            false,
        );
        check(
            ("a.example", "FENN BANK RATE", &one, 0),
            ("a.example", "FENN BANK RATE", &one, 2),
            true,
        );
    }

    #[test]
    fn a_form_under_titles_that_name_others_is_two_items() {
        let form = "The company raised its posted price for crude by 50 cents a barrel today.";
        let title = |company: &str| format!("{company} raises crude postings by 50 cents");
        let (one, other) = (title("Fennoil"), title("Hollowpetrol"));
        check(("a.example", &one, form, 0), ("a.example", &other, form, 0), false);
        check(("a.example", &one, form, 0), ("a.example", &one, form, 0), true);
        let telegram = |to: &str| {
            format!(
                "The palace sent a telegram to {to} on the day of the republic, {}.",
                words(1, 60)
            )
        };
        let wish = |to: &str| format!("Palace congratulates {to} on republic day");
        let (first, second) = (telegram("vennby"), telegram("quayton"));
        let (wished, later) = (wish("vennby"), wish("quayton"));
        check(("a.example", &wished, &first, 0), ("b.example", &later, &second, 1), false);
        check(("a.example", &wished, &first, 0), ("b.example", &wished, &first, 1), true);
    }

    #[test]
    fn two_draws_of_a_lottery_do_not_fold() {
        let draw = |seed: usize| {
            let drawn: String =
                (0..12).map(|n| format!("{}, ", (seed * 31 + n * 7) % 97)).collect();
            format!(
                "The numbers drawn this evening in the state lottery are {drawn} and {}",
                words(1, 90)
            )
        };
        let title = "Winning lottery numbers";
        let (one, other) = (draw(2), draw(5));
        check(("a.example", title, &one, 0), ("b.example", title, &other, 24), false);
    }
}
