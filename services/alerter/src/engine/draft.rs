//! The next revision of an alert, made from its pending changes.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use jiff::Timestamp;
use wirefold_envelope::timestamp;
use wirefold_flow::UnixMillis;
use wirefold_proto::{
    Alert, AlertArticle, AlertFirst, AlertId, AlertReason, AlertState, Class, Confidence,
    Escalation, Headline, HoldReason, InDigest, LanguageTag, ReasonKind, Tag, Target, Volume,
    count,
};

use super::corrections::{naming_the_retracted, retracts};
use super::live_alert::{LiveAlert, PendingChange, RevisionMetadata};
use super::numbers::{Sums, Tally};
use super::turns::{Turn, turns};
use crate::subscription::{QUIET, Rules};
use crate::wording::add_new;

/// The most articles that an alert lists.
const ARTICLES: usize = 20;

/// A revision that is due, and the position up to which it covers the output.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) alert: Alert,
    pub(crate) metadata: RevisionMetadata,
}

/// The time of a revision, and the position up to which it covers the output.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now<'a> {
    pub(super) at: UnixMillis,
    pub(super) applied_through: u64,
    /// The name of another alert that reports the same and inhibits this one.
    pub(super) inhibited_by: Option<&'a str>,
}

/// The parts of a revision that differ from case to case.
struct Content {
    state: AlertState,
    volume: Volume,
    reasons: Vec<AlertReason>,
}

/// The closing revision of an alert that was merged into another.
pub(super) fn closing(id: &AlertId, life: &LiveAlert) -> Option<Draft> {
    let closing = life.closing?;
    let content = Content {
        state: AlertState::Quiet,
        volume: Volume::Silent,
        reasons: vec![reason(
            ReasonKind::Merged,
            format!("now part of another {}", sort_of(closing.into)),
        )],
    };
    // News after the last revision belongs to the other alert, so this revision does not cover it.
    let now = Now { at: closing.at, applied_through: life.covered(), inhibited_by: None };
    let mut draft = draft(id, life, now, content);
    draft.alert.merged_into = Some(closing.into);
    (draft.metadata.merged_at, draft.metadata.notes) = (closing.place, life.notes);
    Some(draft)
}

/// The revision that escalates an alert. News that waits is not due.
pub(super) fn escalated(
    life: &LiveAlert,
    escalation: &Escalation,
    at: UnixMillis,
) -> Option<Draft> {
    let last = life.last.as_deref()?;
    let Escalation { to, after } = escalation;
    let words = format!("not acknowledged in {after}: sent to {to}");
    let alert = Alert {
        revision: last.revision + 1,
        volume: Volume::Silent,
        reasons: vec![reason(ReasonKind::Repeated, words)],
        at: timestamp(at),
        held: None,
        escalated: Some(timestamp(at)),
        digest: None,
        ..last.clone()
    };
    let metadata = RevisionMetadata { notes: life.notes, ..RevisionMetadata::default() };
    Some(Draft { alert, metadata })
}

/// The revision that is due at this time; `None` if there is nothing to report.
pub(super) fn next(
    id: &AlertId,
    life: &LiveAlert,
    rules: &Rules,
    notified_today: u32,
    now: Now<'_>,
) -> Option<Draft> {
    if life.revision() == 0 {
        life.ready(rules)?;
    }
    let is_silent = life.news.is_empty() && life.hold().is_none();
    let over = reason(ReasonKind::Quiet, "no news for 24 hours");
    let content = match is_silent {
        true if now.at < life.active_at.plus(QUIET) => repeated(life),
        true => Content {
            state: AlertState::Quiet,
            volume: volume(rules.on.quiet && life.notified_at.is_some()),
            reasons: weighed(passing(life).into_iter().chain([over]).collect()),
        },
        false => content_of_news(life, rules, now.at),
    };
    let content = inhibited(content, now.inhibited_by);
    let mut draft = draft(id, life, now, content);
    draft.metadata.escalates = rules.settings.escalation.is_some();
    let is_held_anyway =
        rules.settings.digest.is_some() || !retracts_what_was_told(life, rules, &draft.alert);
    let muted = life.handling.hold_while_muted(now.at, &draft.alert.reasons);
    let due = life.in_digest().filter(|due| *due <= now.at && !life.is_retracted_untold());
    if let Some(due) = due {
        draft.alert.volume = Volume::Loud;
        draft.alert.held = muted.or_else(|| rules.muted(now.at));
        let digest = InDigest { due: timestamp(due), all: Vec::new(), more: 0 };
        draft.alert.digest = Some(digest).filter(|_| draft.alert.held.is_none());
    } else if draft.alert.volume == Volume::Loud && is_held_anyway {
        let numbers = life.sums().all.numbers();
        draft.alert.held = muted.or_else(|| rules.hold_of_loud(now.at, &numbers, notified_today));
    }
    Some(draft)
}

