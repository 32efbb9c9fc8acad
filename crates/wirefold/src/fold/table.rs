//! The table for people: events with their stories, stories with their copies.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};
use wirefold_dedup::{Changes, Detector};
use wirefold_gateway::change_counts;
use wirefold_proto::{Class, CopyKind, VerdictLine, text_remarks};
use wirefold_text::Text;

use super::FinalState;
use crate::global::Global;
use crate::input::Input;
use crate::output::{self, clean, count, percent, shorten, thousands, width};

const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const EVENT: Style = AnsiColor::Cyan.on_default().bold();
const COPY: Style = AnsiColor::Green.on_default();

/// A list of at most this many lines is shown whole.
const SCREEN: usize = 24;

/// Prints the final state of all articles.
pub(super) fn print(
    lines: &[FinalState],
    articles: &[Input],
    detector: Option<&Detector>,
    global: &Global,
) -> anyhow::Result<()> {
    let table = Table::new(lines, articles, detector);
    let mut text = String::new();
    table.write(&mut text, global.verbose > 0)?;
    output::print_styled(&text)
}

struct Table<'a> {
    lines: &'a [FinalState],
    articles: &'a [Input],
    detector: Option<&'a Detector>,
    /// Stories by the number of their first article, with the numbers of all members.
    stories: BTreeMap<usize, Vec<usize>>,
    /// Events by the number of their first article, with their stories.
    events: BTreeMap<usize, Vec<usize>>,
    width: usize,
}

