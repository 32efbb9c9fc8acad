//! The corrections of an event, computed from its articles in the order in which they were seen.

use wirefold_text::Text;

use crate::note::{Note, NoteKind};
use crate::passage::{
    Passage, PassageState, carries_retracted, corrected_by_note, corrected_passages, passage_state,
};

/// The parts of an article of the event that corrections depend on.
#[derive(Debug, Default)]
pub struct Article<'a> {
    /// Its outlet.
    pub outlet: &'a str,
    /// The agency that it credits.
    pub agency: Option<&'a str>,
    /// Its story.
    pub story: u64,
    /// The index of the article that it is a new version of.
    pub version_of: Option<usize>,
    /// Its note.
    pub note: Option<Note>,
    /// Title and text. `None` if they are no longer stored.
    pub text: Option<Text>,
}

/// A correction or retraction, and the articles that still carry the old text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Correction {
    /// The index of the article with the note.
    pub by: usize,
    /// The index of the corrected article, if known.
    pub corrects: Option<usize>,
    /// The corrected passages. Empty for a retraction, or if they are not known.
    pub passages: Vec<Passage>,
    /// The articles that still carry the old text, the first seen first.
    pub carried: Vec<Carried>,
    /// The indices of the articles that have the new text, or have retracted it too.
    pub corrected: Vec<usize>,
}

/// An article that still carries the old text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried {
    /// Its index.
    pub article: usize,
    /// Whether it was seen after the correction.
    pub is_later: bool,
}

