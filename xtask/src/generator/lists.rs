//! Pages with a fixed form: lists, tables, weather, horoscopes, market reports and obituaries, with a new one
//! each day; and serial items such as telegrams, which are nearly all form.

use wirefold_score::Random;

use super::article::{Paragraph, Sentence};
use super::news::Draft;
use super::words::{Script, capitalised};
use super::writer::Writer;

/// The kind of a page with a fixed form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum List {
    /// Dishes under a fixed introduction.
    Recipes,
    /// The nominees for a prize in each class.
    Nominees,
    /// Results of a match day with the table.
    Results,
    /// The figures of each player in a game.
    BoxScore,
    /// The forecast for a day.
    Weather,
    /// A sentence for each of the twelve signs.
    Horoscope,
    /// Closing prices of shares.
    Stocks,
    /// The life of a person in an undertaker's form.
    Obituary,
}

const LISTS: [List; 8] = [
    List::Recipes,
    List::Nominees,
    List::Results,
    List::BoxScore,
    List::Weather,
    List::Horoscope,
    List::Stocks,
    List::Obituary,
];

const WEATHER: &str = "Forecast for {L} and {L} for {D}. The night stays {a} with lows near {#} degrees in \
    the valleys and {#} on the coast. By day the temperature rises to {#} degrees inland and {#} by the sea. \
    Wind comes at {#} kilometres an hour, with gusts up to {#} on the tops. The chance of rain is {#} percent. \
    The sea has {#} degrees and waves of {#} metres. Walkers are asked to tell somebody where they go and when \
    they mean to be back. The next forecast is given at five in the morning.";
const STOCKS: &str = "Shares in {L} closed {a} on {D}. The index of the thirty largest companies moved {#} \
    percent to {#} points at the end of floor trading. {G} was the best of the day with a gain of {#} percent, \
    ahead of {G}, which rose {#} percent. At the other end of the table {G} fell {#} percent after a broker \
    took it off its list. The crown traded at {#} to the dollar. A barrel of oil for delivery in {M} cost {#} \
    dollars in the afternoon. Turnover came to {#} million crowns. Bonds hardly moved, and the yield on the \
    paper of ten years was steady. Dealers said that many were waiting for the bank of issue.";
const OBITUARY: &str = "{P}, {#}, of {L}, died at home on {D} after a short illness. Born in {L}, the deceased \
    worked for {G} for {#} years and was known to all who came by for a ready laugh. The family is survived by \
    {#} children and {P}. Friends may call at the funeral home on {D} between two and four. A service will be \
    held in {L} on {D} at eleven in the morning, and burial follows in the family plot. In place of flowers the \
    family asks for gifts to {G}. The family thanks the nurses of the district for their kindness.";
const TELEGRAM: &str = "{P} sent a telegram to {P} of {L} on {D}. In the telegram the head of state expressed \
    in his own name and in that of the people sincere wishes of good health and happiness to the president, \
    and of steady progress to the friendly people of {L}. He took the occasion to underline the close relations \
    that join the two countries and the common will to deepen them in all fields, in the service of peace and \
    of the good of both peoples.";
const BULLETIN: &str = "The station at {L} read a level of {#} centimetres and a flow of {#} cubic metres a second \
    at eight on {D}. The reservoir above {L} held {#} million cubic metres. Over the past day {#} millimetres of \
    rain fell on the basin, and {#} boats wait for the lock. People along the dykes are asked not to graze their \
    cattle at the foot of the bank, and to listen to the radio before they go out. Whoever sees water where \
    there was none should call the watch and give the number of the nearest post.";
const SIGNS: [&str; 12] = [
    "Aries", "Taurus", "Gemini", "Cancer", "Leo", "Virgo", "Libra", "Scorpio", "Sagittarius",
    "Capricorn", "Aquarius", "Pisces",
];
const CLASSES: [&str; 6] =
    ["Best novel", "Best first book", "Best translation", "Best play", "Best cover", "Best press"];
/// The number of lines in a list, if its form does not give it.
const LINES: std::ops::Range<usize> = 9..15;