/// Whether a revision retracts what has notified. It reaches whoever was told, past mute, quiet hours and daily limit,
/// unless they did not ask for retractions.
fn retracts_what_was_told(life: &LiveAlert, rules: &Rules, alert: &Alert) -> bool {
    let on = &rules.on;
    let is_asked_for = on.material || on.correction || on.retraction;
    is_asked_for && life.notified_at.is_some() && alert.reasons.iter().any(retracts)
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

/// The revision that repeats an alert without news.
fn repeated(life: &LiveAlert) -> Content {
    Content {
        state: life.state().unwrap_or(AlertState::Growing),
        volume: Volume::Loud,
        reasons: vec![reason(ReasonKind::Repeated, "told again: nothing new since")],
    }
}

fn content_of_news(life: &LiveAlert, rules: &Rules, at: UnixMillis) -> Content {
    let sums = life.sums();
    let passing = passing(life);
    let is_passing = passing.is_some();
    let Some(told) = sums.measured.told else {
        return first_content(life, rules, &sums, passing);
    };
    let silent = life.news.iter().rev().filter(|news| !news.is_material());
    let all: Vec<&PendingChange> = stating(life).into_iter().chain(silent).collect();
    let fresh = reasons_of(&all, life);
    let kept = life.carried().iter().filter(|reason| is_kept(reason.kind)).cloned();
    // A silent revision does not report velocity, which is reported only once.
    let is_told = |reason: &AlertReason| !is_passing || reason.kind != ReasonKind::Velocity;
    let told_of: Vec<AlertReason> = kept.chain(fresh).filter(is_told).collect();
    let is_material = told_of.iter().any(|reason| is_material(reason.kind));
    let has = |kind| told_of.iter().any(|reason| reason.kind == kind);
    // After mentions in passing, and after reports that were retracted before they were told, the first text about the
    // subject is news.
    let is_first = (life.in_passing() && !is_passing) || life.opens_anew();
    let is_due = (is_material && rules.on.material)
        || asks_to_correct(rules, &told_of)
        || (is_first && rules.on.new)
        || has(ReasonKind::Velocity)
        || steps(&sums, rules)
        || !life.carried().is_empty();
    let is_loud = is_due && !is_passing && life.may_notify() && !life.is_retracted_untold();
    let tells_the_end = life.carried().iter().any(|reason| reason.kind == ReasonKind::Quiet);
    let came: Vec<&PendingChange> = life.news.iter().filter(|news| news.silent.is_none()).collect();
    let state = match (is_material, life.state()) {
        _ if is_first => AlertState::New,
        (true, _) => AlertState::Updated,
        // No article came: people changed the numbers of a quiet alert.
        (false, Some(AlertState::Quiet)) if came.is_empty() && (!is_loud || tells_the_end) => {
            AlertState::Quiet
        }
        (false, _) => AlertState::Growing,
    };
    // A loud revision reports everything since the last loud one.
    let before = if is_loud && !is_first { sums.measured.notified } else { told };
    let mut numbers = counts(before, sums.all, &came);
    if let Some(numbers) = numbers.as_mut().filter(|_| before != told) {
        // Other articles came before the reported ones, so no source stands for all of them.
        numbers.sources.clear();
        numbers.words.push_str(" since the last alert");
    }
    // Outlets that printed the error are not sources for the right statement, and a first message adds to nothing.
    let numbers = numbers.filter(|_| !is_first && !has(ReasonKind::Correction));
    let resumed = (life.state() == Some(AlertState::Quiet))
        .then(|| again(life, at))
        .filter(|_| !came.is_empty());
    let first = is_first.then(|| new(life));
    let opening = passing.into_iter().chain(first).chain(resumed);
    let reasons = weighed(opening.chain(told_of).chain(numbers).collect());
    Content { state, volume: volume(is_loud), reasons }
}

/// The news that state something, the decisive first, then the latest.
fn stating(life: &LiveAlert) -> Vec<&PendingChange> {
    let mut stating: Vec<_> = life.news.iter().rev().filter(|news| news.is_material()).collect();
    stating.sort_by_key(|news| !(news.is_decisive || news.has(ReasonKind::Correction)));
    stating
}

/// The reasons of news: the first that states something with its sentence, the others with their headlines. A retraction
/// names the headline that it takes back.
fn reasons_of(all: &[&PendingChange], life: &LiveAlert) -> Vec<AlertReason> {
    let first = all.iter().find(|news| news.has(ReasonKind::Material));
    let headline_of = |news: &PendingChange, reason: &AlertReason| {
        let is_first = first.is_some_and(|first| first.place == news.place);
        let is_claim = reason.new.is_some();
        let is_headline = reason.kind == ReasonKind::Material && !is_first && !is_claim;
        let title = news.headline.as_ref().map(|headline| &headline.title);
        let headline = title.filter(|title| is_headline && !title.is_empty()).cloned();
        let named = || naming_the_retracted(reason, news.articles.first(), life);
        let words = headline.or_else(named).unwrap_or_else(|| reason.words.clone());
        AlertReason { words, ..reason.clone() }
    };
    let reasons = all.iter().flat_map(|news| news.reasons.iter().map(move |it| (*news, it)));
    reasons.map(|(news, reason)| headline_of(news, reason)).collect()
}

/// The headline of the widest story, which decisive ones are put before, or its first sentence if only that tells a turn
/// that they do not tell.
fn hidden_by(decisive: &[&PendingChange], life: &LiveAlert) -> Option<AlertReason> {
    let lead = leading(&life.news, |news| !news.is_decisive).filter(|_| !decisive.is_empty())?;
    let lead = newest(life, lead.clone());
    let headlines = || decisive.iter().filter_map(|news| news.headline.as_ref());
    let shown: Vec<Turn> = headlines().flat_map(|headline| turns(&headline.title)).collect();
    let is_hidden = |said: &&String| turns(said).iter().any(|turn| !shown.contains(turn));
    let said = [Some(&lead.title), lead.lede.as_ref()].into_iter().flatten().find(is_hidden);
    let is_shown = headlines().any(|headline| headline.title == lead.title);
    let said = said.or(Some(&lead.title).filter(|title| !is_shown && !title.is_empty()));
    said.map(|said| reason(ReasonKind::Material, said))
}

/// The content of an alert that was not told of yet.
fn first_content(
    life: &LiveAlert,
    rules: &Rules,
    sums: &Sums,
    passing: Option<AlertReason>,
) -> Content {
    let merged = life.news.iter().find(|news| news.inherits());
    let first = match merged {
        Some(news) => news.reasons.clone(),
        None if passing.is_some() => Vec::new(),
        None => {
            let decisive = decisive(life);
            let told = reasons_of(&decisive, life).into_iter().chain(hidden_by(&decisive, life));
            [new(life)].into_iter().chain(corrections(life)).chain(told).collect()
        }
    };
    let is_loud = merged.is_none()
        && passing.is_none()
        && life.may_notify()
        && !(rules.on.new && life.is_retracted_untold())
        && (rules.on.new || steps(sums, rules) || asks_to_correct(rules, &first));
    let reasons = weighed(passing.into_iter().chain(first).collect());
    Content { state: AlertState::New, volume: volume(is_loud), reasons }
}

/// The decisive turns that came after the first text, the latest first.
fn decisive(life: &LiveAlert) -> Vec<&PendingChange> {
    let stating = stating(life).into_iter();
    stating.filter(|news| news.is_decisive && news.has(ReasonKind::Material)).collect()
}

/// The corrections in the news to earlier reports, by any outlet.
fn corrections(life: &LiveAlert) -> impl Iterator<Item = AlertReason> {
    let all = life.news.iter().flat_map(|news| &news.reasons);
    all.filter(|reason| reason.kind == ReasonKind::Correction).cloned()
}

/// Whether one of these reasons is a correction, and corrections notify.
fn asks_to_correct(rules: &Rules, told: &[AlertReason]) -> bool {
    let mut corrects = told.iter().filter(|reason| reason.kind == ReasonKind::Correction);
    corrects.any(|reason| rules.on.correction || (rules.on.retraction && retracts(reason)))
}

/// The reason for silence if texts only mention the subject in passing.
fn passing(life: &LiveAlert) -> Option<AlertReason> {
    let words = "mentioned in passing";
    life.mentions_in_passing().then(|| reason(ReasonKind::Passing, words))
}

/// The reason `new`, with the hold that delayed it.
fn new(life: &LiveAlert) -> AlertReason {
    let held = life.hold().as_ref().map(|hold| match hold.reason {
        HoldReason::QuietHours => "new, held back during quiet hours",
        HoldReason::MaxPerDay => "new, held back by the daily limit",
        HoldReason::Muted => "new, held back while muted",
        // The digest itself says so.
        HoldReason::Digest => "new",
    });
    reason(ReasonKind::New, held.unwrap_or("new"))
}

/// The reason for an alert that continues after it was quiet, with the day.
fn again(life: &LiveAlert, at: UnixMillis) -> AlertReason {
    let days = life.first_seen().map_or(0, |first| at.since(first).as_secs() / DAY);
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
    use ReasonKind::{New, Quiet, Repeated, Velocity};
    is_material(kind) || matches!(kind, New | Quiet | Repeated | Velocity)
}

fn volume(is_loud: bool) -> Volume {
    if is_loud { Volume::Loud } else { Volume::Silent }
}

fn draft(id: &AlertId, life: &LiveAlert, now: Now<'_>, content: Content) -> Draft {
    let Now { at, applied_through, .. } = now;
    let covered = life.covered().max(applied_through);
    let sums = life.sums();
    let tally = sums.all;
    let first_seen = timestamp(life.first_seen_with_news().unwrap_or(at));
    let articles = articles(life);
    let alert = Alert {
        schema: Tag::new(),
        id: id.clone(),
        subscription: id.subscription.clone(),
        target: id.target,
        revision: life.revision() + 1,
        state: content.state,
        volume: content.volume,
        reasons: content.reasons,
        output: covered,
        at: timestamp(at),
        headline: headline_of(life, content.volume == Volume::Loud),
        first_seen,
        outlets: tally.outlets,
        origins: tally.origins,
        copies: tally.copies,
        versions: tally.versions,
        stories: tally.stories,
        first: first(id.target, life, &articles, first_seen),
        matched: matched(life),
        articles,
        held: None,
        escalated: life.escalation.at.map(timestamp),
        digest: None,
        merged_into: None,
    };
    let measured = life.news.iter().any(PendingChange::recounts).then_some(sums.measured);
    let notes = life.news.iter().fold(life.notes, |notes, news| notes.and(news.notes));
    let joined: BTreeSet<Target> = life.news.iter().filter_map(|news| news.joined).collect();
    let joined = joined.into_iter().collect();
    Draft {
        alert: corrected(life, alert),
        metadata: RevisionMetadata { measured, notes, joined, ..RevisionMetadata::default() },
    }
}

/// The word for a target.
pub(super) fn sort_of(target: Target) -> &'static str {
    match target {
        Target::Event(_) => "event",
        Target::Story(_) => "story",
    }
}

