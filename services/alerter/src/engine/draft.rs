//! The next revision of an alert.
//!
//! Comes in: the life of an alert, and the rules of its subscription. Goes out: the revision that is due, or nothing. It
//! never publishes, and reads no clock.

use wirefold_envelope::timestamp;
use wirefold_flow::UnixMillis;
use wirefold_proto::{
    Alert, AlertArticle, AlertFirst, AlertId, AlertReason, AlertState, HoldReason, InDigest,
    ReasonKind, Tag, Target, Volume,
};

use super::counts::counts;
use super::figures::Update;
use super::headline;
use super::life::{Life, News};
use super::marks::Marks;
use super::notes::retracts;
use super::output_position::OutputPosition;
use super::reasons::{is_material, reason, weighed};
use super::sums::Sums;
use crate::subscription::Rules;

/// The most articles that an alert lists.
const ARTICLES: usize = 20;

/// A revision that is due, and the position up to which it covers the output.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) alert: Alert,
    pub(crate) marks: Marks,
}

/// The time of a revision, and the position up to which it covers the output.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now<'a> {
    pub(super) at: UnixMillis,
    pub(super) taken: OutputPosition,
    /// The name of a subscription that reports the same and inhibits this one.
    pub(super) inhibited_by: Option<&'a str>,
}

/// The parts of a revision that differ from case to case.
struct Content {
    state: AlertState,
    volume: Volume,
    reasons: Vec<AlertReason>,
}

/// The closing revision of an alert that was merged into another.
pub(super) fn closing(id: &AlertId, life: &Life) -> Option<Draft> {
    let closing = life.closing?;
    let content = Content {
        state: AlertState::Quiet,
        volume: Volume::Silent,
        reasons: vec![reason(ReasonKind::Merged, part_of(closing.into))],
    };
    // News after the last revision belongs to the other alert, so this revision does not cover it.
    let now = Now { at: closing.at, taken: life.covered, inhibited_by: None };
    let figures = life.shown.as_ref().map(|shown| shown.figures.clone()).unwrap_or_default();
    let mut draft = draft(id, life, now, (content, Update { figures, ..Update::default() }));
    draft.alert.merged_into = Some(closing.into);
    (draft.marks.merged_at, draft.marks.notes) = (closing.place.output, life.notes);
    Some(draft)
}

/// The revision that is due at this time; `None` if there is nothing to report.
pub(super) fn next(
    id: &AlertId,
    life: &Life,
    rules: &Rules,
    notified_today: u32,
    now: Now<'_>,
) -> Option<Draft> {
    if life.revision == 0 {
        life.ready(rules)?;
    }
    let figures = life.figures();
    let is_silent = life.news.is_empty() && life.hold.is_none();
    let content = match is_silent {
        true if !life.is_over(now.at) => repeated(life),
        true => Content {
            state: AlertState::Quiet,
            volume: volume(rules.on.quiet && life.notified_at.is_some()),
            reasons: weighed(passing(life).into_iter().chain([over()]).collect()),
        },
        false => content_of_news(life, rules, &figures.reasons, now.at),
    };
    let content = inhibited(content, now.inhibited_by);
    let mut draft = draft(id, life, now, (content, figures));
    if let Some(due) = life.in_digest().filter(|due| *due <= now.at) {
        draft.alert.volume = Volume::Loud;
        let muted = life.handling.hold_while_muted(now.at, &draft.alert.reasons);
        draft.alert.held = muted.or_else(|| rules.muted(now.at));
        let digest = InDigest { due: timestamp(due), all: Vec::new(), more: 0 };
        draft.alert.digest = Some(digest).filter(|_| draft.alert.held.is_none());
    } else if draft.alert.volume == Volume::Loud {
        let muted = life.handling.hold_while_muted(now.at, &draft.alert.reasons);
        let numbers = life.sums().all.numbers();
        draft.alert.held = muted.or_else(|| rules.hold_of_loud(now.at, &numbers, notified_today));
    }
    Some(draft)
}

/// Makes the revision silent if an inhibiting subscription reports the same.
fn inhibited(content: Content, by: Option<&str>) -> Content {
    let Some(by) = by.filter(|_| content.volume == Volume::Loud) else {
        return content;
    };
    let why = reason(ReasonKind::Inhibited, format!("silent: {by} tells of it"));
    let reasons = weighed(content.reasons.into_iter().chain([why]).collect());
    Content { volume: Volume::Silent, reasons, ..content }
}

/// Whether the held revision reported the end.
fn tells_the_end(life: &Life) -> bool {
    life.carried.iter().any(|reason| reason.kind == ReasonKind::Quiet)
}

