//! Measures sets of news that anybody can download, read in the formats in which they come. `xtask/labels` has our labels of
//! pairs, by the ids of the sets. The happenings are those of the sets themselves. docs/accuracy.md says how to get each set.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use jiff::Timestamp;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use wirefold_feed::dates::{self, Context};
use wirefold_feed::html::{decode, one_line};
use wirefold_score::Clusters;

use super::happenings::{self, Happenings};
use super::real;
use super::set::{Doc, LabelledSet};
use crate::commands::{dist::hex, say};
use crate::tree::{self, read};

/// A set that others publish.
struct PublicSet {
    /// Its name, which is also that of its file of labels.
    name: &'static str,
    /// The folder that its download makes.
    folder: &'static str,
    read: fn(&Path) -> anyhow::Result<Vec<Text>>,
}

/// A text, and the name of its happening if the set has happenings.
#[derive(Debug, PartialEq)]
struct Text(Doc, Option<String>);

const SETS: [PublicSet; 3] = [
    PublicSet { name: "reuters-21578", folder: "reuters21578", read: reuters },
    PublicSet { name: "basil", folder: "BASIL", read: basil },
    PublicSet { name: "event-story-line", folder: "EventStoryLine", read: event_story_line },
];

/// Measures the sets in a folder, with the rules and rows of `accuracy`, and prints them.
pub(super) fn run(folder: &Path) -> anyhow::Result<()> {
    say(&tables(folder, &tree::root().join("xtask/labels"))?)
}

/// The tables of the sets in `folder`, given the folder of labels.
fn tables(folder: &Path, labels: &Path) -> anyhow::Result<String> {
    let (mut told, mut stories, mut happenings) = (String::new(), Vec::new(), Vec::new());
    let is_there = |set: &&PublicSet| folder.join(set.folder).is_dir();
    for set in SETS.iter().filter(is_there) {
        let mut texts = (set.read)(&folder.join(set.folder))?;
        // Stable, so that texts without a date stay in the order of their files, before all others.
        texts.sort_by_key(|Text(doc, _)| doc.published);
        let (docs, named): (Vec<Doc>, Vec<Option<String>>) =
            texts.into_iter().map(|Text(doc, named)| (doc, named)).unzip();
        told += &format!("{}: {} texts, SHA-256 {}\n", set.name, docs.len(), sum(&docs));
        let set = LabelledSet::new(set.name, docs, &labels.join(format!("{}.tsv", set.name)))?;
        if named.iter().any(Option::is_some) {
            happenings.push(Happenings::new(set.clone(), clusters(&named)));
        }
        match set.labels.0.len() {
            0 => told += &format!("{}: no pairs are labelled yet\n", set.name),
            _ => stories.push(set),
        }
    }
    let folders = SETS.map(|set| set.folder).join(", ");
    let whole = folder.display();
    ensure!(!told.is_empty(), "{whole}: none of {folders}; see docs/accuracy.md, Public sets");
    if !stories.is_empty() {
        told += &format!("\n{}", real::tables(&stories));
    }
    if !happenings.is_empty() {
        told += &format!("\n{}", happenings::examine(&happenings));
    }
    Ok(told)
}

/// A sum over ids, titles and texts in order, by which two people see whether they read the same.
fn sum(docs: &[Doc]) -> String {
    let mut sum = Sha256::new();
    for doc in docs {
        for part in [&doc.id, doc.title.as_deref().unwrap_or_default(), &doc.text] {
            sum.update(part);
            sum.update([0]);
        }
    }
    hex(&sum.finalize())
}

/// The number of each happening, in the order of their names.
fn clusters(named: &[Option<String>]) -> Clusters {
    let mut numbers: BTreeMap<&String, usize> = named.iter().flatten().map(|it| (it, 0)).collect();
    numbers.values_mut().enumerate().for_each(|(number, it)| *it = number);
    let of = named.iter().map(|it| it.as_ref().map(|it| numbers[it])).collect();
    Clusters { of, ..Clusters::default() }
}

/// The files of a folder, or with `depth` 1 of the folders in it, whose names end so, sorted.
fn files(folder: &Path, depth: usize, ending: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for path in tree::entries(folder)? {
        if depth > 0 && path.is_dir() {
            all.extend(files(&path, depth - 1, ending)?);
        } else if depth == 0 && path.to_string_lossy().ends_with(ending) {
            all.push(path);
        }
    }
    let shown = folder.display();
    ensure!(depth > 0 || !all.is_empty(), "{shown}: no files that end with {ending}");
    Ok(all)
}

/// The text between two marks.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> Option<&'a str> {
    Some(text.split_once(begin)?.1.split_once(end)?.0)
}

fn time(text: &str) -> Option<Timestamp> {
    dates::read(text.trim(), Context::default())
}