impl List {
    /// Its name in tables.
    pub(crate) fn name(self) -> &'static str {
        match self {
            List::Recipes => "recipes",
            List::Nominees => "nominees",
            List::Results => "results",
            List::BoxScore => "boxscore",
            List::Weather => "weather",
            List::Horoscope => "horoscope",
            List::Stocks => "stocks",
            List::Obituary => "obituary",
        }
    }

    /// A random kind.
    pub(super) fn drawn(random: &mut Random) -> List {
        *random.pick(&LISTS)
    }

    /// Fills the form. `lines` are printed by its outlet above each list of recipes, nominees and results.
    /// Scripts without forms have these and some sentences.
    pub(super) fn make(self, writer: &mut Writer<'_>, lines: &[Sentence]) -> Draft {
        let title = writer.headline();
        let intro: Paragraph = lines.to_vec();
        let paragraphs = match self {
            _ if writer.script != Script::Latin => vec![intro, writer.paragraph(4)],
            List::Recipes => with_intro(intro, filled(writer, "{a} {w} with {w} and {w}.")),
            List::Nominees => with_intro(intro, nominees(writer)),
            List::Horoscope => with_intro(intro, horoscope(writer)),
            List::Results => {
                let mut rows = filled(writer, "{L} {#} {L} {#}, half time {#}, crowd {#}");
                rows.extend(filled(writer, "{L} played {#} points {#} goals {#}"));
                rows
            }
            List::BoxScore => {
                filled(writer, "{P} {#} min {#} points {#} rebounds {#} assists {#} fouls")
            }
            List::Weather => text(writer, WEATHER),
            List::Stocks => text(writer, STOCKS),
            List::Obituary => text(writer, OBITUARY),
        };
        Draft { title, byline: String::new(), paragraphs }
    }
}

/// A telegram or a bulletin: the same form each time with other names and numbers.
pub(super) fn serial(writer: &mut Writer<'_>, lines: &[Sentence]) -> Draft {
    let title = writer.headline();
    let paragraphs = match (writer.script, writer.random.chance(50)) {
        (Script::Latin, true) => text(writer, TELEGRAM),
        (Script::Latin, false) => text(writer, BULLETIN),
        _ => vec![writer.paragraph(1), lines.to_vec()],
    };
    Draft { title, byline: String::new(), paragraphs }
}

/// A text from its outlet's archive: another address and title, and a line about the archive.
pub(super) fn archived(writer: &mut Writer<'_>, text: Draft, lines: &[Sentence]) -> Draft {
    let mut paragraphs = text.paragraphs;
    paragraphs.extend(lines.first().map(|line| vec![line.clone()]));
    Draft { title: writer.headline(), byline: text.byline, paragraphs }
}

/// The title of a correction or an update with an address of its own.
pub(super) fn marked(title: &str, random: &mut Random) -> String {
    let mark = *random.pick(&["CORRECTED", "UPDATE 1", "UPDATE 2", "WRAPUP 1"]);
    format!("{mark} - {title}")
}

fn with_intro(intro: Paragraph, mut rows: Vec<Paragraph>) -> Vec<Paragraph> {
    rows.insert(0, intro);
    rows
}

/// A form in one paragraph.
fn text(writer: &mut Writer<'_>, form: &str) -> Vec<Paragraph> {
    let filled = capitalised(&writer.fill(form));
    vec![vec![writer.sentence_of(filled)]]
}

/// Several lines of one form.
fn filled(writer: &mut Writer<'_>, form: &str) -> Vec<Paragraph> {
    let count = writer.random.within(LINES);
    let line = |_| {
        let row = capitalised(&writer.fill(form));
        vec![writer.sentence_of(row)]
    };
    (0..count).map(line).collect()
}

fn nominees(writer: &mut Writer<'_>) -> Vec<Paragraph> {
    let class = |name: &&str| {
        let row = writer.fill(&format!("{name}: {{a}} {{w}}, {{w}} {{w}}, {{P}}, {{a}} {{w}}."));
        vec![writer.sentence_of(row)]
    };
    CLASSES.iter().map(class).collect()
}

fn horoscope(writer: &mut Writer<'_>) -> Vec<Paragraph> {
    let sign = |name: &&str| {
        let row = writer.fill(&format!("{name}: {{C}}."));
        vec![writer.sentence_of(row)]
    };
    SIGNS.iter().map(sign).collect()
}