/// The outlet of the first article, if the alert has that article, or had it in its last revision.
fn first(
    target: Target,
    life: &LiveAlert,
    articles: &[AlertArticle],
    first_seen: Timestamp,
) -> Option<AlertFirst> {
    let is_same = life.first_seen().map(timestamp) == Some(first_seen);
    let has_moved = life.first_seen().is_some() && !is_same;
    // The article that gave the target its id was decided first. If it does not match, it may have been seen as early as
    // the first that does.
    let opens = |it: &AlertArticle| match target {
        Target::Event(event) => event == it.id.into(),
        Target::Story(story) => story == it.id.into(),
    };
    let is_known = has_moved || articles.iter().any(opens);
    let own = articles.iter().filter(|it| is_known && it.seen <= first_seen);
    let own = own.min_by_key(|it| (it.seen, it.enriched));
    let last = life.last.as_ref().filter(|_| is_same);
    own.map(AlertFirst::from).or_else(|| last?.first.clone())
}

fn matched(life: &LiveAlert) -> Vec<String> {
    let mut words = life.last.as_ref().map_or_else(Vec::new, |last| last.matched.clone());
    add_new(&mut words, life.news.iter().flat_map(|news| &news.matched));
    words
}

/// Whether people took the article out of the alert's story or event.
fn has_left(life: &LiveAlert, article: &AlertArticle) -> bool {
    life.news.iter().any(|news| news.lacks(article))
}

