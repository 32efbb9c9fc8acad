//! Generates news with labels from a seed. The accuracy card and all benches use it.
//!
//! The article at each index is a function of the seed and the index. If an article is based on an earlier
//! one (a copy, a version, a digest), that one is generated again, so a stream of any length needs no more
//! memory than one article. Words are generated ([`words`]), a grammar builds sentences (`grammar.json`), and
//! each sentence knows which article had it first, from which the labels follow ([`mod@labels`]).
//!
//! It does not model meaning: a sentence is grammatical nonsense. It shares with news the frequency of words,
//! the length of texts, names, numbers, quotations, datelines and credits, the edits that outlets make in the
//! text of an agency, and page chrome.

mod article;
mod labels;
mod outlets;
mod plan;
mod planted;
mod texts;
mod words;
mod writer;

use wirefold_score::Random;

pub(crate) use article::{Article, Kind};
pub(crate) use labels::labels;
pub(crate) use planted::Planted;
pub(crate) use words::{Script, WORDS, Zipf};

use article::{Paragraph, Role, Sentence};
use outlets::{Outlet, Outlets};
use plan::{Plan, Planner};
use texts::{Draft, STOCK_ROOT};
use writer::{Happening, Writer};

/// The settings of the generator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The seed. Another one gives other news of the same kind.
    pub(crate) seed: u64,
    /// The lengths of texts, in percent of a median of 500 words.
    pub(crate) length: usize,
    /// The size of a hostile text in bytes.
    pub(crate) limit: usize,
    /// The footers of pages change after this many articles.
    pub(crate) footer_life: u64,
}

/// Generates articles.
#[derive(Debug)]
pub(crate) struct Generator {
    settings: Settings,
    zipf: Zipf,
    planner: Planner,
}

/// News without hostile articles, with lengths in percent of a median of 500 words.
pub(crate) fn news(seed: u64, length: usize) -> impl Iterator<Item = Article> {
    let generator = Generator::new(Settings { seed, length, limit: 0, footer_life: FOOTER_LIFE });
    (0..).map(move |number| generator.article(number)).filter(|it| it.kind != Kind::Hostile)
}

/// Footers of news change after this many articles.
const FOOTER_LIFE: u64 = 20_000;

impl Generator {
    /// A generator with these settings.
    pub(crate) fn new(settings: Settings) -> Generator {
        let zipf = Zipf::new();
        let outlets = Outlets::new(settings.seed, &zipf, settings.footer_life);
        Generator { settings, zipf, planner: Planner::new(settings.seed, outlets) }
    }

    /// The article at an index.
    pub(crate) fn article(&self, number: u64) -> Article {
        let plan = self.planner.plan(number);
        let mut random = self.planner.dice(number, "page");
        let mut article = self.without_chrome(&plan, self.draft(&plan));
        let headlines = self.headlines(&plan, &mut random);
        self.planner.outlets().add_page_chrome(&mut article, &headlines, &mut random);
        article
    }

    /// An article of this text, without page chrome.
    fn without_chrome(&self, plan: &Plan, draft: Draft) -> Article {
        Article {
            number: plan.number,
            kind: plan.kind,
            name: name(plan),
            main: self.main(plan),
            script: plan.script,
            outlet: plan.outlet,
            host: self.outlet(plan).host.clone(),
            item: self.item(plan),
            title: draft.title,
            byline: draft.byline,
            paragraphs: draft.paragraphs,
            is_spaced: false,
        }
    }

    /// The texts of which an article has a part, given by the numbers of the articles that had them first.
    pub(crate) fn roots(&self, number: u64) -> Vec<u64> {
        let plan = self.planner.plan(number);
        match plan.kind {
            Kind::Hostile if plan.trick == "hotkeys" => vec![number, STOCK_ROOT],
            // Texts that quote the same people share nothing else.
            Kind::OwnWords => vec![number],
            Kind::Version => {
                // Later versions contain parts of the first version.
                let mut roots = self.roots(plan.sources[0]);
                roots.extend([plan.sources[0], number]);
                roots.dedup();
                roots
            }
            _ => plan.sources.iter().copied().chain([number]).collect(),
        }
    }

    /// The number of the article that had its main text first.
    fn main(&self, plan: &Plan) -> u64 {
        match (plan.kind, plan.sources.first()) {
            (
                Kind::Copy | Kind::Merge | Kind::Paywall | Kind::Archive | Kind::Correction,
                Some(source),
            ) => *source,
            (Kind::Version, Some(source)) => self.main(&self.planner.plan(*source)),
            _ => plan.number,
        }
    }

    fn item(&self, plan: &Plan) -> u64 {
        match (plan.kind, plan.sources.first()) {
            (Kind::Version, Some(source)) => *source,
            _ => plan.number,
        }
    }