/// The corrections in these articles, the first seen first. Each note counts once, even if many
/// articles carry it.
#[must_use]
pub fn trace_corrections(articles: &[Article<'_>]) -> Vec<Correction> {
    let mut found: Vec<Correction> = Vec::new();
    for (by, article) in articles.iter().enumerate() {
        let Some(note) = &article.note else { continue };
        let mut correction = corrected(articles, by, note);
        if !found.iter().any(|other| is_same(articles, other, &correction)) {
            find_carriers(articles, &mut correction);
            found.push(correction);
        }
    }
    found
}

/// Whether two articles have the same correction: in the same words, or about the same passage.
fn is_same(articles: &[Article<'_>], one: &Correction, other: &Correction) -> bool {
    let letters = |at: usize| -> String {
        let words = articles[at].note.as_ref().map_or("", |note| note.whole.as_str());
        words.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let shares = |passage: &Passage| other.passages.iter().any(|it| it.words == passage.words);
    letters(one.by) == letters(other.by) || one.passages.iter().any(shares)
}

/// Finds the passages that a note corrects, and their article.
fn corrected(articles: &[Article<'_>], by: usize, note: &Note) -> Correction {
    let article = &articles[by];
    let mut correction = Correction { by, ..Correction::default() };
    let own = own_before(articles, by);
    if note.kind == NoteKind::Retraction {
        correction.corrects = own.first().copied();
        return correction;
    }
    let Some(after) = &article.text else { return correction };
    for at in own {
        let Some(before) = &articles[at].text else { continue };
        let mut passages = corrected_passages(before, after, note, article.version_of == Some(at));
        passages.extend(corrected_by_note(before, note).filter(|_| passages.is_empty()));
        if !passages.is_empty() || article.version_of == Some(at) {
            (correction.corrects, correction.passages) = (Some(at), passages);
            return correction;
        }
    }
    // The corrected article was never seen, but perhaps a copy of it was.
    let is_copy = |other: &Article<'_>| other.story == article.story && other.note.is_none();
    let mut copies = articles[..by].iter().filter(|other| is_copy(other));
    correction.passages = copies
        .find_map(|copy| {
            let passages = corrected_passages(copy.text.as_ref()?, after, note, false);
            (!passages.is_empty()).then_some(passages)
        })
        .unwrap_or_default();
    correction
}

/// The earlier articles of the same writer, the most likely one first: the article that this one is
/// a new version of, then those of its story, then the latest.
fn own_before(articles: &[Article<'_>], by: usize) -> Vec<usize> {
    let article = &articles[by];
    let is_own = |other: &Article<'_>| {
        other.outlet == article.outlet || (other.agency.is_some() && other.agency == article.agency)
    };
    let mut own: Vec<usize> = (0..by).filter(|at| is_own(&articles[*at])).collect();
    own.sort_by_key(|at| {
        let other = &articles[*at];
        let is_before = article.version_of == Some(*at);
        (!is_before, other.outlet != article.outlet, other.story != article.story, by - at)
    });
    own
}

/// Finds the articles that still carry the old text, and those that have the new one.
fn find_carriers(articles: &[Article<'_>], correction: &mut Correction) {
    let is_retraction =
        articles[correction.by].note.as_ref().is_some_and(|it| it.kind == NoteKind::Retraction);
    let report = correction.corrects.and_then(|at| articles[at].text.as_ref());
    for (at, article) in articles.iter().enumerate() {
        let is_replaced = articles.iter().any(|later| later.version_of == Some(at));
        // An outlet that corrects at another address leaves its old text unchanged and says so.
        let is_its_own = articles[at].outlet == articles[correction.by].outlet;
        let Some(text) = article.text.as_ref().filter(|_| !is_replaced && !is_its_own) else {
            continue;
        };
        let state = match (is_retraction, report) {
            (true, Some(report)) => of_retraction(report, articles, at),
            (true, None) => PassageState::Neither,
            (false, _) => of_passages(&correction.passages, article, text),
        };
        match state {
            PassageState::Old => {
                correction.carried.push(Carried { article: at, is_later: at > correction.by });
            }
            PassageState::New => correction.corrected.push(at),
            PassageState::Neither => {}
        }
    }
}

/// `New` if an article takes back this report, which its outlet had; other retractions are of other reports.
fn of_retraction(report: &Text, articles: &[Article<'_>], at: usize) -> PassageState {
    let article = &articles[at];
    let carries =
        |it: &Article<'_>| it.text.as_ref().is_some_and(|it| carries_retracted(report, it));
    let had = || articles[..at].iter().any(|it| it.outlet == article.outlet && carries(it));
    match article.note.as_ref().is_some_and(|note| note.kind == NoteKind::Retraction) {
        true if had() => PassageState::New,
        false if carries(article) => PassageState::Old,
        _ => PassageState::Neither,
    }
}

/// `Old` if the text has one passage in its old form.
fn of_passages(passages: &[Passage], article: &Article<'_>, text: &Text) -> PassageState {
    let each = passages.iter().map(|passage| passage_state(text, article.note.as_ref(), passage));
    each.min().unwrap_or(PassageState::Neither)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::note;

    const OLD: &str = "Eleven people died when a bus overturned at Brenmouth on Monday.\n\n\
        The road would stay closed for days, the governor said.\n\nA crane was on its way from the port.";
    const NOTE: &str = "\n\nCorrection: An earlier version said that 11 people died. Nine did.";

    fn article<'a>(outlet: &'a str, text: &str) -> Article<'a> {
        let note = note("", text, &[outlet]);
        Article { outlet, note, story: 1, text: Some(Text::new(text)), ..Article::default() }
    }

    fn new_text() -> String {
        OLD.replace("Eleven", "Nine") + NOTE
    }

    #[test]
    fn reports_copies_that_still_carry_the_old_passage() {
        let new = new_text();
        let version = Article { version_of: Some(0), ..article("post.example", &new) };
        let fixed = Article { version_of: Some(2), ..article("herald.example", &new) };
        let articles = [
            article("post.example", OLD),
            article("ledger.example", &format!("BRENMOUTH — {OLD}")),
            article("herald.example", OLD),
            article("times.example", "A bus fell over at Brenmouth, and many were hurt in it."),
            version,
            fixed,
            article("late.example", OLD),
        ];
        let found = trace_corrections(&articles);
        let [correction] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((correction.by, correction.corrects), (4, Some(0)));
        assert_eq!(correction.passages.len(), 1);
        let carried =
            [(1, false), (6, true)].map(|(article, is_later)| Carried { article, is_later });
        assert_eq!(correction.carried, carried);
        assert_eq!(correction.corrected, [5]);
    }

    #[test]
    fn traces_a_correction_at_another_address() {
        let own =
            "Correction: This article said earlier that 11 people died. The correct number is 9.";
        let articles = [
            article("post.example", OLD),
            article("ledger.example", OLD),
            Article { story: 2, ..article("post.example", own) },
        ];
        let found = trace_corrections(&articles);
        assert_eq!((found[0].by, found[0].corrects), (2, Some(0)));
        let carried: Vec<usize> = found[0].carried.iter().map(|it| it.article).collect();
        assert_eq!(carried, [1]);
    }

    #[test]
    fn reports_articles_that_still_carry_a_retracted_report() {
        let back = "Retraction: We withdraw our report on the bus at Brenmouth.";
        let articles = [
            article("post.example", OLD),
            article("ledger.example", OLD),
            article("times.example", "A bus fell over at Brenmouth, and many were hurt in it."),
            Article { story: 2, ..article("post.example", back) },
        ];
        let found = trace_corrections(&articles);
        assert_eq!((found[0].by, found[0].corrects), (3, Some(0)));
        let carried: Vec<usize> = found[0].carried.iter().map(|it| it.article).collect();
        assert_eq!(carried, [1]);
    }

    #[test]
    fn only_an_outlet_that_had_a_report_takes_it_back() {
        let back = "Retraction: We withdraw our report on the bus at Brenmouth.";
        let other =
            "A tram ran into a bakery at Quell, and the driver slept, a clerk said on Monday.";
        let articles = [
            article("post.example", OLD),
            article("ledger.example", OLD),
            article("times.example", other),
            article("post.example", back),
            article("ledger.example", "Retraction: We withdraw our report on a bus at Brenmouth."),
            article("times.example", "Retraction: We withdraw our report on the tram at Quell."),
        ];
        let found = trace_corrections(&articles);
        assert_eq!((found[0].by, &*found[0].corrected), (3, &[4][..]));
    }

    #[test]
    fn finds_an_unseen_report_by_its_copy() {
        let new = new_text();
        let articles = [article("ledger.example", OLD), article("post.example", &new)];
        let found = trace_corrections(&articles);
        assert_eq!((found[0].by, found[0].corrects), (1, None));
        assert_eq!(found[0].carried.len(), 1);
    }

    #[test]
    fn a_note_about_nothing_known_has_no_carriers() {
        let photo = format!("{OLD}\n\nCorrection: The photo showed another bus.");
        let version = Article { version_of: Some(0), ..article("post.example", &photo) };
        let found = trace_corrections(&[
            article("post.example", OLD),
            article("ledger.example", OLD),
            version,
        ]);
        assert_eq!((found[0].passages.len(), found[0].carried.len()), (0, 0));
        assert_eq!(
            trace_corrections(&[article("post.example", OLD), article("ledger.example", OLD)]),
            []
        );
    }

    #[test]
    fn accepts_articles_without_a_text() {
        let gone = Article { text: None, ..article("post.example", &new_text()) };
        let found = trace_corrections(&[article("ledger.example", OLD), gone]);
        assert_eq!((found.len(), found[0].carried.len()), (1, 0));
    }
}
