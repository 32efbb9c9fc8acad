//! The agency behind a text: the one that it names, or else the one that texts with shared passages name.
//!
//! Traces of agencies in a text and its relatives come in; one agency and how sure it is go out.

use wirefold_text::extract::{AgencyTrace, Trace};

/// How an agency is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum How {
    /// Byline, dateline, credit or copyright line.
    Credited,
    /// Somebody "told" the agency.
    Mentioned,
    /// Passages shared with a text that credits or mentions it.
    Inferred,
}

/// How sure that is, in a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Confidence {
    /// The text says so.
    Certainly,
    /// Most of the text, or what only the agency's own text would say.
    Probably,
    /// A substantial part of the text.
    Possibly,
}

/// The agency behind a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agency<D> {
    /// Its short name.
    pub name: &'static str,
    /// How it is known.
    pub how: How,
    /// How sure that is.
    pub confidence: Confidence,
    /// The article whose shared passages say so, where it is inferred.
    pub through: Option<D>,
}

/// A text that shares passages with the one in question.
#[derive(Debug, Clone, Copy)]
pub struct Kin<'a, D> {
    /// The other article.
    pub doc: D,
    /// What it says of itself.
    pub traces: &'a [AgencyTrace],
    /// Whether most of the text in question stands in it, rather than a part.
    pub is_reprint: bool,
    /// Words in common.
    pub shared_words: u32,
}

/// What a text says of itself.
#[must_use]
pub fn own_agency<D>(traces: &[AgencyTrace]) -> Option<Agency<D>> {
    let trace = traces.first()?;
    let (how, confidence) = match trace.trace {
        Trace::Credited => (How::Credited, Confidence::Certainly),
        Trace::Mentioned => (How::Mentioned, Confidence::Probably),
    };
    Some(Agency { name: trace.agency, how, confidence, through: None })
}

/// What the texts that share passages with one say of it: a reprint before a part, then a credit
/// before a mention, then most words, then the first article.
#[must_use]
pub fn inferred_agency<'a, D: Copy + Ord + 'a>(
    relatives: impl Iterator<Item = Kin<'a, D>>,
) -> Option<Agency<D>> {
    let said = relatives.filter_map(|kin| kin.traces.first().map(|trace| (kin, trace)));
    let (best, said) = said.min_by_key(|(kin, trace)| {
        (!kin.is_reprint, trace.trace, std::cmp::Reverse(kin.shared_words), kin.doc)
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
        let relative =
            |doc, is_reprint| Kin { doc, traces: &mentions, is_reprint, shared_words: 90 };
        let found = inferred_agency([relative(3, false), relative(5, true)].into_iter());
        let found = found.map(|a| (a.name, a.how, a.confidence, a.through));
        assert_eq!(found, Some(("AP", How::Inferred, Confidence::Probably, Some(5))));
    }
}