/// An alert that shows what people or a merge changed: without articles that left, and with the headline of one
/// that is in it.
fn corrected(life: &LiveAlert, mut alert: Alert) -> Alert {
    if life.news.iter().all(|news| news.silent.is_none()) {
        return alert;
    }
    alert.articles.sort_by_key(|article| article.seen);
    let Some(first) = alert.articles.first() else { return alert };
    let left: Vec<_> = life.told_articles().iter().filter(|it| has_left(life, it)).collect();
    let has = |article: &AlertArticle| article.title == alert.headline.title;
    if left.iter().any(|article| has(article)) && !alert.articles.iter().any(has) {
        (alert.headline.title, alert.headline.lede) = (first.title.clone(), None);
    }
    alert
}

/// The lead, and then the latest articles.
fn articles(life: &LiveAlert) -> Vec<AlertArticle> {
    let mut articles: Vec<AlertArticle> = Vec::new();
    for article in life.articles().filter(|article| !has_left(life, article)) {
        if articles.iter().all(|other| other.id != article.id) {
            articles.push(article.clone());
        }
    }
    while articles.len() > ARTICLES {
        articles.remove(1);
    }
    articles
}

/// The most sources of a reason.
const SOURCES: usize = 4;

/// The reason that follows from the numbers.
fn counts(before: Tally, now: Tally, came: &[&PendingChange]) -> Option<AlertReason> {
    let origins = now.origins.saturating_sub(before.origins);
    let outlets = now.outlets.saturating_sub(before.outlets);
    let copies = now.copies.saturating_sub(before.copies);
    let versions = now.versions.saturating_sub(before.versions);
    let words = match (carried(came), outlets, copies, versions) {
        (Some(agency), 1.., _, _) if origins == 0 => {
            let many = if outlets == 1 { "outlet" } else { "outlets" };
            let genitive = if agency.ends_with('s') { "'" } else { "'s" };
            format!("{agency}{genitive} text reached {outlets} more {many}")
        }
        (_, 1.., _, _) => more(outlets, "outlet", "outlets"),
        (_, 0, 1.., _) => more(copies, "copy", "copies"),
        (_, 0, 0, 1..) => more(versions, "version", "versions"),
        (_, 0, 0, 0) if !came.is_empty() => {
            more(u32::try_from(came.len()).unwrap_or(u32::MAX), "article", "articles")
        }
        _ => return None,
    };
    // Outlets with a text of their own are not named beside those that print a copy.
    let copying = came.iter().filter(|it| !matches!(it.class, Some(Class::New | Class::Related)));
    let sources = few(copying.flat_map(|it| &it.articles).map(AlertArticle::outlet_label));
    Some(AlertReason { sources, ..reason(ReasonKind::Outlets, words) })
}

