//! Figures in titles and ledes, and when an alert reports one as a fact.
//!
//! Comes in: the figures of each article, and their sources. Goes out: the figures of an alert, and the
//! reasons for a revision. It never checks whether a figure is true.
//!
//! A figure counts as a fact once two separately written texts, an agency, or a correction give it. Until
//! then it is a claim: a silent revision gives it with its source. The reported figures are part of the
//! alert, so they survive a restart.

use std::sync::Arc;

use wirefold_proto::{
    AgencyHow, AlertFigure, AlertReason, Class, Confidence, MaterialReason, OutputArticle,
    ReasonKind, StoryId,
};

use super::correction::Corrected;
use super::figure::{Figure, FigureReport};
use super::figure_roles::Role;
use super::incoming::IncomingArticle;
use super::life::Life;
use super::notes::Note;
use super::reasons::reason;

/// The most figures in an alert.
const FIGURES: usize = 16;
/// The most sources of a figure.
const SOURCES: usize = 4;
/// The most claims in one message: nobody reads more.
const CLAIMS: usize = 2;
/// How many stories must give a figure before it counts as a fact.
const ENOUGH: usize = 2;

/// The changes that the news makes to an alert's figures.
#[derive(Debug, Clone, Default)]
pub(super) struct Update {
    pub(super) figures: Vec<AlertFigure>,
    pub(super) reasons: Vec<AlertReason>,
    /// The stories whose texts give the figures reported now.
    pub(super) stories: Vec<StoryId>,
}

/// The figures of a text without the one that its note calls wrong, and with the right one.
fn put_right(figures: Arc<[Figure]>, corrected: Option<&Corrected>) -> Arc<[Figure]> {
    let Some(Corrected { role, old, new }) = corrected else { return figures };
    let others = figures.iter().filter(|it| it.value != *old && it.value != *new).cloned();
    others.chain([Figure { role: Some(*role), noun: None, value: new.clone() }]).collect()
}

impl IncomingArticle {
    /// The figures of the article. None if it is too short to be compared, is of a baseline, or retracts its
    /// report. `is_told` if the alert has reported its note.
    pub(super) fn figure_report(&self, is_told: bool) -> Option<FigureReport> {
        let OutputArticle { verdict, .. } = &self.output;
        let is_taken_back = matches!(self.note(), Some(Note::Retraction(_)));
        if !verdict.comparable || self.is_baseline() || verdict.holds.len() > 1 || is_taken_back {
            return None;
        }
        let material = verdict.material.as_ref().filter(|found| found.material);
        let new_number = material.filter(|found| found.reason == MaterialReason::NewNumber);
        let corrects = self.corrects() && !is_told;
        let figures = match self.note() {
            Some(Note::Correction(note)) => put_right(self.figures(), note.figure.as_ref()),
            _ => self.figures(),
        };
        Some(FigureReport {
            figures,
            new_number: new_number.and_then(|found| found.detail.clone()),
            source: self.source(),
            story: verdict.story,
            is_enough: corrects || (self.is_credited() && verdict.class != Class::Copy),
            corrects,
        })
    }

    /// Whether an agency is credited.
    fn is_credited(&self) -> bool {
        let agency = self.output.verdict.agency.as_ref();
        agency.is_some_and(|agency| {
            agency.how == AgencyHow::Credited && agency.confidence != Confidence::Possibly
        })
    }

    /// The source: the credited agency, otherwise the outlet.
    pub(super) fn source(&self) -> String {
        let agency = self.output.verdict.agency.as_ref().filter(|_| self.is_credited());
        let outlet = || self.output.article.outlet.to_string();
        agency.map_or_else(outlet, |agency| agency.name.clone())
    }
}

impl Life {
    /// The figures after the news, and the reasons to report them.
    pub(super) fn figures(&self) -> Update {
        let told = self.shown.as_ref().map(|shown| shown.figures.clone());
        let mut update = Update { figures: told.unwrap_or_default(), ..Update::default() };
        let is_opening = self.revision == 0;
        for report in self.news.iter().filter_map(|news| news.figure_report.as_ref()) {
            update.add_report(report, is_opening);
        }
        // A claim that becomes a fact with the same news is reported only as a fact.
        let facts: Vec<Option<String>> =
            update.figures.iter().filter(|it| it.told).map(|it| Some(it.value.clone())).collect();
        update.reasons.retain(|it| it.kind != ReasonKind::Claimed || !facts.contains(&it.new));
        let mut claims = 0;
        update.reasons.retain(|it| {
            claims += usize::from(it.kind == ReasonKind::Claimed);
            it.kind != ReasonKind::Claimed || claims <= CLAIMS
        });
        update
    }
}

