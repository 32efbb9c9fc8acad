//! `wirefold why`: the evidence for and against one story or one event.

pub(crate) mod article;
mod passages;
mod sentences;
mod summary;

pub(crate) use summary::describe_evidence;

use std::path::Path;

use clap::Args;
use wirefold_dedup::{Frequencies, Link, Rule, Settings, StoryId, Terms};
use wirefold_gateway::shapes::Relation;
use wirefold_gateway::{AnalysedText, TextComparison};

use crate::exit::Exit;
use crate::output;
use article::{Article, Refused};

/// How a comparison is shown.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct CompareView {
    /// Compare everything, page chrome too.
    #[arg(long)]
    pub(crate) no_mask: bool,
    /// Show passages in full.
    #[arg(long)]
    pub(crate) full: bool,
}

/// Two articles, the earlier first, and their comparison.
pub(crate) struct Comparison {
    earlier: Article,
    later: Article,
    pub(crate) texts: TextComparison,
}

/// Reads the article in each file. If one has none, it prints the reason.
pub(crate) fn read(first: &Path, second: &Path) -> Result<(Article, Article), Exit> {
    if first.as_os_str() == "-" && second.as_os_str() == "-" {
        output::note(format_args!("error: standard input can be only one of the two"));
        return Err(Exit::Usage);
    }
    match (Article::read(first), Article::read(second)) {
        (Ok(earlier), Ok(later)) => Ok((earlier, later)),
        (earlier, later) => Err(refuse([earlier.err(), later.err()])),
    }
}

/// Reads the article in a file. If it has none, it prints the reason.
pub(crate) fn read_one(path: &Path) -> Result<Article, Exit> {
    Article::read(path).map_err(|refused| refuse([Some(refused), None]))
}

/// Compares two articles and prints the result. The exit code gives their relation.
pub(crate) fn show(
    earlier: Article,
    later: Article,
    method: &Settings,
    view: CompareView,
) -> anyhow::Result<Exit> {
    let Some(comparison) = Comparison::new(earlier, later, method, view.no_mask) else {
        anyhow::bail!("the detector gave no verdict on two articles of the same moment");
    };
    let mut text = String::new();
    summary::write(&mut text, &comparison)?;
    passages::write(&mut text, &comparison, view.full)?;
    if comparison.is_one_story() {
        sentences::write(&mut text, &comparison, &comparison.texts.changes())?;
    }
    output::print_styled(&text)?;
    Ok(exit_of(comparison.texts.relation()))
}

/// The exit code for the relation of two articles.
pub(crate) fn exit_of(relation: Relation) -> Exit {
    match relation {
        Relation::SameStory => Exit::Ok,
        Relation::SameEvent => Exit::SameEvent,
        Relation::Unrelated => Exit::Unrelated,
    }
}

fn refuse(refused: [Option<Refused>; 2]) -> Exit {
    let mut exit = Exit::Failure;
    for reason in refused.into_iter().flatten() {
        output::note(format_args!("error: {}", reason.what));
        exit = reason.exit;
    }
    exit
}

impl Comparison {
    /// Judges the two texts as if they arrived in this order, without any other article.
    pub(crate) fn new(
        earlier: Article,
        later: Article,
        settings: &Settings,
        no_mask: bool,
    ) -> Option<Comparison> {
        let identities = [&earlier, &later].map(Article::identity);
        let items = [identities[0].items("earlier"), identities[1].items("later")];
        let first = earlier.described(&identities[0], &items[0]);
        let second = later.described(&identities[1], &items[1]);
        let analyse = if no_mask { AnalysedText::unmasked } else { AnalysedText::new };
        let texts = TextComparison::new(&first, &second, settings, analyse)?;
        Some(Comparison { earlier, later, texts })
    }

    /// Whether the two alone are one story.
    pub(crate) fn is_one_story(&self) -> bool {
        self.texts.explanation.is_one_story()
    }

    /// The rule that decided about the two.
    pub(crate) fn rule(&self) -> Rule {
        self.texts.explanation.rule
    }

    /// How similar the two are as reports of one happening.
    pub(crate) fn link(&self) -> Link {
        let terms = |of: &Article, its: &AnalysedText| Terms::new(&its.text, &its.body, of.title());
        let earlier = terms(&self.earlier, &self.texts.earlier);
        let later = terms(&self.later, &self.texts.later);
        let quotations = self.texts.overlap.shared_quotations.len();
        let (frequencies, seconds) = (&mut Frequencies::default(), self.seconds_apart());
        let settings = self.texts.settings();
        Link::between(&later, (StoryId(0), &earlier), frequencies, seconds, quotations, settings)
    }

    /// The time between the two in seconds, or 0 if one of the times is unknown.
    pub(crate) fn seconds_apart(&self) -> i64 {
        let times = self.earlier.time().zip(self.later.time());
        times.map_or(0, |(earlier, later)| later.saturating_sub(earlier).saturating_abs())
    }
}