/// The revision that repeats an alert without news.
fn repeated(life: &Life) -> Content {
    Content {
        state: life.state.unwrap_or(AlertState::Growing),
        volume: Volume::Loud,
        reasons: vec![reason(ReasonKind::Repeated, "told again: nothing new since")],
    }
}

fn content_of_news(life: &Life, rules: &Rules, figures: &[AlertReason], at: UnixMillis) -> Content {
    let sums = life.sums();
    let passing = passing(life);
    let is_passing = passing.is_some();
    let Some(told) = sums.measured.told else {
        let merged = life.news.iter().find(|news| news.inherits());
        let first = match merged {
            Some(news) => news.reasons.clone(),
            None if is_passing => Vec::new(),
            None => [new(life)]
                .into_iter()
                .chain(corrections(life))
                .chain(figures.iter().cloned())
                .collect(),
        };
        let is_loud = merged.is_none()
            && !is_passing
            && life.may_notify()
            && (rules.on.new || steps(&sums, rules) || asks_to_correct(rules, &first));
        let reasons = weighed(passing.into_iter().chain(first).collect());
        return Content { state: AlertState::New, volume: volume(is_loud), reasons };
    };
    let fresh = life.news.iter().flat_map(|news| &news.reasons).cloned();
    let kept = life.carried.iter().filter(|reason| is_kept(reason.kind)).cloned();
    // A silent revision does not report velocity, which is reported only once.
    let is_told = |reason: &AlertReason| !is_passing || reason.kind != ReasonKind::Velocity;
    let fresh = fresh.chain(figures.iter().cloned());
    let told_of: Vec<AlertReason> = kept.chain(fresh).filter(is_told).collect();
    let is_material = told_of.iter().any(|reason| is_material(reason.kind));
    let is_fast = told_of.iter().any(|reason| reason.kind == ReasonKind::Velocity);
    // After mentions in passing, the first text about the subject is news.
    let is_first = life.in_passing && !is_passing;
    let is_correction = told_of.iter().any(|reason| reason.kind == ReasonKind::Correction);
    let is_due = (is_material && rules.on.material)
        || asks_to_correct(rules, &told_of)
        || (is_first && rules.on.new)
        || is_fast
        || steps(&sums, rules)
        || !life.carried.is_empty();
    let is_loud = is_due && !is_passing && life.may_notify();
    let came: Vec<&News> = life.news.iter().filter(|news| !news.recounts()).collect();
    let state = match (is_material, life.state) {
        (true, _) => AlertState::Updated,
        // No article came: people changed the numbers of a quiet alert.
        (false, Some(AlertState::Quiet))
            if came.is_empty() && (!is_loud || tells_the_end(life)) =>
        {
            AlertState::Quiet
        }
        (false, _) => AlertState::Growing,
    };
    // A loud revision reports everything since the last loud one.
    let before = if is_loud && !is_first { sums.measured.notified } else { told };
    let mut numbers = counts(before, sums.all, &came);
    if before != told {
        // Other articles came before the reported ones, so no source stands for all of them.
        numbers.iter_mut().for_each(|reason| reason.sources.clear());
        if let Some(last) = numbers.last_mut() {
            last.words.push_str(" since the last alert");
        }
    }
    if is_correction {
        // Outlets that printed the error are not sources for the right statement.
        numbers.clear();
    }
    let resumed = life.resumes().then(|| again(life, at)).filter(|_| !came.is_empty());
    let first = is_first.then(|| new(life));
    let opening = passing.into_iter().chain(first).chain(resumed);
    let reasons = weighed(opening.chain(told_of).chain(numbers).collect());
    Content { state, volume: volume(is_loud), reasons }
}

/// The corrections in the news to earlier reports, by any outlet.
fn corrections(life: &Life) -> impl Iterator<Item = AlertReason> {
    let all = life.news.iter().flat_map(|news| &news.reasons);
    all.filter(|reason| reason.kind == ReasonKind::Correction).cloned()
}

/// Whether one of these reasons is a correction, and corrections notify.
fn asks_to_correct(rules: &Rules, told: &[AlertReason]) -> bool {
    let mut corrects = told.iter().filter(|reason| reason.kind == ReasonKind::Correction);
    corrects.any(|reason| rules.on.correction || (rules.on.retraction && retracts(reason)))
}

/// The reason for silence if texts only mention the subject in passing.
fn passing(life: &Life) -> Option<AlertReason> {
    let words = "mentioned in passing";
    life.mentions_in_passing().then(|| reason(ReasonKind::Passing, words))
}

fn over() -> AlertReason {
    reason(ReasonKind::Quiet, "no news for 24 hours")
}

