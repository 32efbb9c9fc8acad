//! The outlets and their page chrome.
//!
//! Each outlet has its own: a line at the top, a box between two paragraphs, headlines of other articles, and
//! a footer that changes after a number of articles. Some outlets have none.

use wirefold_score::Random;

use super::article::{Article, Paragraph, Role, Sentence};
use super::words::{Script, Zipf};
use super::writer::{Happening, Writer};

/// The names under which news agencies are credited.
pub(super) const AGENCIES: [&str; 3] = ["AP", "Reuters", "AFP"];
/// The number of newspapers in each script.
const PAPERS: [(Script, usize); 5] = [
    (Script::Latin, 36),
    (Script::Cyrillic, 4),
    (Script::Chinese, 3),
    (Script::Japanese, 3),
    (Script::Thai, 3),
];
/// An outlet.
#[derive(Debug, Clone)]
pub(super) struct Outlet {
    pub(super) host: String,
    pub(super) script: Script,
    /// The name, if it is an agency.
    pub(super) agency: Option<&'static str>,
    /// Whether there is an empty line between two paragraphs.
    is_spaced: bool,
    /// The amount of page chrome, 0 to 3.
    pub(super) clutter: usize,
    top: Vec<Sentence>,
    boxes: Vec<Sentence>,
    /// The lines of its footer. A page has a few consecutive ones, later pages later ones.
    footer: Vec<Sentence>,
    /// The wall: the text in place of an article that asks for payment or consent.
    pub(super) wall: Paragraph,
    /// The text on every page with a video.
    pub(super) player: Paragraph,
    /// The text above every live blog.
    pub(super) notice: Paragraph,
    /// The text above every list of headlines.
    pub(super) about: Paragraph,
    /// The text above every other list.
    pub(super) intro: Paragraph,
}

/// All outlets, agencies first.
#[derive(Debug, Clone)]
pub(crate) struct Outlets {
    pub(super) all: Vec<Outlet>,
    /// A footer changes after this many articles of the stream.
    footer_life: u64,
}

impl Outlets {
    /// The outlets of a seed.
    pub(super) fn new(seed: u64, zipf: &Zipf, footer_life: u64) -> Outlets {
        let mut all = Vec::new();
        let agencies = AGENCIES.iter().map(|name| (Script::Latin, Some(*name)));
        let papers = PAPERS.iter().flat_map(|(script, count)| vec![(*script, None); *count]);
        for (number, (script, agency)) in agencies.chain(papers).enumerate() {
            all.push(outlet(seed, number, script, agency, zipf));
        }
        Outlets { all, footer_life }
    }

    /// The outlet with a number.
    pub(super) fn get(&self, number: usize) -> &Outlet {
        &self.all[number]
    }

    /// A newspaper of a script. The first ones publish most.
    pub(super) fn of_script(&self, script: Script, random: &mut Random) -> usize {
        let before = PAPERS.iter().take_while(|(other, _)| *other != script);
        let first = AGENCIES.len() + before.map(|(_, count)| count).sum::<usize>();
        let count =
            PAPERS.iter().find(|(other, _)| *other == script).map_or(1, |(_, count)| *count);
        first + random.below(count).min(random.below(count))
    }

    /// Adds page chrome around the text of an article. `headlines` are those of other articles.
    pub(super) fn add_page_chrome(
        &self,
        article: &mut Article,
        headlines: &[String],
        random: &mut Random,
    ) {
        let outlet = self.get(article.outlet);
        article.is_spaced = outlet.is_spaced;
        if outlet.clutter == 0 {
            return;
        }
        let body = &mut article.paragraphs;
        if outlet.clutter > 1 && random.chance(50) {
            let at = random.within(1..body.len().max(2));
            let from = random.below(outlet.boxes.len() - 1);
            let lines = outlet.boxes[from..from + 2].to_vec();
            body.insert(at.min(body.len()), lines);
        }
        if outlet.clutter > 2 {
            body.insert(0, outlet.top.clone());
        }
        if outlet.clutter > 1 {
            let chrome =
                |line: &String| vec![Sentence::new(line.clone(), outlet.script, Role::Chrome)];
            body.extend(headlines.iter().map(chrome));
        }
        let age = usize::try_from(article.number / self.footer_life).unwrap_or_default();
        let lines = outlet.footer.iter().cycle().skip(age).take(1 + outlet.clutter);
        body.extend(lines.map(|line| vec![line.clone()]));
    }
}

fn outlet(
    seed: u64,
    number: usize,
    script: Script,
    agency: Option<&'static str>,
    zipf: &Zipf,
) -> Outlet {
    let mut random = Random::for_purpose(seed, &format!("outlet {number}"));
    let happening = Happening::new(script, zipf, &mut random);
    let (is_spaced, clutter) = (random.chance(60), *random.pick(&[0, 1, 1, 2, 2, 3]));
    let clutter = if agency.is_some() { 0 } else { clutter };
    let mut writer = Writer::new(script, zipf, happening, 0, random);
    let mut lines =
        |count: usize| -> Vec<Sentence> { (0..count).map(|_| service(&mut writer)).collect() };
    Outlet {
        host: host(number),
        script,
        agency,
        is_spaced,
        clutter,
        top: lines(2),
        boxes: lines(6),
        footer: lines(9),
        wall: lines(4),
        player: lines(4),
        notice: lines(3),
        about: lines(2),
        intro: lines(5),
    }
}

/// A line that a site prints about itself.
pub(super) fn service(writer: &mut Writer<'_>) -> Sentence {
    let text = match writer.script {
        Script::Latin => {
            let rule = *writer.random.pick(writer.rules("service"));
            writer.fill(rule)
        }
        _ => writer.sentence(),
    };
    Sentence::new(text, writer.script, Role::Chrome)
}

/// The host of the outlet with a number.
fn host(number: usize) -> String {
    let kind = if number < AGENCIES.len() { "agency" } else { "paper" };
    format!("{kind}{number:02}.example")
}
