//! The texts of all kinds of articles: separately written ones, pages that hold parts of others, pages with a
//! fixed form, hostile ones; and the edits of a text when other outlets print it, or when its own outlet prints
//! it again.

use wirefold_score::Random;

use super::article::{Paragraph, Role, Sentence};
use super::words::{SCRIPTS, Script, capitalised};
use super::writer::Writer;

/// The quantiles of the lengths of texts in words, in steps of a 32nd: a log-normal distribution with a
/// median of 480 and a deviation of 0.75, from 60 to 5,000. They are constants, because logarithms differ
/// between machines.
const LENGTHS: [usize; 33] = [
    60, 119, 152, 179, 203, 225, 247, 268, 289, 311, 333, 355, 378, 402, 427, 453, 480, 509, 540,
    573, 610, 649, 693, 741, 796, 859, 934, 1_024, 1_137, 1_290, 1_517, 1_941, 5_000,
];
/// The percentage of paragraphs with a quotation.
const QUOTING: usize = 18;
/// Texts with more words have headings.
const LONG: usize = 900;

/// The text of an article before page chrome is added.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub(super) title: String,
    pub(super) byline: String,
    pub(super) paragraphs: Vec<Paragraph>,
}

impl Draft {
    /// The number of its words.
    pub(super) fn words(&self) -> usize {
        self.paragraphs.iter().flatten().map(|sentence| sentence.words as usize).sum()
    }
}

/// A random length in words, in `percent` of the length of news.
fn length(random: &mut Random, percent: usize) -> usize {
    let (part, within) = (random.below(LENGTHS.len() - 1), random.below(1_000));
    // The last step is long, and most texts are near its beginning.
    let within =
        if part + 2 == LENGTHS.len() { within * within / 1_000 * within / 1_000 } else { within };
    let words = LENGTHS[part] + (LENGTHS[part + 1] - LENGTHS[part]) * within / 1_000;
    words * percent / 100
}

/// A text as an agency or a newspaper writes it, in `percent` of the length of news.
pub(super) fn original(writer: &mut Writer<'_>, percent: usize, agency: Option<&str>) -> Draft {
    // The headline comes first, so that it can be generated alone.
    let title = writer.headline();
    let words = length(&mut writer.random, percent);
    let mut draft = Draft { title, byline: byline(writer, agency), paragraphs: Vec::new() };
    let mut lede = writer.paragraph(1);
    if agency.is_some() || writer.random.chance(40) {
        let line = dateline(writer, agency);
        lede[0].text.insert_str(0, &line);
    }
    draft.paragraphs.push(lede);
    let mut written = draft.words();
    while written < words {
        if words > LONG && writer.random.chance(8) {
            let heading = writer.headline();
            let heading = vec![writer.sentence_of(heading)];
            draft.paragraphs.push(heading);
        }
        let next = match writer.random.chance(QUOTING) {
            true => vec![writer.quotation()],
            false => {
                let sentences = writer.random.within(1..4);
                writer.paragraph(sentences)
            }
        };
        written += next.iter().map(|sentence| sentence.words as usize).sum::<usize>();
        draft.paragraphs.push(next);
    }
    draft.paragraphs.extend(credit(writer, agency));
    draft
}

/// Inserts quotations of another text, each with its speaker.
pub(super) fn quote(draft: &mut Draft, quotations: &[Sentence], writer: &mut Writer<'_>) {
    for quotation in quotations {
        let at = writer.random.within(1..draft.paragraphs.len() + 1);
        draft.paragraphs.insert(at, vec![quotation.clone()]);
    }
}

/// The quotations of a text.
pub(super) fn quotations(draft: &Draft) -> Vec<Sentence> {
    let all = draft.paragraphs.iter().flatten();
    all.filter(|sentence| sentence.role == Role::Quoted).cloned().collect()
}

/// The author of the text.
fn byline(writer: &mut Writer<'_>, agency: Option<&str>) -> String {
    match agency {
        Some(agency) => agency.to_owned(),
        None if writer.random.chance(60) => {
            let who = writer.random.below(4);
            writer.happening.person(who).to_owned()
        }
        None => String::new(),
    }
}