impl Update {
    fn add_report(&mut self, report: &FigureReport, is_opening: bool) {
        let with_role = report.figures.iter().filter(|figure| figure.role.is_some());
        for figure in with_role.clone() {
            self.add_figure(figure.role.map_or("", Role::label), &figure.value, report, is_opening);
        }
        // A number without a noun, such as `4`, means nothing to readers.
        let with_noun: Vec<(&str, &str)> = report
            .figures
            .iter()
            .filter_map(|it| Some((it.noun.as_deref()?, &*it.value)))
            .collect();
        for (noun, value) in with_noun {
            let is_new = report.new_number.as_deref() == Some(value)
                && !with_role.clone().any(|figure| figure.value == value);
            let is_claim = |it: &AlertFigure| {
                !it.told && it.role.as_deref() == Some(noun) && it.value == value
            };
            if is_new || self.figures.iter().any(is_claim) {
                self.add_figure(noun, value, report, is_opening);
            }
        }
    }

    /// Adds a figure of one text. It replaces the reported figure of the same role. Two figures that only
    /// share a unit may measure two things, so none replaces the other.
    fn add_figure(&mut self, what: &str, value: &str, report: &FigureReport, is_opening: bool) {
        let role = Some(what);
        let is_told =
            |it: &&AlertFigure| it.told && Role::is_label(what) && it.role.as_deref() == role;
        let before = self.figures.iter().rfind(is_told).map(|it| it.value.clone());
        // A toll only falls by a correction: a lower one comes from an earlier text.
        let is_less = before.as_deref().is_some_and(|before| is_less(value, before));
        if is_less && !report.corrects {
            return;
        }
        let is_it = |it: &AlertFigure| it.role.as_deref() == role && it.value == value;
        let place = self.figures.iter().position(is_it);
        let is_acknowledged = place.is_some();
        let mut figure = match place {
            Some(place) => self.figures.remove(place),
            None => AlertFigure {
                role: role.map(str::to_owned),
                value: value.to_owned(),
                sources: Vec::new(),
                stories: Vec::new(),
                // The first message reports the figures of its texts.
                told: is_opening && before.is_none(),
            },
        };
        let was_told = figure.told;
        // Copies of one text count once: only the first one is named.
        if !figure.stories.contains(&report.story) && figure.stories.len() < ENOUGH {
            figure.stories.push(report.story);
            if !figure.sources.contains(&report.source) && figure.sources.len() < SOURCES {
                figure.sources.push(report.source.clone());
            }
        }
        figure.told |= figure.stories.len() >= ENOUGH || report.is_enough;
        let old = before.filter(|before| before != value);
        let is_news = if figure.told { !was_told } else { !is_acknowledged };
        if is_news && !(is_opening && old.is_none()) && !report.corrects {
            self.reasons.push(reason_of(&figure, old));
        }
        if figure.told && !was_told {
            self.stories.push(report.story);
        }
        // A reported figure keeps its place, since the last reported one of a role counts.
        match place.filter(|_| was_told) {
            Some(place) => self.figures.insert(place, figure),
            None => self.figures.push(figure),
        }
        if self.figures.len() > FIGURES {
            self.figures.remove(0);
        }
    }
}

fn is_less(one: &str, other: &str) -> bool {
    let number = |text: &str| text.parse::<u64>().ok();
    number(one).zip(number(other)).is_some_and(|(one, other)| one < other)
}

/// `death toll 14 → 28`, or that one outlet gives it.
fn reason_of(figure: &AlertFigure, old: Option<String>) -> AlertReason {
    let value = &figure.value;
    let role = figure.role.as_deref().filter(|role| Role::is_label(role));
    let noun = figure.role.as_deref().filter(|noun| !Role::is_label(noun)).unwrap_or_default();
    let what = match (role, &old) {
        (Some(role), Some(old)) => format!("{role} {old} → {value}"),
        (Some(role), None) => format!("{role}: {value}"),
        (None, _) if noun.starts_with(char::is_alphabetic) => {
            format!("a new figure: {value} {noun}")
        }
        (None, _) => format!("a new figure: {value}{noun}"),
    };
    let (kind, words) = match (figure.told, role, &old) {
        (true, _, _) => (ReasonKind::Material, what),
        (false, Some(role), Some(old)) => {
            (ReasonKind::Claimed, format!("one outlet says {role} {value}; so far {old}"))
        }
        (false, None, _) => (ReasonKind::Claimed, format!("one outlet gives {what}")),
        (false, _, _) => (ReasonKind::Claimed, format!("one outlet says {what}")),
    };
    let sources = figure.sources.clone();
    AlertReason { sources, old, new: Some(value.clone()), ..reason(kind, words) }
}