/// The agency whose text all new articles probably copy.
fn carried<'a>(came: &[&'a PendingChange]) -> Option<&'a str> {
    let copied = |news: &&'a PendingChange| {
        let article = news.articles.first().filter(|_| news.class == Some(Class::Copy))?;
        let agency = article.agency.as_ref()?;
        (agency.confidence != Confidence::Possibly).then_some(&*agency.name)
    };
    let first = copied(came.first()?)?;
    came.iter().all(|news| copied(news) == Some(first)).then_some(first)
}

/// The first names, each once.
fn few(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut few: Vec<String> = Vec::new();
    for name in names {
        if few.len() < SOURCES && !few.contains(&name) {
            few.push(name);
        }
    }
    few
}

fn more(more: u32, one: &str, many: &str) -> String {
    format!("+{}", count(more.into(), one, many))
}

/// The headline of a revision. The first revision has that of a decisive turn, or of the story with the most outlets
/// among those that match best. A revision that notifies of something material has the headline of the text
/// that brought it. Any other revision keeps the headline.
pub(super) fn headline_of(life: &LiveAlert, is_loud: bool) -> Headline {
    let shown = life.last.as_ref().map(|last| &last.headline);
    let of_lead = match shown {
        None => match decisive(life).first() {
            Some(news) => news.headline.as_ref(),
            None => leading(&life.news, |_| true),
        },
        // So far there were only mentions in passing: the first text about the subject gives the headline.
        Some(_) if is_loud && (life.in_passing() || life.opens_anew()) => {
            leading(&life.news, |_| true)
        }
        Some(_) if is_loud => stating(life).first().and_then(|news| news.headline.as_ref()),
        Some(_) => None,
    };
    let first = || life.news.first().and_then(|news| news.headline.as_ref());
    let untitled =
        || Headline { title: String::new(), language: LanguageTag::unknown(), lede: None };
    newest(life, of_lead.or(shown).or_else(first).cloned().unwrap_or_else(untitled))
}