/// The place of a text: `BRUNTON (AP) — `.
fn dateline(writer: &mut Writer<'_>, agency: Option<&str>) -> String {
    let place = writer.happening.first_place();
    match (writer.script, agency) {
        (Script::Latin | Script::Cyrillic, Some(agency)) => {
            format!("{} ({agency}) — ", place.to_uppercase())
        }
        (Script::Latin | Script::Cyrillic, None) => format!("{} — ", place.to_uppercase()),
        (_, Some(agency)) => format!("（{agency}{place}）"),
        (_, None) => format!("【{place}】"),
    }
}

/// The line at the end that names the agency.
fn credit(writer: &mut Writer<'_>, agency: Option<&str>) -> Option<Paragraph> {
    let agency = agency?;
    let text = match writer.random.below(3) {
        0 => format!("({agency})"),
        1 => format!("— {agency}"),
        _ => return None,
    };
    Some(vec![Sentence::new(text, writer.script, Role::Chrome)])
}

/// A template with other names and numbers. Scripts without templates have four sentences.
pub(super) fn brief(writer: &mut Writer<'_>) -> Draft {
    let title = writer.headline();
    let text = match writer.script {
        Script::Latin => {
            let template = *writer.random.pick(writer.rules("briefs"));
            capitalised(&writer.fill(template))
        }
        _ => (0..4).map(|_| writer.sentence()).collect::<Vec<String>>().join(writer.script.space()),
    };
    let sentences = vec![writer.sentence_of(text)];
    Draft { title, byline: String::new(), paragraphs: vec![sentences] }
}

/// The beginnings of several texts, each under a heading.
pub(super) fn digest(writer: &mut Writer<'_>, items: &[Draft]) -> Draft {
    let mut paragraphs = vec![writer.paragraph(1)];
    for item in items {
        let heading = writer.headline();
        paragraphs.push(vec![writer.sentence_of(heading)]);
        let sentences = item.paragraphs.iter().flatten();
        let own = sentences.filter(|sentence| matches!(sentence.role, Role::Own(_)));
        paragraphs.push(own.take(writer.random.within(2..5)).cloned().collect());
    }
    paragraphs.push(writer.paragraph(1));
    Draft { title: writer.headline(), byline: String::new(), paragraphs }
}

/// One whole text, followed by the beginning of another.
pub(super) fn merge(writer: &mut Writer<'_>, first: &Draft, second: &Draft) -> Draft {
    let mut paragraphs = first.paragraphs.clone();
    let rest = second.paragraphs.len().min(1 + first.paragraphs.len() / 3);
    paragraphs.extend_from_slice(&second.paragraphs[..rest]);
    Draft { title: writer.headline(), byline: String::new(), paragraphs }
}

/// A new text around some paragraphs of another.
pub(super) fn partial(own: &mut Draft, other: &Draft, writer: &mut Writer<'_>) {
    let from = writer.random.below(other.paragraphs.len());
    let wanted = own.words() * writer.random.within(20..55) / 100;
    let mut taken = 0;
    let stretch = other.paragraphs[from..].iter().take_while(|paragraph| {
        let is_wanted = taken < wanted;
        taken += paragraph.iter().map(|sentence| sentence.words as usize).sum::<usize>();
        is_wanted
    });
    let stretch: Vec<Paragraph> = stretch.cloned().collect();
    let at = writer.random.within(1..own.paragraphs.len() + 1);
    own.paragraphs.splice(at..at, stretch);
}

/// Background: the last paragraphs of an earlier text at the end of a new one.
pub(super) fn background(own: &mut Draft, earlier: &Draft, writer: &mut Writer<'_>) {
    let count = writer.random.within(1..3).min(earlier.paragraphs.len());
    own.paragraphs.extend_from_slice(&earlier.paragraphs[earlier.paragraphs.len() - count..]);
}

/// A page with a video: one to three lines, and the text of the player.
pub(super) fn video(writer: &mut Writer<'_>, player: &[Sentence]) -> Draft {
    let sentences = writer.random.within(1..4);
    let mut paragraphs = vec![writer.paragraph(sentences)];
    paragraphs.extend(player.iter().map(|line| vec![line.clone()]));
    Draft { title: writer.headline(), byline: String::new(), paragraphs }
}

/// The beginning of a text above a wall.
pub(super) fn paywall(writer: &mut Writer<'_>, text: &Draft, wall: &Paragraph) -> Draft {
    let count = writer.random.within(1..3).min(text.paragraphs.len());
    let mut paragraphs = text.paragraphs[..count].to_vec();
    paragraphs.push(wall.clone());
    Draft { title: text.title.clone(), byline: text.byline.clone(), paragraphs }
}

