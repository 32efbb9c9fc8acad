//! The report of what would change, for people and for programs.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use super::changes::{Change, ChangeKind, Judged, Shares, StoryRef, Sums};
use crate::columns::{Cell, Columns};
use crate::commands::print_line;
use crate::output::shorten;
use crate::output::{clean, count, percent, thousands, width};

const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const GOOD: Style = AnsiColor::Green.on_default().bold();
const BAD: Style = AnsiColor::Red.on_default().bold();
const OTHER: Style = AnsiColor::Yellow.on_default().bold();

/// The sums of both judgements.
#[derive(Debug, Serialize)]
pub(super) struct Report<'a> {
    set: &'a [String],
    now: Sums,
    then: Sums,
    appear: usize,
    vanish: usize,
    #[serde(rename = "move")]
    moves: usize,
    without_text: usize,
}

impl<'a> Report<'a> {
    pub(super) fn new(
        set: &'a [String],
        now: &Judged,
        then: &Judged,
        changes: &[Change],
        without_text: usize,
    ) -> Report<'a> {
        let of = |what: ChangeKind| changes.iter().filter(|change| change.what == what).count();
        let [appear, vanish, moves] =
            [ChangeKind::Appears, ChangeKind::Vanishes, ChangeKind::Moves].map(of);
        let (now, then) = (now.sums(), then.sums());
        Report { set, now, then, appear, vanish, moves, without_text }
    }

    /// One line for each change, then the sums.
    pub(super) fn print_json(&self, changes: &[Change]) -> anyhow::Result<()> {
        for change in changes {
            print_line("wirefold.replay.change/1", change)?;
        }
        print_line("wirefold.replay/1", self)
    }

    /// The report for people.
    pub(super) fn describe(&self, changes: &[Change]) -> Result<String, std::fmt::Error> {
        let mut out = String::new();
        let articles = count(self.now.articles, "article", "articles");
        writeln!(
            out,
            "{STRONG}{articles}{STRONG:#} judged with {}\n",
            clean(&self.set.join(", "))
        )?;
        let mut table = Columns::new(&["", "folded", "stories", "events"]);
        for (name, sums) in [("as it is", self.now), ("as it would be", self.then)] {
            let figures = [sums.folded, sums.stories, sums.events].map(thousands);
            let cells = [name.to_owned()].into_iter().chain(figures).map(Cell::new);
            table.push(cells.collect());
        }
        out.push_str(&table.render());
        if changes.is_empty() {
            writeln!(out, "\nNo fold would change.")?;
        } else {
            let folds = count(self.appear, "fold appears", "folds appear");
            let (vanish, moves) = (thousands(self.vanish), thousands(self.moves));
            writeln!(out, "\n{folds}, {vanish} vanish, {moves} lead to another story")?;
        }
        if self.without_text > 0 {
            let gone = count(self.without_text, "article", "articles");
            writeln!(out, "{FAINT}{gone} left out: the text has expired{FAINT:#}")?;
        }
        let mut before = None;
        for change in changes {
            if before.replace(change.what) != Some(change.what) {
                let (style, title) = match change.what {
                    ChangeKind::Appears => (GOOD, "APPEARS"),
                    ChangeKind::Vanishes => (BAD, "VANISHES"),
                    ChangeKind::Moves => (OTHER, "LEADS TO ANOTHER STORY"),
                };
                writeln!(out, "\n{style}{title}{style:#}")?;
            }
            change.write(&mut out)?;
        }
        Ok(out)
    }
}

impl Change {
    fn write(&self, out: &mut String) -> std::fmt::Result {
        let id = clean(&self.id);
        writeln!(out, "  {STRONG}{id}{STRONG:#}  {}", titled(&self.title, id.len()))?;
        for (name, story) in [("from", &self.from), ("to", &self.to)] {
            if let Some(StoryRef { story, title }) = story {
                let story = clean(story);
                let title = titled(title, story.len() + 20);
                writeln!(out, "      {name} the story of {story}  {FAINT}{title}{FAINT:#}")?;
            }
        }
        let Some(Shares { with, contained, containing, passages, longest }) = &self.shares else {
            return Ok(());
        };
        writeln!(
            out,
            "      {FAINT}with {}: contained {}, containing {}, {}, longest run {}{FAINT:#}",
            clean(with),
            percent(*contained),
            percent(*containing),
            count(*passages, "passage", "passages"),
            thousands(*longest as usize),
        )
    }
}

/// A title, cut to the rest of a line.
fn titled(title: &str, used: usize) -> String {
    shorten(&clean(title.trim()), width().saturating_sub(used + 4))
}
