//! Formats numbers, times and judgements for the page.

use jiff::Timestamp;
use maud::{Markup, html};
use wirefold_proto::{Class, EvidencePlace, LanguageTag, TOO_SHORT, text_remarks};

use crate::shapes::{ArticleBrief, StoryBrief};

/// A number with thin groups of three, such as `1 284`.
pub(super) fn number(value: u64) -> String {
    wirefold_proto::grouped(value, '\u{202f}')
}

/// A number with its noun: `1 outlet`, `14 outlets`.
pub(super) fn count(value: u64, one: &str, many: &str) -> String {
    let noun = if value == 1 { one } else { many };
    format!("{}\u{a0}{noun}", number(value))
}

/// A share of 1 as a whole percentage. It is 0 or 100 only if the share is exactly that.
pub(super) fn percent(share: f64) -> String {
    wirefold_fold::percent(share).replace(' ', "\u{a0}")
}

/// A span of milliseconds in the unit that fits: `180 ms`, `1.8 s`, `12 min`.
pub(super) fn span(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis}\u{a0}ms"),
        1_000..10_000 => format!("{}.{}\u{a0}s", millis / 1_000, millis % 1_000 / 100),
        10_000..120_000 => format!("{}\u{a0}s", millis / 1_000),
        120_000..7_200_000 => format!("{}\u{a0}min", millis / 60_000),
        7_200_000..172_800_000 => {
            let minutes = millis / 60_000 % 60;
            let hours = format!("{}\u{a0}h", millis / 3_600_000);
            if minutes == 0 { hours } else { format!("{hours} {minutes}\u{a0}min") }
        }
        _ => format!("{}\u{a0}days", millis / 86_400_000),
    }
}

/// How much later `then` is, as `+12 min`; `None` if it is not later.
pub(super) fn lag(first: Timestamp, then: Timestamp) -> Option<String> {
    let millis = then.as_millisecond() - first.as_millisecond();
    u64::try_from(millis).ok().filter(|millis| *millis > 0).map(|late| format!("+{}", span(late)))
}

/// The path of the page of an event or a story.
pub(super) fn page_path(id: &str) -> String {
    let folder = if id.starts_with("e-") { "events" } else { "stories" };
    format!("/{folder}/{id}")
}

/// A time in UTC, with that label. The script of the page shows it as local time.
pub(super) fn time(at: Timestamp) -> Markup {
    html! { time datetime=(machine(at)) { (at.strftime("%-d %b %Y, %H:%M UTC")) } }
}

/// Only hour and minute, if the day is nearby.
pub(super) fn clock_time(at: Timestamp) -> Markup {
    html! { time datetime=(machine(at)) data-short { (at.strftime("%H:%M UTC")) } }
}

fn machine(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// The place of evidence for an agency.
pub(super) fn evidence_place(place: EvidencePlace) -> &'static str {
    match place {
        EvidencePlace::Byline => "byline",
        EvidencePlace::Dateline => "dateline",
        EvidencePlace::CreditLine => "credit line",
        EvidencePlace::CopyrightLine => "copyright line",
        EvidencePlace::Sentence => "a sentence of the text",
        EvidencePlace::Passages => "shared passages",
    }
}

/// The role of an article in its story, if the story is known.
pub(super) fn role(article: &ArticleBrief, story: Option<&StoryBrief>) -> &'static str {
    let story = story.filter(|story| story.articles > 1);
    match (article.class, article.kind) {
        _ if story.is_some_and(|story| story.lead == article.id) => "lead",
        // A later text with better evidence is the lead.
        (Class::New | Class::Related, _) => match story {
            Some(story) if article.seen <= story.first_seen => "seen first",
            Some(_) => "own text, merged",
            None => "own text",
        },
        (class, kind) => class.describe(kind),
    }
}

/// Remarks about the text of an article, each after a dot.
pub(super) fn remarks(comparable: bool, paywalled: bool) -> String {
    text_remarks(comparable, paywalled).into_iter().map(|remark| format!(" · {remark}")).collect()
}

/// `4 texts found · 1 of them shares passages with an earlier one · 11 too short to compare`. How many share passages is
/// unknown where not all texts are at hand; if none does, they share no wording.
pub(super) fn texts(origins: u32, sharing: Option<u32>, not_compared: u32) -> String {
    let texts = format!("{} found", count(origins.into(), "text", "texts"));
    let found = match (origins, sharing) {
        (0, _) => None,
        (2.., Some(0)) => Some(format!("{texts} that share no wording")),
        _ => Some(texts),
    };
    let sharing = sharing.filter(|sharing| *sharing > 0).map(|sharing| {
        let share = if sharing == 1 { "shares" } else { "share" };
        format!("{} of them {share} passages with an earlier one", number(sharing.into()))
    });
    let too_short = number(not_compared.into());
    let left_out = (not_compared > 0).then(|| format!("{too_short} {TOO_SHORT}"));
    found.into_iter().chain(sharing).chain(left_out).collect::<Vec<_>>().join(" · ")
}

/// The `lang` attribute of a text, unless its language is unknown.
pub(super) fn lang(language: Option<&LanguageTag>) -> Option<&str> {
    language.map(LanguageTag::as_str).filter(|tag| *tag != "und")
}

