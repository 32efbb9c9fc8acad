//! A text with other line ends, quotation marks or white space is the same text.

use wirefold_fold::{Class, CopyKind, EventId, StoryId, Verdict};

use super::orders;
use super::seeds::{check_folds, fixtures};
use super::stream::{Article, Judged};

type Dress = (&'static str, fn(&str) -> String);

/// Ways to write the same words.
const DRESSES: [Dress; 4] = [
    ("CRLF", |text| text.replace('\n', "\r\n")),
    ("straight quotes", straight),
    ("curly quotes", |text| curly(&straight(text))),
    ("decomposed", decomposed),
];

fn straight(text: &str) -> String {
    text.replace(['“', '”'], "\"").replace(['‘', '’'], "'")
}

/// Replaces straight quotation marks by curly ones according to the character before, like word processors.
fn curly(text: &str) -> String {
    let mut before = ' ';
    let mut turned = String::with_capacity(text.len());
    for c in text.chars() {
        let opens = before.is_whitespace() || "([—–“‘".contains(before);
        before = c;
        turned.push(match (c, opens) {
            ('"', true) => '“',
            ('"', false) => '”',
            ('\'', true) => '‘',
            ('\'', false) => '’',
            _ => c,
        });
    }
    turned
}

/// Decomposes the letters with a mark that the fixtures use most.
fn decomposed(text: &str) -> String {
    let pairs = [('é', "e\u{301}"), ('ö', "o\u{308}"), ('ü', "u\u{308}"), ('й', "и\u{306}")];
    pairs.iter().fold(text.to_owned(), |text, (whole, parts)| text.replace(*whole, parts))
}

fn dressed(articles: &[Article], dress: fn(&str) -> String) -> Vec<Article> {
    let change = |article: &Article| Article { text: dress(&article.text), ..article.clone() };
    articles.iter().map(change).collect()
}

/// Fails if a fixture in another form is not recognised as the same text.
#[track_caller]
fn check_exact((what, dress): Dress) {
    let bare = |id: &str, text: String| Article { id: id.into(), text, ..Article::default() };
    for article in fixtures() {
        let pair = [bare("a", article.text.clone()), bare("b", dress(&article.text))];
        let copy = &Judged::new(&pair, &[0, 1]).arrival[1].verdict;
        let exact = (Class::Copy, Some(CopyKind::Exact));
        assert_eq!((copy.class, copy.kind), exact, "{} in {what}", article.id);
    }
}

#[test]
fn every_fixture_is_an_exact_copy_of_itself_in_another_dress() {
    DRESSES.into_iter().for_each(check_exact);
}

#[test]
fn a_space_is_a_space_whatever_its_width() {
    check_exact(("no-break spaces", |text| text.replace(' ', "\u{a0}")));
    check_exact(("thin spaces", |text| text.replace(' ', "\u{2009}")));
    check_exact(("double spaces", |text| text.replace(' ', "  ")));
}

#[test]
fn a_stream_in_another_dress_folds_the_same() {
    let articles = fixtures();
    let order = orders::file(articles.len());
    for (what, dress) in DRESSES {
        let judged = Judged::new(&dressed(&articles, dress), &order);
        check_folds(&judged.arrival, &articles, what);
    }
}

/// The parts of a verdict other than numbers.
fn essence(verdict: &Verdict) -> (Class, Option<CopyKind>, StoryId, EventId, bool) {
    (verdict.class, verdict.kind, verdict.story, verdict.event, verdict.comparable)
}

#[test]
fn line_ends_change_no_verdict() {
    let articles = fixtures();
    let order = orders::file(articles.len());
    let plain = Judged::new(&articles, &order);
    let other = Judged::new(&dressed(&articles, DRESSES[0].1), &order);
    for ((one, two), article) in plain.arrival.iter().zip(&other.arrival).zip(&articles) {
        assert_eq!(essence(&one.verdict), essence(&two.verdict), "{}", article.id);
        assert_eq!(one.verdict.matches, two.verdict.matches, "{}", article.id);
        assert_eq!(one.verdict.simhash, two.verdict.simhash, "{}", article.id);
    }
}

#[test]
fn every_second_article_in_another_dress_folds_the_same() {
    let articles = fixtures();
    let order = orders::file(articles.len());
    for (what, dress) in DRESSES {
        let mut mixed = dressed(&articles, dress);
        for (number, article) in articles.iter().enumerate().step_by(2) {
            mixed[number] = article.clone();
        }
        check_folds(&Judged::new(&mixed, &order).arrival, &articles, what);
    }
}