/// The headline of the newest version of the article with this one: its outlet no longer says the other.
fn newest(life: &LiveAlert, headline: Headline) -> Headline {
    life.news.iter().fold(headline, |shown, news| {
        let is_before =
            |it: &AlertArticle| Some(it.id) == news.version_of && it.title == shown.title;
        let is_replaced = life.articles().any(is_before);
        news.headline.clone().filter(|_| is_replaced).unwrap_or(shown)
    })
}

/// The headline of the story with the most outlets, among the matching news that match best.
fn leading(all: &[PendingChange], is_meant: impl Fn(&PendingChange) -> bool) -> Option<&Headline> {
    let meant = || all.iter().filter(|news| news.silent.is_none() && is_meant(news));
    let most = meant().map(|news| news.mention).max()?;
    let told = || meant().filter(|news| news.mention == most);
    let stories = told().filter_map(|news| news.in_story).enumerate();
    let (_, widest) = stories.max_by_key(|(at, story)| (story.outlets, Reverse(*at)))?;
    let is_lead =
        |news: &&PendingChange| news.articles.first().is_some_and(|it| it.id == widest.lead);
    let is_of_it = |news: &&PendingChange| news.in_story.is_some_and(|it| it.story == widest.story);
    all.iter().find(is_lead).or_else(|| told().find(is_of_it))?.headline.as_ref()
}

/// The most statements of one revision: nobody reads more.
const NEWS: usize = 3;
/// The most reasons of one revision.
const MOST: usize = 8;

pub(crate) fn reason(kind: ReasonKind, words: impl Into<String>) -> AlertReason {
    AlertReason {
        kind,
        words: words.into(),
        sources: Vec::new(),
        old: None,
        new: None,
        carriers: Vec::new(),
    }
}

/// Whether a revision gets a message of its own: it is loud, not held and in no digest.
pub(super) fn is_sent(alert: &Alert) -> bool {
    alert.volume == Volume::Loud && alert.held.is_none() && alert.digest.is_none()
}

/// Whether it is a material change.
fn is_material(kind: ReasonKind) -> bool {
    matches!(kind, ReasonKind::Material | ReasonKind::Correction)
}

/// The most important reasons, each once. Statements that a revision has no room for are counted.
pub(super) fn weighed(mut reasons: Vec<AlertReason>) -> Vec<AlertReason> {
    reasons.sort_by_key(|reason| weight(reason.kind));
    let mut kept: Vec<AlertReason> = Vec::new();
    let (mut statements, mut others) = (0, 0);
    for reason in reasons {
        let is_statement = reason.kind == ReasonKind::Material;
        match left_out(&reason) {
            Some(count) => others += count,
            None if kept.iter().any(|it| it.words == reason.words && it.kind == reason.kind) => {}
            None if is_statement && statements == NEWS => others += 1,
            None if kept.len() < MOST => {
                statements += usize::from(is_statement);
                kept.push(reason);
            }
            None => {}
        }
    }
    if others > 0 {
        let behind = kept.iter().rposition(|it| it.kind == ReasonKind::Material);
        let more = reason(ReasonKind::Material, format!("and {others} more"));
        kept.insert(behind.map_or(kept.len(), |last| last + 1), more);
    }
    kept
}