/// A list of headlines with the first sentence of each text.
pub(super) fn topic(writer: &mut Writer<'_>, items: &[Draft], about: &[Sentence]) -> Draft {
    let mut paragraphs = vec![about.to_vec()];
    for item in items {
        paragraphs.push(vec![Sentence::new(item.title.clone(), writer.script, Role::Chrome)]);
        let first = item.paragraphs.iter().flatten().next();
        paragraphs.push(first.cloned().into_iter().collect());
    }
    Draft { title: writer.headline(), byline: String::new(), paragraphs }
}

/// The first entries of a live blog, each under its time.
pub(super) fn live(writer: &mut Writer<'_>, notice: &[Sentence]) -> Draft {
    let mut paragraphs = vec![notice.to_vec()];
    for _ in 0..writer.random.within(1..5) {
        let (hour, minute) = (writer.random.within(6..23), writer.random.below(60));
        let time = format!("{hour:02}:{minute:02}");
        paragraphs.push(vec![Sentence::new(time, writer.script, Role::Chrome)]);
        let sentences = writer.random.within(1..4);
        paragraphs.push(writer.paragraph(sentences));
    }
    Draft { title: writer.headline(), byline: String::new(), paragraphs }
}

/// Captions of pictures, each with its photographer.
pub(super) fn gallery(writer: &mut Writer<'_>) -> Draft {
    let count = writer.random.within(5..16);
    let photographer = writer.happening.person(1).to_owned();
    let mut paragraphs = Vec::new();
    for picture in 1..=count {
        let place = Sentence::new(format!("{picture}/{count}"), writer.script, Role::Chrome);
        let by = format!("({photographer})");
        let credit = Sentence::new(by, writer.script, Role::Chrome);
        paragraphs.push(vec![place, writer.own(), credit]);
    }
    Draft { title: writer.headline(), byline: photographer, paragraphs }
}

/// The pages with a fixed form: dishes under a fixed introduction, the nominees for a prize in each class,
/// results of a match day with the table, the figures of each player in a game, the forecast for a day, a
/// sentence for each of the twelve signs, closing prices of shares, the life of a person.
pub(super) const LISTS: [&str; 8] =
    ["recipes", "nominees", "results", "boxscore", "weather", "horoscope", "stocks", "obituary"];
/// The number of lines in a list, if its form does not give it.
const LINES: std::ops::Range<usize> = 9..15;

/// Fills the form of one of [`LISTS`]. `lines` are printed by its outlet above each list of recipes, nominees and
/// results. Scripts without forms have these and some sentences.
pub(super) fn list(name: &str, writer: &mut Writer<'_>, lines: &[Sentence]) -> Draft {
    let title = writer.headline();
    let mut paragraphs = match name {
        _ if writer.script != Script::Latin => vec![writer.paragraph(4)],
        "recipes" => filled(writer, "{a} {w} with {w} and {w}."),
        "nominees" => each(writer, "classes", "{a} {w}, {w} {w}, {P}, {a} {w}"),
        "horoscope" => each(writer, "signs", "{C}"),
        "results" => {
            let mut rows = filled(writer, "{L} {#} {L} {#}, half time {#}, crowd {#}");
            rows.extend(filled(writer, "{L} played {#} points {#} goals {#}"));
            rows
        }
        "boxscore" => filled(writer, "{P} {#} min {#} points {#} rebounds {#} assists {#} fouls"),
        _ => form(writer, name),
    };
    if writer.script != Script::Latin || ["recipes", "nominees", "horoscope"].contains(&name) {
        paragraphs.insert(0, lines.to_vec());
    }
    Draft { title, byline: String::new(), paragraphs }
}

/// A telegram or a bulletin: the same form each time with other names and numbers.
pub(super) fn serial(writer: &mut Writer<'_>, lines: &[Sentence]) -> Draft {
    let title = writer.headline();
    let paragraphs = match (writer.script, writer.random.chance(50)) {
        (Script::Latin, true) => form(writer, "telegram"),
        (Script::Latin, false) => form(writer, "bulletin"),
        _ => vec![writer.paragraph(1), lines.to_vec()],
    };
    Draft { title, byline: String::new(), paragraphs }
}

