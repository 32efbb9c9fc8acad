//! The next revision of an alert.

use wirefold_envelope::timestamp;
use wirefold_flow::UnixMillis;
use wirefold_proto::{
    Alert, AlertArticle, AlertId, AlertReason, AlertState, ReasonKind, Tag, Volume,
};

use super::life::{Life, News, Shown};
use super::measure::{Measured, Sums};
use super::piece::Place;
use super::reasons::{counts, reason, weighed};
use crate::subscription::Rules;

/// The most articles an alert names.
const ARTICLES: usize = 20;

/// A revision that is due, and up to where it speaks.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) alert: Alert,
    pub(crate) marks: Marks,
}

/// What a revision says to whoever rebuilds its alert, besides what it says to people.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Up to where it speaks.
    pub(crate) covered: Place,
    /// The place in the output of the merge that closes it; 0 where none does.
    pub(crate) merged_at: u64,
    /// What the numbers are measured by, where people changed them.
    pub(crate) measured: Option<Measured>,
}

/// The time of a revision, and the latest of the output that it speaks of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub(super) at: UnixMillis,
    pub(super) taken: Place,
}

/// What the next revision says, besides what stands in every one.
struct Said {
    state: AlertState,
    volume: Volume,
    reasons: Vec<AlertReason>,
}

/// The closing revision of an alert that became part of another.
pub(super) fn closing(id: &AlertId, life: &Life) -> Option<Draft> {
    let closing = life.closing?;
    let said = Said {
        state: AlertState::Quiet,
        volume: Volume::Silent,
        reasons: vec![reason(ReasonKind::Merged, format!("now part of {}", closing.into))],
    };
    // What came since its last revision is for the survivor, and not covered by this one.
    let now = Now { at: closing.at, taken: life.covered };
    let mut draft = draft(id, life, now, said);
    draft.alert.merged_into = Some(closing.into);
    draft.marks.merged_at = closing.place.output;
    Some(draft)
}

/// The revision due at this time; none where there is nothing to say.
pub(super) fn next(
    id: &AlertId,
    life: &Life,
    rules: &Rules,
    rung_today: u32,
    now: Now,
) -> Option<Draft> {
    if life.revision == 0 {
        life.ready(rules)?;
    }
    let said = match life.news.is_empty() && life.hold.is_none() {
        true => Said {
            state: AlertState::Quiet,
            volume: Volume::Silent,
            reasons: vec![reason(ReasonKind::Quiet, "no news for 24 hours")],
        },
        false => said(life, rules, now.at),
    };
    let mut draft = draft(id, life, now, said);
    if draft.alert.volume == Volume::Loud {
        draft.alert.held = rules.hold(now.at, &life.sums().all.numbers(), rung_today);
    }
    Some(draft)
}

fn said(life: &Life, rules: &Rules, at: UnixMillis) -> Said {
    let sums = life.sums();
    let Some(told) = sums.measured.told else {
        let merged = life.news.iter().find(|news| news.inherits());
        let first = match merged {
            Some(news) => news.reasons.clone(),
            None => vec![reason(ReasonKind::New, "new")],
        };
        let is_loud = merged.is_none() && life.may_ring() && (rules.on.new || steps(&sums, rules));
        return Said { state: AlertState::New, volume: volume(is_loud), reasons: weighed(first) };
    };
    let fresh = life.news.iter().flat_map(|news| &news.reasons).cloned();
    let kept = life.carried.iter().filter(|reason| is_kept(reason.kind)).cloned();
    let told_of: Vec<AlertReason> = kept.chain(fresh).collect();
    let is_material = told_of.iter().any(|reason| is_material(reason.kind));
    let is_fast = told_of.iter().any(|reason| reason.kind == ReasonKind::Velocity);
    let rings = (is_material && rules.on.material)
        || is_fast
        || steps(&sums, rules)
        || !life.carried.is_empty();
    let is_loud = rings && life.may_ring();
    let came = life.news.iter().filter(|news| !news.recounts()).count();
    let state = match (is_material, life.state) {
        (true, _) => AlertState::Updated,
        // Nothing came: people changed the numbers of something that is over.
        (false, Some(AlertState::Quiet)) if came == 0 && !is_loud => AlertState::Quiet,
        (false, _) => AlertState::Growing,
    };
    let numbers = counts(told, sums.all, came);
    let resumed = life.resumes().then(|| again(life, at)).filter(|_| came > 0);
    let reasons = weighed(resumed.into_iter().chain(told_of).chain(numbers).collect());
    Said { state, volume: volume(is_loud), reasons }
}

/// That it goes on after it was quiet, and on which day.
fn again(life: &Life, at: UnixMillis) -> AlertReason {
    let days = life.first_seen.map_or(0, |first| at.since(first).as_secs() / DAY);
    reason(ReasonKind::Again, format!("again, day {}", days + 1))
}

/// Whether the numbers have grown enough since it last rang.
fn steps(sums: &Sums, rules: &Rules) -> bool {
    let (tally, rung) = (sums.fresh, sums.measured.rung);
    let grew = |step: Option<u32>, before: u32, now: u32| {
        step.is_some_and(|step| now >= before.saturating_add(step))
    };
    grew(rules.on.origins, rung.origins, tally.origins)
        || grew(rules.on.outlets, rung.outlets, tally.outlets)
}

/// Seconds in a day.
const DAY: u64 = 24 * 3600;

fn is_material(kind: ReasonKind) -> bool {
    matches!(kind, ReasonKind::Material | ReasonKind::Correction)
}

/// What a held revision was to tell and the numbers do not say again.
fn is_kept(kind: ReasonKind) -> bool {
    is_material(kind) || kind == ReasonKind::Velocity
}

fn volume(is_loud: bool) -> Volume {
    if is_loud { Volume::Loud } else { Volume::Silent }
}

fn draft(id: &AlertId, life: &Life, now: Now, said: Said) -> Draft {
    let Now { at, taken } = now;
    let covered = life.covered.max(taken);
    let sums = life.sums();
    let tally = sums.all;
    let first_seen = life.first_seen.or_else(|| life.news.iter().map(|news| news.first_seen).min());
    let shown = life.shown.as_ref().map(|shown| shown.headline.clone());
    let headline = shown.or_else(|| Some(life.news.first()?.headline.clone()));
    let alert = Alert {
        schema: Tag::new(),
        id: id.clone(),
        subscription: id.subscription.clone(),
        target: id.target,
        revision: life.revision + 1,
        state: said.state,
        volume: said.volume,
        reasons: said.reasons,
        output: covered.output,
        at: timestamp(at),
        headline: headline.unwrap_or_else(|| Shown::nothing().headline),
        first_seen: timestamp(first_seen.unwrap_or(at)),
        outlets: tally.outlets,
        origins: tally.origins,
        copies: tally.copies,
        matched: matched(life),
        articles: articles(life),
        held: None,
        merged_into: None,
    };
    let measured = life.news.iter().any(News::recounts).then_some(sums.measured);
    Draft { alert, marks: Marks { covered, merged_at: 0, measured } }
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

/// The lead, and of the others those that came last.
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
