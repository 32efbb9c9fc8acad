//! Finds the agency behind a text: the one that it names, or else the one that texts with shared
//! passages name.
//!
//! Input: the agencies that a text and its relatives credit or mention. Output: one agency and how
//! sure that is.

use wirefold_text::extract::{AgencyTrace, Trace};

/// The evidence for an agency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// A byline, dateline, credit line or copyright line names it.
    Credited,
    /// The text says that somebody "told" the agency.
    Mentioned,
    /// The text shares passages with a text that credits or mentions it.
    Inferred,
}

/// How sure the agency is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// The text credits it.
    Certainly,
    /// The text mentions it, or most of the text is in another text that credits or mentions it.
    Probably,
    /// A substantial part of the text is in another text that credits or mentions it.
    Possibly,
}

/// The agency behind a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agency<D> {
    /// Its short name.
    pub name: &'static str,
    /// The evidence.
    pub how: How,
    /// How sure it is.
    pub confidence: Confidence,
    /// If it is inferred, the article that credits or mentions it.
    pub through: Option<D>,
}

/// An article that shares passages with the one whose agency is sought.
#[derive(Debug, Clone, Copy)]
pub(crate) struct RelatedArticle<'a, D> {
    /// The other article.
    pub doc: D,
    /// The agencies that it credits or mentions.
    pub traces: &'a [AgencyTrace],
    /// Whether it has most of the text whose agency is sought, rather than a part.
    pub is_reprint: bool,
    /// The number of shared words.
    pub shared_words: u32,
}

/// The agency that a text itself credits or mentions, given its traces in order of importance.
#[must_use]
pub fn own_agency<D>(traces: &[AgencyTrace]) -> Option<Agency<D>> {
    let trace = traces.first()?;
    let (how, confidence) = match trace.trace {
        Trace::Credited => (How::Credited, Confidence::Certainly),
        Trace::Mentioned => (How::Mentioned, Confidence::Probably),
    };
    Some(Agency { name: trace.agency, how, confidence, through: None })
}

/// The agency that is inferred from texts with shared passages. It takes a reprint before a part,
/// then a credit before a mention, then the text with most shared words, then the first article.
#[must_use]
pub(crate) fn inferred_agency<'a, D: Copy + Ord + 'a>(
    relatives: impl Iterator<Item = RelatedArticle<'a, D>>,
) -> Option<Agency<D>> {
    let said = relatives.filter_map(|related| related.traces.first().map(|trace| (related, trace)));
    let (best, said) = said.min_by_key(|(related, trace)| {
        (!related.is_reprint, trace.trace, std::cmp::Reverse(related.shared_words), related.doc)
    })?;
    let confidence = if best.is_reprint { Confidence::Probably } else { Confidence::Possibly };
    Some(Agency { name: said.agency, how: How::Inferred, confidence, through: Some(best.doc) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wirefold_text::Text;
    use wirefold_text::extract::agencies;

    #[test]
    fn a_reprint_of_a_mention_is_probably_that_agency() {
        let mentions = agencies(&Text::new("An aide told The Associated Press that it is so."));
        let own: Option<Agency<u32>> = own_agency(&mentions);
        assert_eq!(own.map(|a| (a.name, a.how)), Some(("AP", How::Mentioned)));
        let related = |doc, is_reprint| RelatedArticle {
            doc,
            traces: &mentions,
            is_reprint,
            shared_words: 90,
        };
        let found = inferred_agency([related(3, false), related(5, true)].into_iter());
        let found = found.map(|a| (a.name, a.how, a.confidence, a.through));
        assert_eq!(found, Some(("AP", How::Inferred, Confidence::Probably, Some(5))));
    }
}
