//! `wirefold compare` and `wirefold why`: two articles and everything that speaks for or against
//! one story, one event.

mod arguments;
pub(crate) mod article;
mod passages;
mod sentences;
mod summary;

pub(crate) use arguments::{CompareArguments, CompareView};
pub(crate) use summary::evidence_in_words;

use std::path::Path;

use wirefold_dedup::{
    Body, Changes, Explanation, Frequencies, Link, Overlap, Rule, Settings, Terms, explain,
};

use crate::exit::Exit;
use crate::output;
use article::{Article, Refused};

/// Two articles, the earlier first, and what was found between them.
pub(crate) struct Comparison {
    earlier: Article,
    later: Article,
    /// What they share.
    pub(crate) overlap: Overlap,
    earlier_body: Body,
    later_body: Body,
    found: Explanation,
    settings: Settings,
}

/// Compares the two files and prints the result.
pub(crate) fn run(arguments: &CompareArguments) -> anyhow::Result<Exit> {
    let method = arguments.place.method()?;
    match read(&arguments.first, &arguments.second) {
        Ok((earlier, later)) => show(earlier, later, method, arguments.view),
        Err(exit) => Ok(exit),
    }
}

/// Reads the one article in each file; where there is none, that is said already.
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

/// Reads the one article in a file; where there is none, that is said already.
pub(crate) fn read_one(path: &Path) -> Result<Article, Exit> {
    Article::read(path).map_err(|refused| refuse([Some(refused), None]))
}

/// Compares two articles and prints the result; the exit code is what they are to each other.
pub(crate) fn show(
    earlier: Article,
    later: Article,
    method: Settings,
    view: CompareView,
) -> anyhow::Result<Exit> {
    let Some(comparison) = Comparison::new(earlier, later, method, view.no_mask) else {
        anyhow::bail!("the detector gave no verdict on two articles of the same moment");
    };
    let mut text = String::new();
    summary::write(&mut text, &comparison)?;
    passages::write(&mut text, &comparison, view.full)?;
    let changes = Changes::between(&comparison.earlier.text, &comparison.later.text);
    if comparison.is_one_story() {
        sentences::write(&mut text, &comparison, &changes)?;
    }
    output::print_styled(&text)?;
    Ok(comparison.exit())
}

fn refuse(refused: [Option<Refused>; 2]) -> Exit {
    let mut exit = Exit::Failure;
    for reason in refused.into_iter().flatten() {
        output::note(format_args!("error: {}", reason.what));
        exit = reason.exit;
    }
    exit
}

/// What the detector makes of the two by themselves, with all that is known of them.
fn explained(earlier: &Article, later: &Article, settings: &Settings) -> Option<Explanation> {
    let identities = [earlier, later].map(Article::identity);
    let items = [identities[0].items("earlier"), identities[1].items("later")];
    let first = earlier.described(&identities[0], &items[0]);
    let second = later.described(&identities[1], &items[1]);
    explain(&first, &second, settings)
}

impl Comparison {
    /// Judges the two as if they came in one after the other, and nothing else did.
    pub(crate) fn new(
        earlier: Article,
        later: Article,
        settings: Settings,
        no_mask: bool,
    ) -> Option<Comparison> {
        let found = explained(&earlier, &later, &settings)?;
        let body = if no_mask { Body::unmasked } else { Body::new };
        let (earlier_body, later_body) = (body(&earlier.text), body(&later.text));
        let overlap = Overlap::between(&later_body, &earlier_body, &settings);
        Some(Comparison { earlier, later, overlap, earlier_body, later_body, found, settings })
    }

    /// Whether the two are one story by themselves.
    pub(crate) fn is_one_story(&self) -> bool {
        self.found.is_one_story()
    }

    /// The rule that decided about the two.
    pub(crate) fn rule(&self) -> Rule {
        self.found.rule
    }

    /// The rule in words, with what both share beside what is needed.
    pub(crate) fn words(&self) -> String {
        self.found.words(&self.overlap, &self.settings)
    }

    /// How many words each has.
    pub(crate) fn lengths(&self) -> (usize, usize) {
        (self.earlier.text.words().len(), self.later.text.words().len())
    }

    /// How alike the two are as news of one happening.
    pub(crate) fn link(&self) -> Link {
        let terms = |of: &Article, body| Terms::new(&of.text, body, of.title());
        let earlier = terms(&self.earlier, &self.earlier_body);
        let later = terms(&self.later, &self.later_body);
        let quotations = self.overlap.shared_quotations.len();
        let (frequencies, apart) = (&mut Frequencies::default(), self.seconds_apart());
        Link::between(&later, (0, &earlier), frequencies, apart, quotations, &self.settings)
    }

    /// The time between the two, in seconds; 0 where one of the times is not known.
    pub(crate) fn seconds_apart(&self) -> i64 {
        let times = self.earlier.time().zip(self.later.time());
        times.map_or(0, |(earlier, later)| later.saturating_sub(earlier).saturating_abs())
    }

    fn is_one_event(&self) -> bool {
        self.found.is_one_event()
    }

    fn exit(&self) -> Exit {
        match (self.is_one_story(), self.is_one_event()) {
            (true, _) => Exit::Ok,
            (false, true) => Exit::SameEvent,
            (false, false) => Exit::Unrelated,
        }
    }
}
