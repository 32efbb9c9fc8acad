//! The sparkline: the number of articles in each interval.

use maud::{Markup, html};

const STEP: u32 = 4;
const BAR: u32 = 3;
const HEIGHT: u32 = 26;
/// The most bars drawn: the latest ones.
const MOST: usize = 48;

/// One bar for each interval, the latest on the right. The highest fills the height. `about` says what is
/// counted, such as `in the three hours before the last article`.
pub(super) fn draw(counts: &[u32], about: &str) -> Markup {
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
    fn bars_stay_inside_and_quiet_stretches_have_none() {
        let mut counts = vec![0; 36];
        (counts[3], counts[35]) = (1, 400);
        let drawn = draw(&counts, "in the last hours").into_string();
        assert_eq!(drawn.matches("<rect").count(), 3, "{drawn}");
        assert!(drawn.contains(r#"y="22" width="3" height="4""#), "{drawn}");
        assert!(drawn.contains(r#"y="0" width="3" height="26""#), "{drawn}");
        assert!(drawn.contains("401 articles in the last hours"));
    }

    #[test]
    fn hostile_counts_do_not_overflow() {
        let drawn = draw(&[u32::MAX; 200], "ever").into_string();
        assert_eq!(drawn.matches("<rect").count(), MOST + 1);
        assert!(draw(&[], "ever").into_string().contains("0 articles ever"));
    }
}