/// Reuters-21578: SGML with some thousand items a file, in Latin-1. An item of the type `BRIEF` is a headline only.
fn reuters(folder: &Path) -> anyhow::Result<Vec<Text>> {
    let mut texts = Vec::new();
    for path in files(folder, 0, ".sgm")? {
        let bytes = std::fs::read(&path).with_context(|| path.display().to_string())?;
        let file: String = bytes.into_iter().map(char::from).collect();
        for (at, item) in file.split("<REUTERS ").enumerate().skip(1) {
            let id = between(item, "NEWID=\"", "\"");
            let id = id.with_context(|| format!("{}: item {at} has no NEWID", path.display()))?;
            let part = |name: &str| between(item, &format!("<{name}>"), &format!("</{name}>"));
            let unprocessed = between(item, "<TEXT TYPE=\"UNPROC\">", "</TEXT>");
            // Lines are wrapped, and a paragraph begins with spaces.
            let body = part("BODY").or(unprocessed).unwrap_or_default();
            let body = [part("DATELINE").unwrap_or_default(), body].concat();
            let paragraphs = body.trim_start().split("\n    ").map(|it| one_line(&decode(it)));
            let doc = Doc {
                id: id.to_owned(),
                outlet: Some("reuters.com".to_owned()),
                title: part("TITLE").map(|it| one_line(&decode(it))),
                author: part("AUTHOR").map(|it| one_line(&decode(it))),
                published: part("DATE").and_then(time),
                text: paragraphs.collect::<Vec<_>>().join("\n"),
                ..Doc::default()
            };
            texts.push(Text(doc, None));
        }
    }
    Ok(texts)
}

/// An article of BASIL.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Basil {
    source: String,
    url: Option<String>,
    title: String,
    date: String,
    triplet_uuid: String,
    /// The sentences of each paragraph.
    body_paragraphs: Vec<Vec<String>>,
}

/// BASIL: a file of JSON for each article, in a folder for each year. Three articles of three outlets are about one
/// happening. The id is the file's name, because some `uuid`s occur twice.
fn basil(folder: &Path) -> anyhow::Result<Vec<Text>> {
    let text = |path: PathBuf| -> anyhow::Result<Text> {
        let article: Basil =
            serde_json::from_str(&read(&path)?).with_context(|| path.display().to_string())?;
        let paragraphs = article.body_paragraphs.iter().map(|it| one_line(&it.join(" ")));
        let doc = Doc {
            id: path.file_stem().unwrap_or_default().to_string_lossy().into_owned(),
            outlet: Some(article.source.to_lowercase()),
            url: article.url,
            title: Some(article.title),
            published: time(&article.date),
            text: paragraphs.collect::<Vec<_>>().join("\n"),
            ..Doc::default()
        };
        Ok(Text(doc, Some(article.triplet_uuid)))
    };
    files(&folder.join("articles"), 1, ".json")?.into_iter().map(text).collect()
}

/// EventStoryLine 1.5: a file of XML for each text of ECB+, a token a line, in a folder for each happening. The first sentence
/// is the address, the second the headline. `DCT` marks the date of the text.
fn event_story_line(folder: &Path) -> anyhow::Result<Vec<Text>> {
    let text = |path: PathBuf| -> anyhow::Result<Text> {
        let file = read(&path)?;
        let mut sentences: BTreeMap<usize, Vec<String>> = BTreeMap::new();
        for (at, line) in file.lines().enumerate().filter(|(_, line)| line.contains("<token ")) {
            let number = between(line, "sentence=\"", "\"").and_then(|it| it.parse().ok());
            let token = number.zip(between(line, ">", "</token>"));
            let (sentence, word) =
                token.with_context(|| format!("{}:{}: no token", path.display(), at + 1))?;
            sentences.entry(sentence).or_default().push(decode(word).into_owned());
        }
        let mut lines = sentences.into_values();
        let address = lines.next().unwrap_or_default().concat();
        let mut lines = lines.map(|words| sentence(&words));
        let dated = file.lines().find(|line| line.contains("DCT=\"TRUE\""));
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let doc = Doc {
            id: name.split('.').next().unwrap_or_default().to_owned(),
            outlet: between(&address, "://", "/").map(str::to_owned),
            title: lines.next(),
            published: dated.and_then(|line| between(line, "value=\"", "\"")).and_then(time),
            text: lines.collect::<Vec<_>>().join("\n"),
            url: Some(address),
            ..Doc::default()
        };
        let happening = path.parent().and_then(Path::file_name);
        Ok(Text(doc, happening.map(|it| it.to_string_lossy().into_owned())))
    };
    files(&folder.join("annotated_data/v1.5"), 1, ".xml")?.into_iter().map(text).collect()
}

