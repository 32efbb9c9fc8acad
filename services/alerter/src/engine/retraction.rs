//! Retractions: an outlet takes a report back.
//!
//! Only a title that begins with the word says so: a report about somebody else's retraction is news.

/// The reason for people.
pub(crate) const RETRACTED: &str = "retracted by who reported it";

/// Words with which a title takes a report back, in lower case.
const WORDS: [&str; 14] = [
    "retraction",
    "retracted",
    "withdrawn",
    "report withdrawn",
    "zurückgezogen",
    "rückzug des berichts",
    "rétractation",
    "retractación",
    "ritrattazione",
    "retratação",
    "опровержение",
    "撤回",
    "更正并撤回",
    "سحب الخبر",
];

/// Whether a title takes back what its outlet reported.
pub(super) fn is_retraction(title: &str) -> bool {
    let title = title.trim_start().to_lowercase();
    WORDS.iter().any(|word| {
        let behind = title.strip_prefix(word).and_then(|rest| rest.chars().next());
        behind.is_some_and(|next| matches!(next, ':' | '：' | '-' | '–' | '—'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_takes_back_retracts() {
        assert!(is_retraction("Retraction: Orla dam engineer was not arrested"));
        assert!(is_retraction("撤回：記事"));
        assert!(!is_retraction("Retraction of a study stirs Orla"));
        assert!(!is_retraction("Dam engineer arrested"));
    }
}
