//! `wirefold fold`: judges articles from files, and stores nothing.

mod arguments;
mod baseline;
mod clock;
mod line;
mod passages;
mod table;

use std::io::Write;
use std::sync::mpsc::sync_channel;

use anyhow::Context as _;
use wirefold_dedup::{Detector, DocId, Prepared, Settings};
use wirefold_proto::{VerdictLine, encode};

pub(crate) use arguments::FoldArguments;
pub(crate) use baseline::Method;
use clock::{Clock, Timed};
pub(crate) use passages::{Identity, Passages};
use passages::{InputPreparer, PREPARED_AHEAD};

use crate::exit::Exit;
use crate::global::Global;
use crate::input::{self, Claim, Input, Reading};
use crate::output;
use crate::progress::Progress;

/// Judges everything the arguments name.
pub(crate) fn run(arguments: &FoldArguments, global: &Global) -> anyhow::Result<Exit> {
    // Lines that are printed at once leave no room for a progress bar on the same terminal.
    let is_streaming = arguments.json && !arguments.is_final;
    let progress = Progress::of_reading(&arguments.paths, is_streaming, global.quiet);
    let mut fold = Fold::new(arguments, global, progress.clone());
    let (ahead, readings) = sync_channel(PREPARED_AHEAD);
    let mut preparer = fold.preparer();
    let (paths, beside) = (arguments.paths.clone(), progress.clone());
    // The thread is not joined if judging fails, because it may wait for input that never comes.
    let reader = std::thread::spawn(move || {
        input::read(&paths, &beside, &mut |reading| {
            let prepared = match (&reading, &mut preparer) {
                (Reading::Article(input), Some(preparer)) => Some(preparer.prepare(input)),
                _ => None,
            };
            ahead.send((reading, prepared)).map_err(|_| anyhow::anyhow!("nobody judges any more"))
        })
    });
    readings.into_iter().try_for_each(|(reading, prepared)| fold.handle(reading, prepared))?;
    reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    progress.end();
    fold.finish()
}

/// A run of `fold`.
struct Fold<'a> {
    arguments: &'a FoldArguments,
    global: &'a Global,
    /// The progress bar. Notes are printed beside it.
    progress: Progress,
    judge: Judge,
    clock: Clock<(Input, Option<Prepared>)>,
    /// The judged articles.
    articles: Vec<Input>,
    seen: std::collections::HashMap<String, usize>,
    out: std::io::BufWriter<std::io::Stdout>,
    problems: usize,
    missing: usize,
    /// Articles without a time.
    undated: usize,
    /// Whether a note about a time far ahead was printed.
    noted_ahead: bool,
}

/// The final state of one article. Ids may repeat in the input, numbers do not.
struct FinalState {
    line: VerdictLine,
    /// The number of its story's first article.
    story: usize,
    /// The number of its event's first article.
    event: usize,
}

/// The judge of the articles.
enum Judge {
    Passages(Box<Passages>),
    Baseline(baseline::Baseline),
}

