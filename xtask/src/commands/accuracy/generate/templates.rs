//! Sentences to be filled in: ledes, and briefs that differ in names and numbers only.

use super::recast::{day, month, name};
use wirefold_score::Random;

const ROLES: [&str; 8] = [
    "who heads the works council",
    "a grocer on the square",
    "the deputy mayor",
    "who teaches at the upper school",
    "a former harbor pilot",
    "the county’s spokesman",
    "chair of the tenants’ league",
    "who runs the ferry kiosk",
];
const NEWS: [&str; 8] = [
    "learned of it from a cousin by telephone",
    "had been expecting something of the kind since autumn",
    "called a meeting in the fire station for the same evening",
    "said the town would feel it sooner than most",
    "wanted to know who was going to pay",
    "put the kettle on and switched the radio up",
    "asked for patience until more was known",
    "spoke of the longest week in years",
];
const ECHOES: [&str; 8] = [
    "while callers kept our switchboard busy well past midnight",
    "and few here in {town} disagreed",
    "as shops around {town} pulled their shutters down early",
    "though nobody in {town} seemed much surprised",
    "and a handful of neighbors came by to hear the rest",
    "before the news had reached half of {town}",
    "with the {town} market still being swept",
    "and the bells of {town} rang at the usual hour",
];

/// A local first paragraph for a text from elsewhere.
pub(crate) fn lede(random: &mut Random) -> String {
    let town = name(random);
    let (given, family) = (name(random), name(random));
    let echo = random.pick(&ECHOES).replace("{town}", &town);
    format!(
        "{} — {given} {family}, {}, {} on {}, {echo}.",
        town.to_uppercase(),
        random.pick(&ROLES),
        random.pick(&NEWS),
        day(random),
    )
}

/// A template with the name that its briefs bear.
pub(crate) type Template = (&'static str, fn(&mut Random) -> Vec<String>);

/// The templates of short news.
pub(crate) const TEMPLATES: [Template; 3] = [("bond", bond), ("quarter", quarter), ("match", game)];

/// A number with one decimal.
fn decimal(range: std::ops::Range<usize>, random: &mut Random) -> String {
    format!("{}.{}", random.within(range), random.below(10))
}

fn bond(random: &mut Random) -> Vec<String> {
    let (town, company, bank) = (name(random), name(random), name(random));
    let (date, later) = (random.within(1..15), random.within(15..29));
    vec![
        format!(
            "{}, {} {date} — {company} Holdings sold {} million crowns of {}-year notes on {}, \
             paying a coupon of {} percent.",
            town.to_uppercase(),
            month(random),
            random.within(3..90) * 10,
            random.within(3..20),
            day(random),
            decimal(2..8, random),
        ),
        format!(
            "The paper came at {} percent of face value, {} basis points above government debt of \
             the same life. Orders reached {} million crowns, according to {bank} Brothers, which \
             ran the books. Settlement is due on {} {later}.",
            decimal(96..101, random),
            random.within(40..400),
            random.within(100..3000),
            month(random),
        ),
        format!(
            "The company means to retire older notes that fall due in {}.",
            random.within(2027..2049)
        ),
    ]
}

fn quarter(random: &mut Random) -> Vec<String> {
    let (town, company, head) = (name(random), name(random), name(random));
    let profit = random.within(12..900);
    vec![
        format!(
            "{} — {company} Industries earned {profit} million crowns in the three months to the \
             end of {}, against {} million a year before, the company said on {}.",
            town.to_uppercase(),
            month(random),
            random.within(12..900),
            day(random),
        ),
        format!(
            "Sales came to {} million crowns, {} percent more than in the same quarter of last \
             year. Orders in hand stood at {} million. The dividend will be {} crowns a share, \
             payable on {} {}.",
            random.within(1000..9000),
            decimal(1..20, random),
            random.within(500..9000),
            decimal(1..9, random),
            month(random),
            random.within(1..29),
        ),
        format!(
            "Chief executive {} {head} kept the forecast for the full year at between {} and {} \
             million crowns before tax. The shares closed at {} crowns.",
            name(random),
            random.within(900..1500),
            random.within(1500..4000),
            decimal(10..300, random),
        ),
    ]
}

fn game(random: &mut Random) -> Vec<String> {
    let (home, guest) = (name(random), name(random));
    let (striker, keeper) = (name(random), name(random));
    let (first, second) = (random.within(3..40), random.within(50..90));
    let goals = random.within(2..6);
    vec![
        format!(
            "{home} beat {guest} {goals}-{} in front of {} spectators on {} and moved up to place \
             {} in the table.",
            random.below(goals),
            random.within(2000..60000),
            day(random),
            random.within(1..18),
        ),
        format!(
            "{striker} opened the scoring in the {first}th minute with a low shot from the edge of \
             the area and struck again in the {second}th after a mistake by {keeper}, who had \
             until then kept the visitors in the game. {} was sent off in the {}th minute for a \
             second booking.",
            name(random),
            random.within(41..90),
        ),
        format!(
            "{guest} have now gone {} matches without a win. They play {} at home on {}, when {} \
             is available again.",
            random.within(2..15),
            name(random),
            day(random),
            name(random),
        ),
    ]
}