/// The direction of a language's usual script; `auto` if the language is unknown.
pub(super) fn direction(language: Option<&LanguageTag>) -> &'static str {
    const RIGHT_TO_LEFT: [&str; 10] =
        ["ar", "arc", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur"];
    match language.map(LanguageTag::primary) {
        None | Some("und") => "auto",
        Some(tag) if RIGHT_TO_LEFT.contains(&tag) => "rtl",
        Some(_) => "ltr",
    }
}

/// Text of at most `most` characters, cut at a word and marked as cut.
pub(super) fn cut(text: &str, most: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(most) else { return text.trim().to_owned() };
    let kept = text.get(..end).unwrap_or_default();
    let at_word = kept.rfind(char::is_whitespace).filter(|at| *at > end / 2);
    format!("{}…", kept.get(..at_word.unwrap_or(end)).unwrap_or(kept).trim_end())
}

const STEP: u32 = 4;
const BAR: u32 = 3;
const HEIGHT: u32 = 26;
/// The most bars drawn: the latest ones.
const MOST: usize = 48;

/// One bar for each interval, the latest on the right. The highest fills the height. `about` says what is
/// counted, such as `in the three hours before the last article`.
pub(super) fn sparkline(counts: &[u32], about: &str) -> Markup {
    let counts = &counts[counts.len().saturating_sub(MOST)..];
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let total: u64 = counts.iter().copied().map(u64::from).sum();
    let width = STEP * u32::try_from(counts.len().max(1)).unwrap_or(1);
    let label = format!("{total} {} {about}", if total == 1 { "article" } else { "articles" });
    html! {
        svg.spark width=(width) height=(HEIGHT) viewBox={ "0 0 " (width) " " (HEIGHT) } role="img" aria-label=(label) {
            title { (label) }
            rect.base x="0" y=(HEIGHT - 1) width=(width) height="1" {}
            @for (x, articles) in (0..).step_by(STEP as usize).zip(counts) {
                @if *articles > 0 {
                    @let bar = height(*articles, most);
                    rect x=(x) y=(HEIGHT - bar) width=(BAR) height=(bar) {}
                }
            }
        }
    }
}

/// At least four units, so that a single article is visible beside many.
fn height(articles: u32, most: u32) -> u32 {
    let share = u64::from(articles) * u64::from(HEIGHT) / u64::from(most);
    u32::try_from(share).unwrap_or(HEIGHT).max(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(number(1_284_000), "1\u{202f}284\u{202f}000");
        assert_eq!(count(1, "outlet", "outlets"), "1\u{a0}outlet");
        assert_eq!(count(0, "outlet", "outlets"), "0\u{a0}outlets");
    }

    #[test]
    fn a_share_never_claims_all_or_nothing_by_rounding() {
        let cases =
            [(0.0, "0 %"), (0.001, "under 1 %"), (0.708, "71 %"), (0.999, "99 %"), (1.0, "100 %")];
        for (share, shown) in cases {
            assert_eq!(percent(share).replace('\u{a0}', " "), shown);
        }
    }

    #[test]
    fn spans_take_the_unit_that_fits() {
        let cases = [
            (180, "180 ms"),
            (1_840, "1.8 s"),
            (59_000, "59 s"),
            (720_000, "12 min"),
            (7_200_000, "2 h"),
            (9_000_000, "2 h 30 min"),
            (400_000_000, "4 days"),
        ];
        for (millis, shown) in cases {
            assert_eq!(span(millis).replace('\u{a0}', " "), shown);
        }
    }

    #[test]
    fn the_script_gives_the_direction() {
        let tag = |text: &str| text.parse::<LanguageTag>().unwrap();
        assert_eq!(direction(Some(&tag("ar-eg"))), "rtl");
        assert_eq!(direction(Some(&tag("uk"))), "ltr");
        assert_eq!(direction(Some(&tag("und"))), "auto");
        assert_eq!(lang(Some(&tag("und"))), None);
    }

    #[test]
    fn long_text_is_cut_at_a_word() {
        assert_eq!(cut("The ferry sank at noon.", 14), "The ferry…");
        assert_eq!(cut("港口工人周四结束了罢工", 4), "港口工人…");
        assert_eq!(cut("short", 14), "short");
    }
}

#[cfg(test)]
mod tests_of_spark {
    use super::*;

    #[test]
    fn bars_stay_inside_and_quiet_stretches_have_none() {
        let mut counts = vec![0; 36];
        (counts[3], counts[35]) = (1, 400);
        let drawn = sparkline(&counts, "in the last hours").into_string();
        assert_eq!(drawn.matches("<rect").count(), 3, "{drawn}");
        assert!(drawn.contains(r#"y="22" width="3" height="4""#), "{drawn}");
        assert!(drawn.contains(r#"y="0" width="3" height="26""#), "{drawn}");
        assert!(drawn.contains("401 articles in the last hours"));
    }

    #[test]
    fn hostile_counts_do_not_overflow() {
        let drawn = sparkline(&[u32::MAX; 200], "ever").into_string();
        assert_eq!(drawn.matches("<rect").count(), MOST + 1);
        assert!(sparkline(&[], "ever").into_string().contains("0 articles ever"));
    }
}