/// A text from its outlet's archive: another address and title, and a line about the archive.
pub(super) fn archived(writer: &mut Writer<'_>, text: Draft, lines: &[Sentence]) -> Draft {
    let mut paragraphs = text.paragraphs;
    paragraphs.extend(lines.first().map(|line| vec![line.clone()]));
    Draft { title: writer.headline(), byline: text.byline, paragraphs }
}

/// The title of a correction or an update with an address of its own.
pub(super) fn marked(title: &str, random: &mut Random) -> String {
    let mark = *random.pick(&["CORRECTED", "UPDATE 1", "UPDATE 2", "WRAPUP 1"]);
    format!("{mark} - {title}")
}

/// A form in one paragraph.
fn form(writer: &mut Writer<'_>, name: &str) -> Vec<Paragraph> {
    let filled = capitalised(&writer.fill(writer.rules(name)[0]));
    vec![vec![writer.sentence_of(filled)]]
}

/// Several lines of one form.
fn filled(writer: &mut Writer<'_>, form: &str) -> Vec<Paragraph> {
    let count = writer.random.within(LINES);
    let line = |_| {
        let row = capitalised(&writer.fill(form));
        vec![writer.sentence_of(row)]
    };
    (0..count).map(line).collect()
}

/// A line of one form under each of the script's names of this kind.
fn each(writer: &mut Writer<'_>, names: &str, form: &str) -> Vec<Paragraph> {
    let names = writer.rules(names);
    let line = |name: &&str| {
        let row = writer.fill(&format!("{name}: {form}."));
        vec![writer.sentence_of(row)]
    };
    names.iter().map(line).collect()
}

/// The kinds of hostile articles: one word repeated up to the size limit of a text; one word as long as that; a
/// run of words after each sentence that all articles of this kind share; the wall of its outlet in place of an
/// article, with a title of its own; sentences from a stock that all articles of this kind use, so each key is in
/// many stories; all scripts in one sentence; every letter with combining marks and zero-width characters.
pub(super) const TRICKS: [&str; 7] =
    ["oneword", "longword", "oneshingle", "wall", "hotkeys", "mixedscripts", "marks"];
/// The number of sentences in the stock, and in one article.
const STOCK: usize = 200;
const OF_STOCK: usize = 30;
/// The article number whose sentences are the stock. No stream reaches it.
pub(crate) const STOCK_ROOT: u64 = u64::MAX;
const SHINGLE: &str = "wherever you are and whatever you do please share this message with all";

/// Makes an article of one of the [`TRICKS`]. `limit` is the largest size of a text in bytes.
pub(super) fn hostile(
    trick: &str,
    writer: &mut Writer<'_>,
    limit: usize,
    wall: &Paragraph,
) -> Draft {
    let title = writer.headline();
    let paragraphs = match trick {
        "oneword" => vec![vec![repeated(writer, " ", limit)]],
        "longword" => vec![vec![repeated(writer, "", limit)]],
        "oneshingle" => one_shingle(writer),
        "wall" => vec![wall.clone()],
        "hotkeys" => stock(writer),
        "mixedscripts" => mixed_scripts(writer),
        _ => marks(writer),
    };
    Draft { title, byline: String::new(), paragraphs }
}

/// A new word, repeated up to the limit.
fn repeated(writer: &mut Writer<'_>, space: &str, limit: usize) -> Sentence {
    let word = writer.script.name_of(200_000 + writer.random.below(100_000)) + space;
    let text = word.repeat(limit / word.len());
    writer.sentence_of(text.trim_end().to_owned())
}

fn one_shingle(writer: &mut Writer<'_>) -> Vec<Paragraph> {
    let mut paragraphs = Vec::new();
    for _ in 0..12 {
        let shared =
            Sentence::new(format!("{}.", capitalised(SHINGLE)), writer.script, Role::Chrome);
        paragraphs.push(vec![writer.own(), shared]);
    }
    paragraphs
}

/// Sentences of the stock in a random order.
fn stock(writer: &mut Writer<'_>) -> Vec<Paragraph> {
    let mut numbers: Vec<usize> = (0..STOCK).collect();
    writer.random.shuffle(&mut numbers);
    let of_script = writer.script as usize * STOCK;
    let sentence = |number: &usize| vec![writer.common(STOCK_ROOT, of_script + number)];
    numbers[..OF_STOCK].iter().map(sentence).collect()
}