/// A sentence from its tokens: no space before the marks that follow a word.
fn sentence(words: &[String]) -> String {
    words.iter().fold(String::new(), |line, word| {
        let space = if line.is_empty() || ".,;:?!)".contains(word.as_str()) { "" } else { " " };
        line + space + word
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Two items in the format of Reuters-21578, of which the second adds a paragraph, and a headline.
    const ITEMS: &str = "<!DOCTYPE lewis SYSTEM \"lewis.dtd\">\n\
        <REUTERS TOPICS=\"NO\" LEWISSPLIT=\"TRAIN\" CGISPLIT=\"TRAINING-SET\" OLDID=\"91\" NEWID=\"1\">\n\
        <DATE>26-FEB-1987 15:02:20.00</DATE>\n<UNKNOWN> \n&#5;&#5;F Y\n</UNKNOWN>\n<TEXT>&#2;\n\
        <TITLE>VENNBY &lt;VNB> BUYS A FERRY</TITLE>\n<AUTHOR>    by Ada Ruiz, Reuters</AUTHOR>\n\
        <DATELINE>    VENNBY, Feb 26 - </DATELINE><BODY>The port of Vennby said it would buy\n\
        a second-hand ferry for 40 mln dlrs to carry grain and cattle to\nthe islands in winter.\n    \
        The council voted nine to two for the purchase after a debate\nof six hours, it said.\n Reuter\n\
        &#3;</BODY></TEXT>\n</REUTERS>\n\
        <REUTERS TOPICS=\"NO\" LEWISSPLIT=\"TRAIN\" CGISPLIT=\"TRAINING-SET\" OLDID=\"92\" NEWID=\"2\">\n\
        <DATE>26-FEB-1987 15:40:01.12</DATE>\n<TEXT>&#2;\n\
        <TITLE>VENNBY &lt;VNB> BUYS A FERRY, TO SAIL IN MAY</TITLE>\n\
        <DATELINE>    VENNBY, Feb 26 - </DATELINE><BODY>The port of Vennby said it would buy\n\
        a second-hand ferry for 40 mln dlrs to carry grain and cattle to\nthe islands in winter.\n    \
        The council voted nine to two for the purchase after a debate\nof six hours, it said.\n    \
        Caf\u{e9} owners cheered.\n Reuter\n&#3;</BODY></TEXT>\n</REUTERS>\n\
        <REUTERS TOPICS=\"NO\" LEWISSPLIT=\"TRAIN\" CGISPLIT=\"TRAINING-SET\" OLDID=\"93\" NEWID=\"3\">\n\
        <DATE>27-FEB-1987 09:00:00.00</DATE>\n<TEXT TYPE=\"BRIEF\">&#2;\n<TITLE>LUND RAISES PRIME RATE\n\
        </TITLE>\n</TEXT>\n</REUTERS>\n";

    fn write(folder: &Path, path: &str, bytes: impl AsRef<[u8]>) {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// Writes a made sample of each set.
    fn sample() -> tempfile::TempDir {
        let made = tempfile::tempdir().unwrap();
        let latin: Vec<u8> = ITEMS.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        write(made.path(), "sets/reuters21578/reut2-000.sgm", latin);
        let article = |source: &str, title: &str| {
            serde_json::json!({ "uuid": "u", "main-event": "e", "main-entities": [], "source": source,
                "url": format!("https://www.{source}.example/1"), "date": "2010-12-01", "title": title,
                "triplet-uuid": "t", "body-paragraphs": [["Quayton closed its port. ", "Ruiz said so."]] })
        };
        for (number, source) in ["fox", "NYT"].iter().enumerate() {
            let file = format!("sets/BASIL/articles/2010/t_{}.json", number + 1);
            write(made.path(), &file, article(source, "Quayton closes port").to_string());
        }
        for (topic, word) in [("1", "Vennby"), ("3", "Lund"), ("3", "Holm")] {
            let tokens = ["http", ":", "/", "/", "a.example", "/", "1"].map(|it| (0, it));
            let tokens =
                [&tokens[..], &[(1, word), (1, "votes"), (2, word), (2, "&amp;"), (2, ".")]];
            let lines: Vec<String> = tokens
                .concat()
                .iter()
                .enumerate()
                .map(|(at, (sentence, token))| {
                    format!("  <token t_id=\"{at}\" sentence=\"{sentence}\" number=\"0\">{token}</token>")
                })
                .collect();
            let file =
                format!("sets/EventStoryLine/annotated_data/v1.5/{topic}/{topic}_{word}.xml.xml");
            let dated = "    <TIME_DATE m_id=\"3\" DCT=\"TRUE\" value=\"2013-05-03T16:56Z\">";
            let head = "<?xml version='1.0' encoding='UTF-8'?>\n<Document doc_name=\"x.xml\">";
            write(made.path(), &file, format!("{head}\n{}\n{dated}\n", lines.join("\n")));
        }
        for set in &SETS {
            write(made.path(), &format!("labels/{}.tsv", set.name), "a\tb\tlabel\tkind\n");
        }
        made
    }

    #[test]
    fn the_formats_of_the_sets_are_read() {
        let made = sample();
        let sets = made.path().join("sets");
        let [first, second, brief] = &reuters(&sets.join("reuters21578")).unwrap()[..] else {
            panic!("three items")
        };
        let (first, second) = (&first.0, &second.0);
        assert_eq!(
            (first.id.as_str(), first.title.as_deref()),
            ("1", Some("VENNBY <VNB> BUYS A FERRY"))
        );
        assert_eq!(first.author.as_deref(), Some("by Ada Ruiz, Reuters"));
        assert_eq!(first.published.unwrap().to_string(), "1987-02-26T15:02:20Z");
        assert!(first.text.starts_with(
            "VENNBY, Feb 26 - The port of Vennby said it would buy a second-hand ferry"
        ));
        assert!(
            first.text.ends_with(
                "in winter.\nThe council voted nine to two for the purchase after a \
            debate of six hours, it said. Reuter"
            ),
            "{}",
            first.text
        );
        assert!(second.text.contains("Café owners cheered."), "{}", second.text);
        assert_eq!((brief.0.text.as_str(), &brief.1), ("", &None));

        let article = &basil(&sets.join("BASIL")).unwrap()[1];
        assert_eq!((article.0.id.as_str(), article.0.outlet.as_deref()), ("t_2", Some("nyt")));
        assert_eq!(article.0.text, "Quayton closed its port. Ruiz said so.");
        assert_eq!(article.0.published.unwrap().to_string(), "2010-12-01T00:00:00Z");
        assert_eq!(article.1.as_deref(), Some("t"));

        let text = &event_story_line(&sets.join("EventStoryLine")).unwrap()[1];
        assert_eq!((text.0.id.as_str(), text.1.as_deref()), ("3_Holm", Some("3")));
        assert_eq!(
            (text.0.title.as_deref(), text.0.text.as_str()),
            (Some("Holm votes"), "Holm &.")
        );
        assert_eq!(text.0.url.as_deref(), Some("http://a.example/1"));
        assert_eq!(text.0.outlet.as_deref(), Some("a.example"));
        assert_eq!(text.0.published.unwrap().to_string(), "2013-05-03T16:56:00Z");
    }

    #[test]
    fn a_set_without_labels_says_so_and_one_with_labels_has_rows() {
        let made = sample();
        let [sets, labels] = ["sets", "labels"].map(|it| made.path().join(it));
        let told = tables(&sets, &labels).unwrap();
        let has = |output: &str, row: &str| assert!(output.contains(row), "{row}\n{output}");
        has(&told, "reuters-21578: 3 texts, SHA-256 ");
        has(&told, "reuters-21578: no pairs are labelled yet\n");
        has(&told, "| basil (2 texts, 1 happenings) | passages | 1 | 0 | 0 |");
        has(&told, "| event-story-line (3 texts, 2 happenings) | titles alone | ");
        write(&labels, "reuters-21578.tsv", "a\tb\tlabel\tkind\n1\t2\tR\tlater\n");
        let labelled = tables(&sets, &labels).unwrap();
        has(&labelled, "| reuters-21578 | passages | at arrival | 1 | 0 | 0 | 1.000 (0.21–1.00) |");
        has(&labelled, "| reuters-21578 | exact | all | 0 | 0 | 1 |");
    }

    #[test]
    fn a_mistake_is_named_with_its_place() {
        let made = sample();
        let [sets, labels] = ["sets", "labels"].map(|it| made.path().join(it));
        let error = |folder: &Path| format!("{:#}", tables(folder, &labels).unwrap_err());
        assert!(error(made.path()).contains("none of reuters21578, BASIL, EventStoryLine"));
        write(&labels, "basil.tsv", "a\tb\tlabel\tkind\nt_1\tt_9\tR\tcopy\n");
        assert!(error(&sets).ends_with("basil.tsv:2: no article \"t_9\""), "{}", error(&sets));
        write(&sets, "reuters21578/reut2-001.sgm", "<REUTERS TOPICS=\"NO\">");
        assert!(error(&sets).ends_with("reut2-001.sgm: item 1 has no NEWID"), "{}", error(&sets));
    }

    #[test]
    fn the_repository_has_a_file_of_labels_for_each_set() {
        for set in &SETS {
            let path = tree::root().join(format!("xtask/labels/{}.tsv", set.name));
            assert!(read(&path).unwrap().starts_with("a\tb\tlabel\tkind\n"), "{}", set.name);
        }
    }
}
