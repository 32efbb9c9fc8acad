//! `wirefold fold`: judges articles from files, and stores nothing.

mod clock;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::mpsc::sync_channel;

use anstyle::{AnsiColor, Style};
use anyhow::Context as _;
use clap::Args;
use wirefold_detector::contract::{class, confidence, containment, how, kind};
use wirefold_fold::{
    Changes, Detector, DocId, Incoming, Match, Prepared, Settings, StoryId, Verdict, word_hash,
};
use wirefold_gateway::change_counts;
use wirefold_proto::{
    Class, CopyKind, LineAgency, LineMatch, Simhash, Tag, VerdictLine, encode, text_remarks,
};
use wirefold_text::Text;

use crate::exit::Exit;
use crate::global::Global;
use crate::input::{Claim, Input, Reading};
use crate::output::{clean, count, percent, shorten, thousands, width};
use crate::progress::Progress;
use crate::{input, output};
use clock::{Clock, Timed};

/// Judges everything the arguments name.
pub(crate) fn run(arguments: &FoldArguments, global: &Global) -> anyhow::Result<Exit> {
    // Lines that are printed at once leave no room for a progress bar on the same terminal.
    let is_streaming = arguments.json && !arguments.is_final;
    let progress = Progress::of_reading(&arguments.paths, is_streaming, global.quiet);
    let mut fold = Fold::new(arguments, global, progress.clone());
    let (ahead, readings) = sync_channel(PREPARED_AHEAD);
    let is_passages = arguments.method == Method::Passages;
    let (paths, beside) = (arguments.paths.clone(), progress.clone());
    // The thread is not joined if judging fails, because it may wait for input that never comes.
    let reader = std::thread::spawn(move || {
        input::read(&paths, &beside, &mut |reading| {
            let prepared = match &reading {
                Reading::Article(input) if is_passages => Some(prepare(input)),
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
    seen: HashMap<String, usize>,
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
    Passages(Box<Detector>),
    Baseline(Baseline),
}

impl<'a> Fold<'a> {
    fn new(arguments: &'a FoldArguments, global: &'a Global, progress: Progress) -> Fold<'a> {
        let judge = match arguments.method {
            Method::Passages => {
                let only_arrival = arguments.json && !arguments.is_final;
                let new = if only_arrival { Detector::new } else { Detector::keeping_verdicts };
                Judge::Passages(Box::new(new(Settings::default())))
            }
            Method::Baseline(rule) => Judge::Baseline(Baseline::new(rule)),
        };
        Fold {
            arguments,
            global,
            progress,
            judge,
            clock: Clock::default(),
            articles: Vec::new(),
            seen: HashMap::new(),
            out: std::io::BufWriter::new(std::io::stdout()),
            problems: 0,
            missing: 0,
            undated: 0,
            noted_ahead: false,
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
                let before = count(self.undated, "article", "articles");
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
        self.progress.aside(|| output::note(line));
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
            Judge::Passages(detector) => {
                let prepared = prepared.unwrap_or_else(|| prepare(&input));
                let verdict = decide(detector, &input, &prepared, time);
                self.articles.push(std::mem::take(&mut input));
                verdict_line(&verdict, &self.articles)
            }
            Judge::Baseline(baseline) => {
                let verdict = baseline.observe(&input.text);
                self.articles.push(std::mem::take(&mut input));
                baseline_line(&verdict, &self.articles)
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
            let states = self.final_states();
            let mut text = String::new();
            let table = Table::new(&states, &self.articles);
            table.write(&mut text, self.global.verbose > 0)?;
            output::print_styled(&text)?;
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
            Judge::Passages(detector) => (0..self.articles.len())
                .filter_map(|number| detector.final_verdict(DocId::from_index(number)?))
                .map(|verdict| FinalState {
                    line: verdict_line(&verdict, &self.articles),
                    story: verdict.story.0 as usize,
                    event: verdict.event.0 as usize,
                })
                .collect(),
            Judge::Baseline(baseline) => {
                let state_of = |verdict: &BaselineVerdict| FinalState {
                    line: baseline_line(verdict, &self.articles),
                    story: verdict.story,
                    event: verdict.story,
                };
                baseline.verdicts.iter().map(state_of).collect()
            }
        }
    }
}

/// Arguments of `fold`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  wirefold fold articles/              a folder of text files
  wirefold fold --json - < all.jsonl   verdicts as JSON lines")]
pub(crate) struct FoldArguments {
    /// Text files, files of JSON lines (.jsonl, .ndjson, .json), folders of them, or - for
    /// standard input.
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,
    /// Print one JSON object for each article: the verdict at arrival, which is never revised.
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the final state at the end instead, in input order (the table always shows it).
    #[arg(long = "final")]
    pub(crate) is_final: bool,
    /// How to find copies: `passages`, or as baselines `simhash:K` (64-bit SimHash at Hamming
    /// distance at most K; `simhash` is `simhash:3`) and `exact`.
    #[arg(long, default_value = "passages", value_name = "METHOD")]
    pub(crate) method: Method,
}

/// The line for a verdict on one of `articles`.
fn verdict_line(verdict: &Verdict, articles: &[Input]) -> VerdictLine {
    let id = |doc: DocId| id_of(articles, doc.index());
    let story_id = |story: StoryId| id(story.first_article());
    VerdictLine {
        schema: Tag::new(),
        id: id(verdict.doc),
        class: class(verdict.class),
        kind: verdict.kind.map(kind),
        comparable: verdict.comparable,
        story: story_id(verdict.story),
        event: story_id(verdict.event.first_story()),
        lead: story_id(verdict.story),
        origin: story_id(verdict.story),
        matches: verdict.matches.iter().map(|pair| line_match(id(pair.doc), pair)).collect(),
        holds: verdict.holds.iter().map(|held| story_id(*held)).collect(),
        shared_quotations: u32::try_from(verdict.shared_quotations).unwrap_or(u32::MAX),
        agency: verdict.agency.as_ref().map(|agency| LineAgency {
            name: agency.name.to_owned(),
            how: how(agency.how),
            confidence: confidence(agency.confidence),
        }),
        simhash: Simhash(verdict.simhash),
    }
}

fn line_match(id: String, pair: &Match) -> LineMatch {
    LineMatch {
        id,
        contained: containment(pair.evidence.contained),
        containing: containment(pair.evidence.containing),
        passages: u32::try_from(pair.evidence.passages).unwrap_or(u32::MAX),
        longest: pair.evidence.longest,
        probability: containment(pair.probability),
    }
}

/// The line for the verdict of a baseline, which has stories only.
fn baseline_line(verdict: &BaselineVerdict, articles: &[Input]) -> VerdictLine {
    let story = id_of(articles, verdict.story);
    VerdictLine {
        schema: Tag::new(),
        id: id_of(articles, verdict.doc),
        class: if verdict.doc == verdict.story { Class::New } else { Class::Copy },
        kind: (verdict.doc != verdict.story).then_some(verdict.kind),
        comparable: true,
        story: story.clone(),
        event: story.clone(),
        lead: story.clone(),
        origin: story,
        matches: Vec::new(),
        holds: Vec::new(),
        shared_quotations: 0,
        agency: None,
        simhash: Simhash(verdict.simhash),
    }
}

fn id_of(articles: &[Input], number: usize) -> String {
    articles.get(number).map_or_else(String::new, |article| article.id.clone())
}

/// The number of articles that are prepared ahead.
const PREPARED_AHEAD: usize = 32;

/// Judges the next article at this stream time, which never runs back.
fn decide(detector: &mut Detector, input: &Input, prepared: &Prepared, time: i64) -> Verdict {
    let identity = Identity::of(input);
    // The ids that a feed gives its items are unique within its site.
    let id = match &input.feed {
        Some(feed) => format!("id {}\u{1f}{}", feed.site, input.id),
        None => format!("id {}", input.id),
    };
    let items = identity.items(&id);
    let incoming = Incoming {
        time,
        published: input.published.unwrap_or(time),
        ..identity.incoming(&items, &input.text)
    };
    detector.decide(&incoming, prepared)
}

/// The judgement of all articles, by number of arrival.
pub(crate) struct Judged {
    /// The verdict on each article at its arrival.
    pub(crate) verdicts: Vec<Verdict>,
    /// The story of each at the end, by its first article.
    pub(crate) stories: Vec<usize>,
    /// The event of each at the end.
    pub(crate) events: Vec<usize>,
}

impl Judged {
    /// Judges all articles in order and shows the progress. Another thread prepares them.
    pub(crate) fn with<'a>(
        articles: impl Iterator<Item = &'a Input> + Send,
        settings: Settings,
        progress: &Progress,
    ) -> Judged {
        let mut detector = Detector::keeping_verdicts(settings);
        let mut verdicts = Vec::new();
        let (ahead, arriving) = sync_channel(PREPARED_AHEAD);
        std::thread::scope(|scope| {
            scope.spawn(move || {
                // An error means that the receiver is gone.
                let send = |input| ahead.send((input, prepare(input))).is_ok();
                { articles }.all(send)
            });
            let mut clock = Clock::default();
            let mut judge = |timed: Timed<(&Input, Prepared)>| {
                let (input, prepared) = timed.article;
                verdicts.push(decide(&mut detector, input, &prepared, timed.time));
                progress.one_more();
            };
            for (input, prepared) in arriving {
                clock.add((input, prepared), input.claim()).into_iter().for_each(&mut judge);
            }
            clock.finish().into_iter().for_each(judge);
        });
        let at_end = |number: usize| {
            let verdict = detector.final_verdict(DocId::from_index(number)?)?;
            Some((verdict.story.0 as usize, verdict.event.0 as usize))
        };
        let all = 0..verdicts.len();
        let (stories, events) =
            all.map(|number| at_end(number).unwrap_or((number, number))).unzip();
        Judged { verdicts, stories, events }
    }
}

/// The values of an article that depend on no other one. Any thread can compute them.
fn prepare(input: &Input) -> Prepared {
    Prepared::new(&Identity::of(input).incoming(&[], &input.text))
}

/// The identity of an article, without its text and its id.
pub(crate) struct Identity<'a> {
    input: &'a Input,
    via: Option<&'a str>,
    /// Its address as the name of a page.
    page: Option<String>,
    /// Its address as the name of an item. A page under this address at another site is not a version of it.
    item: Option<String>,
}

impl<'a> Identity<'a> {
    pub(crate) fn of(input: &'a Input) -> Identity<'a> {
        let page = input.url.as_ref().map(|url| format!("url {}", url.trim()));
        let via = input.feed.as_ref().and_then(|feed| feed.via.as_deref());
        let item = match (via, &page) {
            (Some(via), Some(page)) => Some(format!("{via}\u{1f}{page}")),
            _ => page.clone(),
        };
        Identity { input, via, page, item }
    }

    /// The item ids of the article, with `id` among them.
    pub(crate) fn items<'b>(&'b self, id: &'b str) -> Vec<&'b str> {
        let others = self.input.items.iter().map(String::as_str);
        [id].into_iter().chain(self.item.as_deref()).chain(others).collect()
    }

    /// The article for the detector, whose times the caller sets.
    pub(crate) fn incoming<'b>(&'b self, items: &'b [&'b str], text: &'b str) -> Incoming<'b> {
        Incoming {
            items,
            outlet: self.input.outlet.as_deref(),
            via: self.via,
            page: self.input.page.as_deref().or(self.page.as_deref()),
            title: &self.input.title,
            byline: &self.input.author,
            text,
            ..Incoming::default()
        }
    }
}

const STRONG: Style = Style::new().bold();
const FAINT: Style = Style::new().dimmed();
const EVENT: Style = AnsiColor::Cyan.on_default().bold();
const COPY: Style = AnsiColor::Green.on_default();

/// A list of at most this many lines is shown whole.
const SCREEN: usize = 24;

/// The final state of all articles, for people.
struct Table<'a> {
    lines: &'a [FinalState],
    articles: &'a [Input],
    /// Stories by the number of their first article, with the numbers of all members.
    stories: BTreeMap<usize, Vec<usize>>,
    /// Events by the number of their first article, with their stories.
    events: BTreeMap<usize, Vec<usize>>,
    width: usize,
}

impl<'a> Table<'a> {
    fn new(lines: &'a [FinalState], articles: &'a [Input]) -> Table<'a> {
        let mut stories: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        let mut events: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, state) in lines.iter().enumerate() {
            stories.entry(state.story).or_default().push(at);
            let event = events.entry(state.event).or_default();
            if !event.contains(&state.story) {
                event.push(state.story);
            }
        }
        Table { lines, articles, stories, events, width: width() }
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
        writeln!(
            out,
            "{STRONG}{} → {} → {}{STRONG:#}, {} folded",
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
                "      {FAINT}{} · {} · {} found{FAINT:#}",
                count(stories.len(), "story", "stories"),
                count(articles, "article", "articles"),
                count(origins, "text", "texts"),
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
        match of.filter(|_| line.kind != Some(CopyKind::Exact)) {
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
mod table_tests {
    use super::*;

    #[test]
    fn a_text_of_chrome_alone_is_shown_all_the_same() {
        assert_eq!(opening(" hello world\n"), "hello world");
        assert_eq!(opening(" \n"), "(no text)");
    }
}

// Common rules as baselines, so that people can compare them on their own articles.

/// How copies are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    /// By shared passages, as the product does.
    Passages,
    /// By a common rule.
    Baseline(Rule),
}

/// A common rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rule {
    /// 64-bit SimHash at Hamming distance at most this (Manku et al. 2007).
    Simhash(u32),
    /// The same normalised text.
    Exact,
}

impl FromStr for Method {
    type Err = String;

    fn from_str(name: &str) -> Result<Method, String> {
        match name {
            "passages" => Ok(Method::Passages),
            _ => name.parse().map(Method::Baseline).map_err(|_: String| {
                format!("no method {name:?}: passages, simhash:0 to simhash:64, or exact")
            }),
        }
    }
}

impl FromStr for Rule {
    type Err = String;

    /// `simhash` alone is at the distance that Manku et al. chose for web pages.
    fn from_str(name: &str) -> Result<Rule, String> {
        let most = match name {
            "exact" => return Ok(Rule::Exact),
            "simhash" => Some(3),
            _ => name.strip_prefix("simhash:").and_then(|most| most.parse().ok()),
        };
        let refused = || format!("no baseline {name:?}: simhash:0 to simhash:64, or exact");
        most.filter(|most| *most <= 64).map(Rule::Simhash).ok_or_else(refused)
    }
}

impl std::fmt::Display for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Rule::Simhash(most) => write!(f, "simhash:{most}"),
            Rule::Exact => f.write_str("exact"),
        }
    }
}