impl<'a> Fold<'a> {
    fn new(arguments: &'a FoldArguments, global: &'a Global, progress: Progress) -> Fold<'a> {
        let judge = match arguments.method {
            Method::Passages => {
                let only_arrival = arguments.json && !arguments.is_final;
                let new = if only_arrival { Passages::new } else { Passages::with_final_verdicts };
                Judge::Passages(Box::new(new(Settings::default())))
            }
            method => Judge::Baseline(baseline::Baseline::new(method)),
        };
        Fold {
            arguments,
            global,
            progress,
            judge,
            clock: Clock::default(),
            articles: Vec::new(),
            seen: std::collections::HashMap::new(),
            out: std::io::BufWriter::new(std::io::stdout()),
            problems: 0,
            missing: 0,
            undated: 0,
            noted_ahead: false,
        }
    }

    /// The preparation that fits the judge.
    fn preparer(&self) -> Option<InputPreparer> {
        match &self.judge {
            Judge::Passages(passages) => Some(passages.preparer()),
            Judge::Baseline(_) => None,
        }
    }

    fn handle(&mut self, reading: Reading, prepared: Option<Prepared>) -> anyhow::Result<()> {
        match reading {
            Reading::Article(input) => return self.arrive(*input, prepared),
            Reading::Note(note) => self.note(&note),
            Reading::Warning(what) => self.say(&format!("note: {what}")),
            Reading::Problem(what) => {
                self.problems += 1;
                self.say(&format!("error: {what}"));
            }
            Reading::Missing(what) => {
                self.missing += 1;
                self.say(&format!("error: {what}"));
            }
        }
        Ok(())
    }

    /// Prints a note once if articles without a time came before one with a time. They count as published in
    /// 1970, which is outside the window.
    fn note_undated(&mut self, input: &Input) {
        match input.published {
            None => self.undated += 1,
            Some(_) if self.undated > 0 && self.undated == self.articles.len() => {
                let before = output::count(self.undated, "article", "articles");
                let what =
                    format!("{before} without \"published\" before one with it: left behind");
                self.note(&format!("{}: {what} by the window", input.place));
            }
            Some(_) => {}
        }
    }

    fn note(&self, note: &str) {
        if !self.global.quiet {
            self.say(&format!("note: {note}"));
        }
    }

    fn say(&self, line: &str) {
        self.progress.aside(|| output::note(format_args!("{line}")));
    }

    /// Judges the articles whose time this article makes certain.
    fn arrive(&mut self, input: Input, prepared: Option<Prepared>) -> anyhow::Result<()> {
        let claim = match &self.judge {
            Judge::Passages(_) => input.claim(),
            // A baseline does not use the time.
            Judge::Baseline(_) => Claim::default(),
        };
        self.clock.add((input, prepared), claim).into_iter().try_for_each(|timed| self.judge(timed))
    }

    /// Prints a note once if an article claims a time that stream time does not follow.
    fn note_ahead(&mut self, timed: &Timed<(Input, Option<Prepared>)>) {
        let days = timed.ahead.map_or(0, |seconds| seconds / (24 * 3600));
        if days > 7 && !self.noted_ahead {
            self.noted_ahead = true;
            let what = "ahead of the articles before it: the window continues without it";
            self.note(&format!("{}: \"published\" is {days} days {what}", timed.article.0.place));
        }
    }

    fn judge(&mut self, timed: Timed<(Input, Option<Prepared>)>) -> anyhow::Result<()> {
        self.note_ahead(&timed);
        let Timed { article: (mut input, prepared), time, .. } = timed;
        if let Some(first) = self.seen.get(&input.id) {
            let first = &self.articles[*first].place;
            self.note(&format!("{}: id {:?} again, first at {first}", input.place, input.id));
        }
        self.seen.entry(input.id.clone()).or_insert(self.articles.len());
        self.note_undated(&input);
        let line = match &mut self.judge {
            Judge::Passages(passages) => {
                let prepared = prepared.unwrap_or_else(|| passages.preparer().prepare(&input));
                let verdict = passages.decide(&input, prepared, time);
                self.articles.push(std::mem::take(&mut input));
                line::verdict_line(&verdict, &self.articles)
            }
            Judge::Baseline(baseline) => {
                let verdict = baseline.observe(&input.text);
                self.articles.push(std::mem::take(&mut input));
                line::baseline_line(&verdict, &self.articles)
            }
        };
        if self.arguments.json && !self.arguments.is_final {
            if let Some(judged) = self.articles.last_mut() {
                // From here on only its id is used. A stream may be endless.
                judged.text = String::new();
                judged.title = String::new();
            }
            self.print(&line)?;
            // A reader of a pipe should not wait for a full buffer.
            self.out.flush().context(output::STDOUT_FAILED)?;
        }
        Ok(())
    }

    fn print(&mut self, line: &VerdictLine) -> anyhow::Result<()> {
        let json = output::harmless_json(String::from_utf8(encode(line)?)?);
        writeln!(self.out, "{json}").context(output::STDOUT_FAILED)
    }

    fn finish(mut self) -> anyhow::Result<Exit> {
        self.clock.finish().into_iter().try_for_each(|timed| self.judge(timed))?;
        if self.arguments.json && self.arguments.is_final {
            for state in self.final_states() {
                self.print(&state.line)?;
            }
        }
        self.out.flush().context(output::STDOUT_FAILED)?;
        if !self.arguments.json && !self.articles.is_empty() {
            table::print(&self.final_states(), &self.articles, self.details(), self.global)?;
        }
        Ok(match (self.articles.len(), self.problems, self.missing) {
            (0, 0, 0) => {
                self.note("no articles in the input");
                Exit::NotFound
            }
            (0, 0, _) => Exit::NotFound,
            (0, _, _) => Exit::Failure,
            (_, 0, 0) => Exit::Ok,
            _ => Exit::Partial,
        })
    }

    /// The final state of all articles, in input order.
    fn final_states(&self) -> Vec<FinalState> {
        match &self.judge {
            Judge::Passages(passages) => (0..self.articles.len())
                .filter_map(|number| passages.detector.final_verdict(DocId::from_index(number)?))
                .map(|verdict| FinalState {
                    line: line::verdict_line(&verdict, &self.articles),
                    story: verdict.story.0 as usize,
                    event: verdict.event.0 as usize,
                })
                .collect(),
            Judge::Baseline(baseline) => {
                let state_of = |verdict: &baseline::BaselineVerdict| FinalState {
                    line: line::baseline_line(verdict, &self.articles),
                    story: verdict.story,
                    event: verdict.story,
                };
                baseline.verdicts().iter().map(state_of).collect()
            }
        }
    }

    /// The detector, for details that the lines do not have.
    fn details(&self) -> Option<&Detector> {
        match &self.judge {
            Judge::Passages(passages) => Some(&passages.detector),
            Judge::Baseline(_) => None,
        }
    }
}