    fn writer(&self, plan: &Plan, about: u64) -> Writer<'_> {
        let mut facts = self.planner.dice(about, "happening");
        let happening = Happening::new(plan.script, &self.zipf, &mut facts);
        let random = self.planner.dice(plan.number, "text");
        Writer::new(plan.script, &self.zipf, happening, plan.number, random)
    }

    fn outlet(&self, plan: &Plan) -> &Outlet {
        self.planner.outlets().get(plan.outlet)
    }

    /// The text of the article at an index.
    fn text_at(&self, number: u64) -> Draft {
        self.draft(&self.planner.plan(number))
    }

    fn draft(&self, plan: &Plan) -> Draft {
        let about = match plan.kind {
            Kind::OwnWords | Kind::FollowUp => plan.sources[0],
            _ => self.main(plan),
        };
        let writer = &mut self.writer(plan, about);
        let outlet = self.outlet(plan);
        let sources = || plan.sources.iter().map(|source| self.text_at(*source));
        let first = || sources().next().unwrap_or_default();
        let all = || sources().collect::<Vec<Draft>>();
        match plan.kind {
            Kind::Original => texts::original(writer, self.settings.length, outlet.agency),
            Kind::OwnWords => {
                let mut quotations = texts::quotations(&first());
                writer.random.shuffle(&mut quotations);
                quotations.truncate(writer.random.within(1..5));
                let mut draft = texts::original(writer, self.settings.length, outlet.agency);
                texts::quote(&mut draft, &quotations, writer);
                draft
            }
            Kind::Copy => copy(writer, first(), plan),
            Kind::Version => {
                let mut draft = first();
                texts::edit(plan.edit, &mut draft, writer);
                draft
            }
            Kind::Partial => {
                let mut draft = texts::original(writer, self.settings.length, None);
                texts::partial(&mut draft, &first(), writer);
                draft
            }
            Kind::FollowUp => {
                let mut draft = texts::original(writer, self.settings.length, outlet.agency);
                texts::background(&mut draft, &first(), writer);
                draft
            }
            Kind::Merge => {
                let both = all();
                texts::merge(writer, &both[0], &both[1])
            }
            Kind::Digest => texts::digest(writer, &all()),
            Kind::Topic => texts::topic(writer, &all(), &outlet.about),
            Kind::Paywall => texts::paywall(writer, &first(), &outlet.wall),
            Kind::Brief => texts::brief(writer),
            Kind::Video => texts::video(writer, &outlet.player),
            Kind::Live => texts::live(writer, &outlet.notice),
            Kind::Gallery => texts::gallery(writer),
            Kind::List => texts::list(plan.list, writer, &outlet.intro),
            Kind::Serial => texts::serial(writer, &outlet.intro),
            Kind::Archive => texts::archived(writer, first(), &outlet.intro),
            Kind::Correction => {
                let mut draft = first();
                texts::edit(plan.edit, &mut draft, writer);
                draft.title = texts::marked(&draft.title, &mut writer.random);
                draft
            }
            Kind::Hostile => texts::hostile(plan.trick, writer, self.settings.limit, &outlet.wall),
        }
    }

    /// Headlines of earlier agency texts, for lists of other articles.
    fn headlines(&self, plan: &Plan, random: &mut Random) -> Vec<String> {
        let script = self.outlet(plan).script;
        let places =
            (0..random.within(0..6)).map(|_| plan.number.checked_sub(random.below(400) as u64));
        let texts: Vec<Plan> = places.flatten().map(|place| self.planner.plan(place)).collect();
        let originals =
            texts.iter().filter(|its| its.kind == Kind::Original && its.script == script);
        originals.map(|its| self.writer(its, its.number).headline()).collect()
    }
}

/// The text of an agency as another outlet prints it.
fn copy(writer: &mut Writer<'_>, mut draft: Draft, plan: &Plan) -> Draft {
    let agency = std::mem::take(&mut draft.byline);
    texts::edit(plan.edit, &mut draft, writer);
    if writer.random.chance(65) {
        draft.title = other_headline_of(writer, &draft);
    }
    if writer.random.chance(50) {
        remove_credit(&mut draft.paragraphs, &agency);
    }
    draft.byline = match writer.random.below(4) {
        0 => agency,
        1 => format!("{}, {agency}", writer.happening.person(3)),
        _ => String::new(),
    };
    draft
}

/// The words of a headline in a script with spaces, and its characters in one without.
const HEADLINE: (usize, usize) = (9, 16);

/// A headline of the words of a text.
fn headline_of(writer: &mut Writer<'_>, draft: &Draft) -> String {
    let own = |sentence: &&Sentence| matches!(sentence.role, Role::Own(_));
    let first: Vec<&Sentence> = draft.paragraphs.iter().flatten().filter(own).take(6).collect();
    if first.is_empty() {
        return writer.headline();
    }
    let told = &writer.random.pick(&first).text;
    let (words, letters) = HEADLINE;
    match writer.script.has_spaces() {
        true => told.split_whitespace().take(words).collect::<Vec<_>>().join(" "),
        false => told.chars().take(letters).collect(),
    }
}

/// Another headline for the same text: half of it is of the one before, as papers keep the names of a headline.
fn other_headline_of(writer: &mut Writer<'_>, draft: &Draft) -> String {
    let (before, new) = (draft.title.clone(), headline_of(writer, draft));
    match writer.script.has_spaces() {
        true => {
            let half =
                |of: &str| of.split_whitespace().take(HEADLINE.0 / 2).collect::<Vec<_>>().join(" ");
            format!("{} {}", half(&before), half(&new))
        }
        false => {
            let half = |of: &str| of.chars().take(HEADLINE.1 / 2).collect::<String>();
            half(&before) + &half(&new)
        }
    }
}

/// Removes the name of the agency from dateline and last line.
fn remove_credit(paragraphs: &mut Vec<Paragraph>, agency: &str) {
    let marks = [format!(" ({agency})"), agency.to_owned()];
    paragraphs.retain(|lines| !matches!(lines.as_slice(), [one] if is_credit(one, agency)));
    for lede in paragraphs.iter_mut().flatten().take(1) {
        for mark in &marks {
            lede.text = lede.text.replace(mark.as_str(), "");
        }
    }
}

fn is_credit(line: &Sentence, agency: &str) -> bool {
    line.role == Role::Chrome && line.text.contains(agency)
}

/// The name of an article's kind, or of the edit, the form or the trick that made it.
fn name(plan: &Plan) -> &'static str {
    match plan.kind {
        Kind::Copy | Kind::Version => plan.edit,
        Kind::List => plan.list,
        Kind::Hostile => plan.trick,
        kind => plan::row_of(kind).name,
    }
}

#[cfg(test)]
mod tests;
