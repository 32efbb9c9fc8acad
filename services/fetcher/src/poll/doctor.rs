//! The findings of a feed, from its record and memo. Pure.

use std::time::Duration;

use wirefold_envelope::unix_millis;
use wirefold_flow::UnixMillis;
use wirefold_proto::{FeedFinding, FeedHealth, FeedRecord, ItemIdentity, SiteProof};

use crate::state::Memo;

/// A feed with nothing new for this many times its usual gap is silent.
const GAPS: u32 = 5;
/// Shorter gaps, such as a weekend, never make a feed silent.
const WEEKEND: Duration = Duration::from_hours(72);

/// The findings, most urgent first. `failure` is the finding of the last poll, if that failed.
pub(super) fn findings(
    record: &FeedRecord,
    memo: &Memo,
    failure: Option<FeedFinding>,
    now: UnixMillis,
) -> Vec<FeedFinding> {
    let is_good = record.health == FeedHealth::Good;
    let has_rule = record.feed.article_selector.is_some();
    let changes_ids = memo.identity.is_some_and(|identity| identity != ItemIdentity::Guid);
    let is_over_budget = memo.spent.as_ref().is_some_and(|spent| spent.problem(now).is_some());
    let all = [
        (FeedFinding::Dead, memo.is_dead() && !is_good),
        (FeedFinding::Silent, is_good && is_silent(record, memo, now)),
        (FeedFinding::Truncated, is_good && memo.is_truncated),
        (FeedFinding::ArticleSelectorUnmatched, has_rule && memo.is_article_missed),
        (FeedFinding::ChangingIds, changes_ids),
        (FeedFinding::UnreliableValidators, memo.validators_lie),
        (FeedFinding::Undated, is_good && memo.is_undated),
        (FeedFinding::UnreadDates, is_good && memo.has_unread_dates),
        (FeedFinding::SpeaksForOthers, is_good && speaks_for_others(record)),
        (FeedFinding::Duplicate, record.duplicate_of.is_some()),
        (FeedFinding::Moved, record.moved_to.is_some()),
        (FeedFinding::OverBudget, is_over_budget),
    ];
    let mut found: Vec<FeedFinding> = failure.into_iter().collect();
    found.extend(all.into_iter().filter(|(_, is_so)| *is_so).map(|(finding, _)| finding));
    found.sort_unstable();
    found
}

/// Whether nearly all of its items claim to be of one site that it does not speak for.
fn speaks_for_others(record: &FeedRecord) -> bool {
    record.site.as_ref().is_some_and(|site| site.how == SiteProof::Unproven)
}

/// Whether it has had nothing new for a long time, compared with its own rhythm.
fn is_silent(record: &FeedRecord, memo: &Memo, now: UnixMillis) -> bool {
    let (Some(last), Some(rhythm)) = (record.last_new, memo.rhythm) else {
        return false;
    };
    let usual = Duration::from_secs(rhythm).saturating_mul(GAPS).max(WEEKEND);
    now.since(unix_millis(last)) > usual
}

/// The rhythm after a poll with something new: a moving mean, of which the last gap is a quarter.
pub(super) fn rhythm(before: Option<u64>, gap: Duration) -> u64 {
    let gap = gap.as_secs();
    before.map_or(gap, |before| (before.saturating_mul(3).saturating_add(gap)) / 4)
}

#[cfg(test)]
mod tests {
    use wirefold_proto::FeedSettings;

    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn silence_is_relative_to_the_feeds_rhythm() {
        let start = UnixMillis(1_800_000_000_000);
        let feed = FeedSettings::new("a".parse().unwrap(), "http://a.example/");
        let mut record = FeedRecord::waiting(feed, None, 900);
        record.health = FeedHealth::Good;
        record.last_new = Some(wirefold_envelope::timestamp(start));
        let check = |rhythm: Option<Duration>, after: Duration, expected: bool| {
            let memo = Memo { rhythm: rhythm.map(|it| it.as_secs()), ..Memo::default() };
            let found = findings(&record, &memo, None, start.plus(after));
            assert_eq!(found.contains(&FeedFinding::Silent), expected, "{rhythm:?} {after:?}");
        };
        check(Some(HOUR), 71 * HOUR, false);
        check(Some(HOUR), 73 * HOUR, true);
        check(Some(24 * 7 * HOUR), 24 * 7 * 4 * HOUR, false);
        check(Some(24 * 7 * HOUR), 24 * 7 * 6 * HOUR, true);
        check(None, 1000 * HOUR, false);
        assert_eq!(rhythm(None, HOUR), 3600);
        assert_eq!(rhythm(Some(3600), 5 * HOUR), 7200);
    }

    #[test]
    fn the_most_urgent_finding_is_first() {
        let feed = FeedSettings::new("a".parse().unwrap(), "http://a.example/");
        let mut record = FeedRecord::waiting(feed, None, 900);
        record.health = FeedHealth::Failing;
        record.moved_to = Some("http://b.example/".to_owned());
        let memo = Memo { strikes: 120, validators_lie: true, ..Memo::default() };
        let found = findings(&record, &memo, Some(FeedFinding::Blocked), UnixMillis(0));
        let expected = [
            FeedFinding::Dead,
            FeedFinding::Blocked,
            FeedFinding::UnreliableValidators,
            FeedFinding::Moved,
        ];
        assert_eq!(found, expected);
    }
}