fn mixed_scripts(writer: &mut Writer<'_>) -> Vec<Paragraph> {
    let mut paragraphs = Vec::new();
    for _ in 0..10 {
        let word = |random: &mut Random| {
            let script = *random.pick(&SCRIPTS);
            script.word(random.below(20_000))
        };
        let words: Vec<String> = (0..20).map(|_| word(&mut writer.random)).collect();
        let text = words.join(if writer.random.chance(50) { " " } else { "" });
        paragraphs.push(vec![writer.sentence_of(text)]);
    }
    paragraphs
}

fn marks(writer: &mut Writer<'_>) -> Vec<Paragraph> {
    let mut paragraphs = Vec::new();
    for _ in 0..10 {
        let sentence = writer.sentence();
        let mut text = String::new();
        for letter in hide(&sentence).chars() {
            text.push(letter);
            if letter.is_alphabetic() {
                let count = writer.random.below(6);
                text.extend((0..count).map(|_| *writer.random.pick(&MARKS)));
            }
        }
        paragraphs.push(vec![writer.sentence_of(text)]);
    }
    paragraphs
}

/// Combining marks, joiners, and direction marks.
const MARKS: [char; 8] = [
    '\u{0300}', '\u{0301}', '\u{0323}', '\u{0489}', '\u{200b}', '\u{200d}', '\u{2060}', '\u{202e}',
];

/// The edits of copies with their percentages: none except for headline and credit; another first paragraph,
/// before the old one or in its place; only the first 30 to 85 % of the paragraphs; some paragraphs are moved; a
/// quarter of the sentences with changed words, some of them rewritten; new paragraphs between the others; some
/// quotations left out, others added, other marks around the rest; two to four of those above; zero-width
/// characters and soft hyphens inside words, so that the text looks the same.
pub(super) const COPIES: [(&str, usize); 9] = [
    ("exact", 22),
    ("newlede", 11),
    ("droptail", 14),
    ("moved", 5),
    ("reworded", 8),
    ("inserted", 8),
    ("quotations", 5),
    ("mixed", 25),
    ("hidden", 2),
];
/// The edits of versions: a number corrected, another lede and more at the end, some paragraphs left out.
pub(super) const VERSIONS: [&str; 4] = ["corrected", "updated", "updated", "trimmed"];
/// The edits of a mix, in the order in which they are applied.
const MIXED: [&str; 6] = ["reworded", "droptail", "moved", "quotations", "inserted", "newlede"];
/// The percentage of changed sentences in a reworded text, and of rewritten ones among these.
const REWORDED: usize = 25;
const REWRITTEN: usize = 30;

/// Edits a text. New sentences belong to the writer.
pub(super) fn edit(name: &str, draft: &mut Draft, writer: &mut Writer<'_>) {
    match name {
        "newlede" => another_lede(draft, writer),
        "droptail" => {
            let percent = writer.random.within(30..86);
            draft.paragraphs.truncate((draft.paragraphs.len() * percent).div_ceil(100));
        }
        "moved" => move_paragraphs(&mut draft.paragraphs, &mut writer.random),
        "reworded" => reword(draft, writer),
        "inserted" => insert(draft, writer),
        "quotations" => other_quotations(draft, writer),
        "mixed" => {
            let mut chosen = MIXED;
            writer.random.shuffle(&mut chosen);
            let count = writer.random.within(2..5);
            let steps = MIXED.into_iter().filter(|step| chosen[..count].contains(step));
            steps.for_each(|step| edit(step, draft, writer));
        }
        "hidden" => {
            let sentences = draft.paragraphs.iter_mut().flatten();
            sentences.for_each(|sentence| sentence.text = hide(&sentence.text));
        }
        "corrected" => correct(draft, &mut writer.random),
        "updated" => {
            another_lede(draft, writer);
            for _ in 0..writer.random.within(1..4) {
                let paragraph = writer.paragraph(2);
                draft.paragraphs.push(paragraph);
            }
        }
        "trimmed" => trim(draft, &mut writer.random),
        _ => {}
    }
}

fn another_lede(draft: &mut Draft, writer: &mut Writer<'_>) {
    if writer.random.chance(50) && draft.paragraphs.len() > 3 {
        draft.paragraphs.remove(0);
    }
    let sentences = writer.random.within(1..3);
    let lede = writer.paragraph(sentences);
    draft.paragraphs.insert(0, lede);
}

