//! The language of an article: the language of its text, else the one that the feed or the page
//! declares.

use wirefold_language::{Method, identify};
use wirefold_proto::{FoundBy, Language, LanguageTag};

/// The language of a text with its title. `und` if neither text nor hint decides.
pub(crate) fn language(title: &str, text: &str, hint: Option<&LanguageTag>) -> Language {
    let declared = hint.map(LanguageTag::primary);
    let short = is_short(text).then(|| format!("{title}\n{text}"));
    let found = identify(short.as_deref().unwrap_or(text), declared);
    let how = match &found {
        Some(found) if found.by == Method::Script => FoundBy::Rule,
        Some(_) => FoundBy::Model,
        None => FoundBy::Declared,
    };
    match (found, hint) {
        // The hint is more specific if both agree: `pt-br`.
        (Some(found), Some(hint)) if is_same(hint.primary(), &found.code) => {
            Language { tag: hint.clone(), how }
        }
        (Some(found), _) => Language { tag: tag(&found.code), how },
        (None, Some(hint)) => Language { tag: hint.clone(), how },
        (None, None) => Language { tag: LanguageTag::unknown(), how: FoundBy::Model },
    }
}

/// Texts of fewer bytes are identified together with their title.
const SHORT: usize = 200;

fn is_short(text: &str) -> bool {
    text.len() < SHORT
}

/// Whether a declared language is the one found. Both forms of Norwegian are identified as one
/// language.
fn is_same(declared: &str, found: &str) -> bool {
    declared == found || (found == "no" && matches!(declared, "nb" | "nn"))
}

fn tag(code: &str) -> LanguageTag {
    code.parse().unwrap_or_else(|_| LanguageTag::unknown())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = "The harbour of the small town was closed on Monday after a night of heavy \
        storms, and the ferries stayed where they were.";

    fn check(text: &str, hint: Option<&str>, expected: (&str, FoundBy)) {
        let hint: Option<LanguageTag> = hint.map(|hint| hint.parse().unwrap());
        let found = language("", text, hint.as_ref());
        assert_eq!((found.tag.as_str(), found.how), expected, "{text}");
    }

    #[test]
    fn the_text_decides_then_the_hint() {
        check(ENGLISH, None, ("en", FoundBy::Model));
        check(ENGLISH, Some("de"), ("en", FoundBy::Model));
        check(ENGLISH, Some("en-gb"), ("en-gb", FoundBy::Model));
        check("Goal!", Some("pt-br"), ("pt-br", FoundBy::Declared));
        check("Goal!", None, ("und", FoundBy::Model));
        check("", None, ("und", FoundBy::Model));
    }

    #[test]
    fn a_short_text_is_read_with_its_title() {
        let told = |title, text| language(title, text, None).tag.as_str().to_owned();
        assert_eq!(told("", "12 h"), "und");
        assert_eq!(told("Ferries stay in harbour after night of storms", "12 h"), "en");
    }

    #[test]
    fn keeps_a_declared_form_of_norwegian() {
        let norwegian = "Fergene blir liggende i havnen etter nattens storm, sier politiet.";
        check(norwegian, None, ("no", FoundBy::Model));
        check(norwegian, Some("nb"), ("nb", FoundBy::Model));
        check(norwegian, Some("en"), ("no", FoundBy::Model));
    }

    #[test]
    fn scripts_without_spaces_and_without_capitals() {
        let chinese = "港口工人周四结束了罢工，船只重新开始装卸货物，市长对此表示欢迎，并感谢所有参与谈判的人。";
        check(chinese, None, ("zh", FoundBy::Rule));
        let german = "Der Hafen der kleinen Stadt wurde am Montag nach einer Nacht mit schweren Stürmen \
            geschlossen, und die Fähren blieben, wo sie waren.";
        check(german, None, ("de", FoundBy::Model));
        let ukrainian = "Порт невеликого міста закрили в понеділок після ночі сильних штормів, а пороми \
            залишилися на своїх місцях, повідомила адміністрація.";
        check(ukrainian, None, ("uk", FoundBy::Model));
    }
}
