//! The words of a correction, and the figure that it corrects.

use wirefold_corrections::{Note as Found, NoteKind};
use wirefold_text::Text;
use wirefold_text::extract::numbers;

use super::figure_roles::{Role, role_at};

/// A note that corrects or clarifies a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Correction {
    /// The sentences of the note.
    pub(super) words: String,
    /// Whether it clarifies rather than corrects.
    pub(super) is_clarification: bool,
    /// Whether title or text begins with it. Then the whole article is a correction.
    pub(super) opens: bool,
    /// The wrong figure and the right one.
    pub(super) figure: Option<Corrected>,
}

/// A corrected figure.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Corrected {
    pub(super) role: Role,
    pub(super) old: String,
    pub(super) new: String,
}

impl Correction {
    /// The note with its figure.
    pub(super) fn of(found: Found) -> Self {
        let figure = figure(&found.whole);
        let is_clarification = found.kind == NoteKind::Clarification;
        Self { words: found.words, is_clarification, opens: found.opens, figure }
    }
}

/// The figure that a note corrects. The first sentence must say what was counted and the wrong number, the
/// second the right number and nothing else that is counted. None if there are more numbers.
fn figure(words: &str) -> Option<Corrected> {
    let text = Text::new(words);
    let all = numbers(&text, 0..text.words().len());
    let [old, new] = all.as_slice() else { return None };
    let sentences = text.sentences();
    let first = sentences.first()?.span;
    if !first.contains(old.span.start) || first.contains(new.span.start) {
        return None;
    }
    let original = text.original();
    let role = role_at(original, old.span, 0..new.span.start)?;
    let other = role_at(original, new.span, old.span.end..original.len());
    let is_same = other.is_none_or(|other| other == role);
    let are_counts = [old, new].iter().all(|it| it.value.parse::<u64>().is_ok());
    let (old, new) = (old.value.clone(), new.value.clone());
    (is_same && are_counts && old != new).then_some(Corrected { role, old, new })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_figure_of_the_same_role_is_put_right() {
        let check = |text: &str, expected: Option<(&str, &str)>| {
            let found = figure(text);
            let found = found.as_ref().map(|it| (it.old.as_str(), it.new.as_str()));
            assert_eq!(found, expected, "{text}");
        };
        let both = Some(("11", "9"));
        check("This article said earlier that 11 people died. The correct number is 9.", both);
        check("Eleven people were said to be dead. Nine people died.", both);
        check("It said that 11 people died. It was on Road 9, and 4 were hurt.", None);
        check("It said that 11 people died. In all, 9 were injured.", None);
        check("It gave the wrong Road, 11. The bus left Road 9.", None);
    }
}