/// The story of each text by a baseline, as the number of its first text.
pub(crate) fn baseline_stories<'a>(rule: Rule, texts: impl Iterator<Item = &'a str>) -> Vec<usize> {
    let mut baseline = Baseline::new(rule);
    texts.map(|text| baseline.observe(text).story).collect()
}

/// A baseline's verdict: the article's story, by numbers in input order.
#[derive(Debug, Clone, Copy)]
struct BaselineVerdict {
    doc: usize,
    story: usize,
    simhash: u64,
    /// The class of a copy.
    kind: CopyKind,
}

/// A baseline with everything it has read.
struct Baseline {
    rule: Rule,
    verdicts: Vec<BaselineVerdict>,
    /// The first article with the same words, by their hash.
    exact: HashMap<u64, usize>,
}

impl Baseline {
    fn new(rule: Rule) -> Baseline {
        Baseline { rule, verdicts: Vec::new(), exact: HashMap::new() }
    }

    fn observe(&mut self, text: &str) -> BaselineVerdict {
        let text = Text::new(text);
        let words: Vec<&str> = text.normal_words().collect();
        let simhash = simhash::simhash_stream(text.normal_words());
        let doc = self.verdicts.len();
        let same = match self.rule {
            Rule::Simhash(most) => self.nearest(simhash, most),
            Rule::Exact if words.is_empty() => None,
            Rule::Exact => {
                let first = *self.exact.entry(word_hash(&words.join(" "))).or_insert(doc);
                (first != doc).then_some(first)
            }
        };
        let story = same.map_or(doc, |same| self.verdicts[same].story);
        let kind = if self.rule == Rule::Exact { CopyKind::Exact } else { CopyKind::Reprint };
        let verdict = BaselineVerdict { doc, story, simhash, kind };
        self.verdicts.push(verdict);
        verdict
    }

    /// The earlier article at the smallest distance, at most `most`. The first among equals.
    fn nearest(&self, simhash: u64, most: u32) -> Option<usize> {
        let distance =
            |verdict: &BaselineVerdict| simhash::hamming_distance(verdict.simhash, simhash);
        let near = self.verdicts.iter().map(|v| (distance(v), v.doc)).filter(|(d, _)| *d <= most);
        near.min().map(|(_, doc)| doc)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_have_names() {
        for name in ["simhash:3", "simhash"] {
            assert_eq!(name.parse(), Ok(Method::Baseline(Rule::Simhash(3))), "{name}");
        }
        assert_eq!("passages".parse(), Ok(Method::Passages));
        for wrong in ["simhash:65", "minhash", "simhash:x", ""] {
            assert!(wrong.parse::<Method>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_nearest_earlier_text_decides() {
        let texts = ["a b c", "x y z", "A, b. C!"];
        assert_eq!(baseline_stories(Rule::Simhash(0), texts.into_iter()), [0, 1, 0]);
    }
}