/// The reason `new`, with the hold that delayed it.
fn new(life: &Life) -> AlertReason {
    let held = life.hold.as_ref().map(|hold| match hold.reason {
        HoldReason::QuietHours => "new, held back during quiet hours",
        HoldReason::MaxPerDay => "new, held back by the daily limit",
        HoldReason::Muted => "new, held back while muted",
        // The digest itself says so.
        HoldReason::Digest => "new",
    });
    reason(ReasonKind::New, held.unwrap_or("new"))
}

/// The reason for an alert that continues after it was quiet, with the day.
fn again(life: &Life, at: UnixMillis) -> AlertReason {
    let days = life.first_seen.map_or(0, |first| at.since(first).as_secs() / DAY);
    reason(ReasonKind::Again, format!("again, day {}", days + 1))
}

/// Whether the numbers have grown enough since the last loud revision.
fn steps(sums: &Sums, rules: &Rules) -> bool {
    let (tally, notified) = (sums.fresh, sums.measured.notified);
    let grew = |step: Option<u32>, before: u32, now: u32| {
        step.is_some_and(|step| now >= before.saturating_add(step))
    };
    grew(rules.on.origins, notified.origins, tally.origins)
        || grew(rules.on.outlets, notified.outlets, tally.outlets)
}

/// Seconds in a day.
const DAY: u64 = 24 * 3600;

/// Whether a reason of a held revision is kept for the next one. Counts are computed again.
fn is_kept(kind: ReasonKind) -> bool {
    use ReasonKind::{Claimed, New, Quiet, Repeated, Velocity};
    is_material(kind) || matches!(kind, Claimed | New | Quiet | Repeated | Velocity)
}

fn volume(is_loud: bool) -> Volume {
    if is_loud { Volume::Loud } else { Volume::Silent }
}

fn draft(id: &AlertId, life: &Life, now: Now<'_>, (content, figures): (Content, Update)) -> Draft {
    let Now { at, taken, .. } = now;
    let covered = life.covered.max(taken);
    let sums = life.sums();
    let tally = sums.all;
    let first_seen = life.first_seen.or_else(|| life.news.iter().map(|news| news.first_seen).min());
    let alert = Alert {
        schema: Tag::new(),
        id: id.clone(),
        subscription: id.subscription.clone(),
        target: id.target,
        revision: life.revision + 1,
        state: content.state,
        volume: content.volume,
        reasons: content.reasons,
        output: covered.output,
        at: timestamp(at),
        headline: headline::next(life, content.volume == Volume::Loud, &figures.stories),
        first_seen: timestamp(first_seen.unwrap_or(at)),
        outlets: tally.outlets,
        origins: tally.origins,
        copies: tally.copies,
        versions: tally.versions,
        stories: tally.stories,
        first: first(life),
        matched: matched(life),
        articles: articles(life),
        figures: figures.figures,
        held: None,
        digest: None,
        merged_into: None,
    };
    let measured = life.news.iter().any(News::recounts).then_some(sums.measured);
    let notes = life.news.iter().fold(life.notes, |notes, news| notes.and(news.notes));
    Draft { alert, marks: Marks { covered, merged_at: 0, measured, notes } }
}

/// The reason of a closing revision, without the id of the other alert.
fn part_of(into: Target) -> &'static str {
    match into {
        Target::Event(_) => "now part of another event",
        Target::Story(_) => "now part of another story",
    }
}

/// The first outlet, if its article is still part of the alert.
fn first(life: &Life) -> Option<AlertFirst> {
    let shown = life.shown.as_ref().and_then(|shown| shown.first.clone());
    shown.or_else(|| life.news.iter().find_map(|news| news.first.clone()))
}

fn matched(life: &Life) -> Vec<String> {
    let mut words = life.shown.as_ref().map_or_else(Vec::new, |shown| shown.matched.clone());
    for word in life.news.iter().flat_map(|news| &news.matched) {
        if !words.contains(word) {
            words.push(word.clone());
        }
    }
    words
}

/// The lead, and then the latest articles.
fn articles(life: &Life) -> Vec<AlertArticle> {
    let mut articles = life.shown.as_ref().map_or_else(Vec::new, |shown| shown.articles.clone());
    for article in life.news.iter().flat_map(|news| &news.articles) {
        if articles.iter().all(|other| other.id != article.id) {
            articles.push(article.clone());
        }
    }
    let gone = |article: &AlertArticle| life.news.iter().any(|news| news.lacks(article.id));
    articles.retain(|article| !gone(article));
    while articles.len() > ARTICLES {
        articles.remove(1);
    }
    articles
}