/// How many statements a reason counts that a revision had no room for.
pub(crate) fn left_out(reason: &AlertReason) -> Option<u64> {
    let count = reason.words.strip_prefix("and ")?.strip_suffix(" more")?.parse().ok()?;
    (reason.kind == ReasonKind::Material && reason.sources.is_empty()).then_some(count)
}

fn weight(kind: ReasonKind) -> u8 {
    match kind {
        ReasonKind::New | ReasonKind::Again | ReasonKind::Passing => 0,
        ReasonKind::Correction => 1,
        ReasonKind::Material => 2,
        ReasonKind::Velocity => 3,
        ReasonKind::Outlets => 6,
        ReasonKind::Merged => 7,
        ReasonKind::Quiet | ReasonKind::Repeated | ReasonKind::Inhibited => 8,
    }
}

#[cfg(test)]
mod tests {
    use wirefold_proto::ArticleId;

    use super::*;

    fn words(reasons: &[AlertReason]) -> Vec<&str> {
        reasons.iter().map(|reason| reason.words.as_str()).collect()
    }

    #[test]
    fn counts_say_what_grew() {
        let before = Tally { outlets: 2, origins: 1, copies: 1, ..Tally::default() };
        let cases: [(Tally, &[&str]); 5] = [
            (Tally { outlets: 5, origins: 3, copies: 2, ..before }, &["+3 outlets"]),
            (Tally { outlets: 3, origins: 2, ..before }, &["+1 outlet"]),
            (Tally { copies: 2, ..before }, &["+1 copy"]),
            (Tally { versions: 1, ..before }, &["+1 version"]),
            (before, &["+1 article"]),
        ];
        for (now, expected) in cases {
            assert_eq!(
                words(counts(before, now, &[&PendingChange::default()]).as_slice()),
                expected
            );
        }
    }

    fn copy_of_ap() -> PendingChange {
        let article = serde_json::json!({
            "id": ArticleId::from_number(1), "enriched": 1, "outlet": "a.example", "title": "A",
            "seen": "2026-03-01T12:00:00Z", "agency": {"name": "AP", "confidence": "certainly"},
        });
        let articles = vec![serde_json::from_value(article).expect("an article of an alert")];
        PendingChange { articles, class: Some(Class::Copy), ..PendingChange::default() }
    }

    #[test]
    fn copies_of_an_agency_say_whose_text_it_is() {
        let before = Tally { outlets: 2, origins: 1, copies: 1, ..Tally::default() };
        let now = Tally { outlets: 8, copies: 7, ..before };
        let copy = copy_of_ap();
        assert_eq!(
            words(counts(before, now, &[&copy]).as_slice()),
            ["AP's text reached 6 more outlets"]
        );
        let all = counts(before, now, &[&copy, &PendingChange::default()]);
        assert_eq!(words(all.as_slice()), ["+6 outlets"]);
    }
}

#[cfg(test)]
mod reasons_tests {
    use super::*;

    fn reason_texts(reasons: &[AlertReason]) -> Vec<&str> {
        reasons.iter().map(|reason| reason.words.as_str()).collect()
    }

    #[test]
    fn statements_without_room_are_counted() {
        let said = |number: usize| reason(ReasonKind::Material, format!("Statement {number}."));
        let first = weighed((1..=5).map(said).collect());
        let expected = ["Statement 1.", "Statement 2.", "Statement 3.", "and 2 more"];
        assert_eq!(reason_texts(&first), expected);
        // The revision was held, and its reasons come again with others.
        let again = weighed(first.into_iter().chain([said(6)]).collect());
        assert_eq!(reason_texts(&again)[3], "and 3 more");
    }

    #[test]
    fn the_weightiest_comes_first_and_none_twice() {
        let given = [
            reason(ReasonKind::Outlets, "+3 outlets"),
            reason(ReasonKind::Material, "A man was arrested."),
            reason(ReasonKind::Material, "A man was arrested."),
            reason(ReasonKind::New, "new"),
        ];
        let weighed = weighed(given.to_vec());
        assert_eq!(reason_texts(&weighed), ["new", "A man was arrested.", "+3 outlets"]);
    }
}