fn move_paragraphs(paragraphs: &mut Vec<Paragraph>, random: &mut Random) {
    for _ in 0..1 + paragraphs.len() / 5 {
        let from = random.below(paragraphs.len());
        let moved = paragraphs.remove(from);
        let to = random.below(paragraphs.len() + 1);
        paragraphs.insert(to, moved);
    }
}

/// Changes words in some sentences. A sentence with a word or two changed keeps its origin; a rewritten one
/// belongs to the writer.
fn reword(draft: &mut Draft, writer: &mut Writer<'_>) {
    for sentence in draft.paragraphs.iter_mut().flatten() {
        let is_own = matches!(sentence.role, Role::Own(_));
        if !is_own || !writer.random.chance(REWORDED) {
            continue;
        }
        if writer.random.chance(REWRITTEN) {
            *sentence = writer.own();
        } else if writer.script.has_spaces() {
            sentence.text = other_word(&sentence.text, writer);
        }
    }
}

/// The same sentence with a word in the middle deleted, doubled or replaced.
fn other_word(text: &str, writer: &mut Writer<'_>) -> String {
    let mut words: Vec<&str> = text.split(' ').collect();
    if words.len() < 6 {
        return text.to_owned();
    }
    let at = writer.random.within(2..words.len() - 2);
    let other = writer.fill("{w}");
    match writer.random.below(3) {
        0 => {
            words.remove(at);
        }
        1 => words.insert(at, &other),
        _ => words[at] = &other,
    }
    words.join(" ")
}

fn insert(draft: &mut Draft, writer: &mut Writer<'_>) {
    for _ in 0..writer.random.within(1..4) {
        let sentences = writer.random.within(1..4);
        let paragraph = writer.paragraph(sentences);
        let at = writer.random.within(1..draft.paragraphs.len() + 1);
        draft.paragraphs.insert(at, paragraph);
    }
}

fn other_quotations(draft: &mut Draft, writer: &mut Writer<'_>) {
    let is_quotation = |paragraph: &Paragraph| paragraph.iter().all(|it| it.role == Role::Quoted);
    let random = &mut writer.random;
    draft.paragraphs.retain(|paragraph| !is_quotation(paragraph) || random.chance(50));
    let own: Vec<_> = (0..writer.random.within(1..4)).map(|_| writer.quotation()).collect();
    if !draft.paragraphs.is_empty() {
        quote(draft, &own, writer);
    }
    if writer.random.chance(50) {
        for sentence in draft.paragraphs.iter_mut().flatten() {
            sentence.text = sentence.text.replace(['“', '”'], "\"");
        }
    }
}

/// Changes a digit in one number of the text.
fn correct(draft: &mut Draft, random: &mut Random) {
    let sentences = draft.paragraphs.iter_mut().flatten();
    let mut numbered: Vec<_> =
        sentences.filter(|its| its.text.contains(|it: char| it.is_ascii_digit())).collect();
    let count = numbered.len();
    let Some(sentence) = numbered.get_mut(random.below(count)) else { return };
    let mut is_done = false;
    let corrected = |letter: char| {
        let Some(digit) = letter.to_digit(10).filter(|_| !is_done) else { return letter };
        is_done = true;
        char::from_digit(digit % 9 + 1, 10).unwrap_or(letter)
    };
    sentence.text = sentence.text.chars().map(corrected).collect();
}

fn trim(draft: &mut Draft, random: &mut Random) {
    for _ in 0..1 + draft.paragraphs.len() / 6 {
        if draft.paragraphs.len() > 3 {
            let at = random.within(1..draft.paragraphs.len());
            draft.paragraphs.remove(at);
        }
    }
}

/// The same text to the eye, with zero-width characters and soft hyphens inside some words.
pub(super) fn hide(text: &str) -> String {
    let mut hidden = String::with_capacity(text.len() * 5 / 4);
    for (at, letter) in text.chars().enumerate() {
        hidden.push(letter);
        if at % 29 == 3 && letter.is_alphabetic() {
            hidden.push('\u{200b}');
        }
        if at % 41 == 5 && letter.is_alphabetic() {
            hidden.push('\u{00ad}');
        }
    }
    hidden
}