impl<'a> Table<'a> {
    fn new(
        lines: &'a [FinalState],
        articles: &'a [Input],
        detector: Option<&'a Detector>,
    ) -> Table<'a> {
        let mut stories: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut events: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, state) in lines.iter().enumerate() {
            stories.entry(state.story).or_default().push(at);
            let event = events.entry(state.event).or_default();
            if !event.contains(&state.story) {
                event.push(state.story);
            }
        }
        Table { lines, articles, detector, stories, events, width: width() }
    }

    fn write(&self, out: &mut String, all: bool) -> std::fmt::Result {
        self.write_summary(out)?;
        let notable: Vec<&Vec<usize>> =
            self.events.values().filter(|stories| all || self.is_notable(stories)).collect();
        let mut listed = String::new();
        for stories in &notable {
            listed.push('\n');
            self.write_event(&mut listed, stories)?;
        }
        let mut shown = notable.len();
        if !all && listed.lines().count() > SCREEN {
            listed = self.example(&notable)?;
            shown = 1;
        }
        out.push_str(&listed);
        let more = self.events.len() - shown;
        match more {
            0 => Ok(()),
            _ => {
                writeln!(out, "\n{FAINT}{}: -v{FAINT:#}", count(more, "more event", "more events"))
            }
        }
    }

    /// Whether an event has something to show: several stories, or one with copies.
    fn is_notable(&self, stories: &[usize]) -> bool {
        stories.len() > 1 || stories.iter().any(|story| self.stories[story].len() > 1)
    }

    /// One event in place of a list that is longer than a screen. An event with an agency's text and a
    /// reworked reprint of it is preferred, then the one with most articles, then the one with most stories.
    fn example(&self, notable: &[&Vec<usize>]) -> Result<String, std::fmt::Error> {
        let articles = |stories: &[usize]| -> usize {
            stories.iter().map(|story| self.stories[story].len()).sum()
        };
        let best = notable.iter().enumerate().max_by_key(|(at, stories)| {
            let size = (articles(stories), stories.len());
            (self.has_agency_reprint(stories), stories.len() > 1, size, std::cmp::Reverse(*at))
        });
        let mut text = String::from("\n");
        if let Some((_, stories)) = best {
            self.write_event(&mut text, stories)?;
        }
        Ok(text)
    }

    fn has_agency_reprint(&self, stories: &[usize]) -> bool {
        let is_agency_reprint = |line: &VerdictLine| {
            line.agency.is_some() && matches!(line.kind, Some(CopyKind::Reprint))
        };
        let mut members = stories.iter().flat_map(|story| &self.stories[story]);
        members.any(|member| is_agency_reprint(&self.lines[*member].line))
    }

    fn write_summary(&self, out: &mut String) -> std::fmt::Result {
        let folded = self.lines.len() - self.stories.len();
        let freed = self.lines.iter().flat_map(|state| &state.line.regrouped);
        let freed: usize = freed.map(|regrouped| regrouped.articles.len()).sum();
        let regrouped = match freed {
            0 => String::new(),
            _ => format!(", {} regrouped: page chrome", thousands(freed)),
        };
        writeln!(
            out,
            "{STRONG}{} → {} → {}{STRONG:#}, {} folded{regrouped}",
            count(self.lines.len(), "article", "articles"),
            count(self.stories.len(), "story", "stories"),
            count(self.events.len(), "event", "events"),
            thousands(folded),
        )
    }

    fn write_event(&self, out: &mut String, stories: &[usize]) -> std::fmt::Result {
        if stories.len() > 1 {
            let articles: usize = stories.iter().map(|story| self.stories[story].len()).sum();
            let comparable = |story: &&usize| self.lines[**story].line.comparable;
            let origins = stories.iter().filter(comparable).count();
            let about = self.headline(stories[0]);
            writeln!(out, "{EVENT}EVENT{EVENT:#} {STRONG}{about}{STRONG:#}")?;
            writeln!(
                out,
                "      {FAINT}{} · {} · at most {}{FAINT:#}",
                count(stories.len(), "story", "stories"),
                count(articles, "article", "articles"),
                count(origins, "origin", "origins"),
            )?;
        }
        stories.iter().try_for_each(|story| self.write_story(out, *story))
    }

    fn write_story(&self, out: &mut String, story: usize) -> std::fmt::Result {
        let lead = &self.lines[story].line;
        let mut remarks = Vec::new();
        if let Some(agency) = &lead.agency {
            remarks.push(agency.describe());
        }
        remarks.extend(text_remarks(lead.comparable, false).into_iter().map(str::to_owned));
        if !lead.holds.is_empty() {
            remarks.push(format!("holds {}", clean(&lead.holds.join(", "))));
        }
        writeln!(out, "  {STRONG}{}{STRONG:#}  {}", clean(&lead.id), self.headline(story))?;
        if !remarks.is_empty() {
            writeln!(out, "      {FAINT}{}{FAINT:#}", remarks.join(" · "))?;
        }
        let copies = self.stories[&story].iter().filter(|member| **member != story);
        copies.clone().try_for_each(|copy| self.write_copy(out, *copy, story))
    }

    fn write_copy(&self, out: &mut String, copy: usize, story: usize) -> std::fmt::Result {
        let line = &self.lines[copy].line;
        let members = &self.stories[&story];
        let of = line.matches.iter().find_map(|found| {
            let number =
                members.iter().find(|m| **m < copy && self.lines[**m].line.id == found.id)?;
            Some((*number, found))
        });
        let what = describe(line);
        writeln!(out, "    └ {COPY}{}{COPY:#}  {}", clean(&line.id), self.headline(copy))?;
        let mut remarks = vec![what.to_owned()];
        if let Some((_, found)) = of {
            let share = percent(found.contained.get());
            remarks.push(format!("{share} of it is in {}", clean(&found.id)));
            remarks.push(format!("longest run {} words", thousands(found.longest as usize)));
        }
        if let Some(agency) = &line.agency {
            remarks.push(agency.describe());
        }
        writeln!(out, "      {FAINT}{}{FAINT:#}", remarks.join(" · "))?;
        match of.filter(|_| line.kind != Some(CopyKind::Exact) && self.detector.is_some()) {
            Some((number, _)) => self.write_changes(out, number, copy),
            None => Ok(()),
        }
    }

    /// The changes of a copy against the member with which it shares most.
    fn write_changes(&self, out: &mut String, old: usize, new: usize) -> std::fmt::Result {
        let text = |number: usize| Text::new(&self.articles[number].text);
        let counts = change_counts(&Changes::between(&text(old), &text(new)));
        let said: Vec<String> = counts.map(|(n, what)| format!("{n} {what}")).collect();
        writeln!(out, "      {FAINT}sentences: {}{FAINT:#}", said.join(", "))
    }

    /// The title, or else the first words of the text, cut to the width of the terminal.
    fn headline(&self, number: usize) -> String {
        let article = &self.articles[number];
        let title = article.title.trim();
        let opening = if title.is_empty() { opening(&article.text) } else { String::new() };
        let shown = if title.is_empty() { opening.as_str() } else { title };
        let line = shown.split_whitespace().take(40).collect::<Vec<&str>>().join(" ");
        shorten(&line, self.width.saturating_sub(8 + self.lines[number].line.id.len()))
    }
}

/// The beginning of a text without title: its lede without page chrome, unless it has nothing else.
fn opening(text: &str) -> String {
    let end = text.floor_char_boundary(4_000);
    let text = Text::new(&text[..end]);
    let words = &text.words()[text.lede()];
    let Some(first) = words.iter().find(|word| !word.is_chrome) else {
        let all = text.original().trim();
        return if all.is_empty() { "(no text)" } else { all }.to_owned();
    };
    let last = words.last().map_or(first.span.end, |word| word.span.end);
    text.original().get(first.span.start..last).unwrap_or_default().to_owned()
}

/// The role of a member of a story, in words.
fn describe(line: &VerdictLine) -> &'static str {
    match line.class {
        Class::New | Class::Related => "own text, merged",
        Class::Copy | Class::Version => line.class.describe(line.kind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_chrome_alone_is_shown_all_the_same() {
        assert_eq!(opening(" hello world\n"), "hello world");
        assert_eq!(opening(" \n"), "(no text)");
    }
}
