//! Figures in texts: where they stand, and their role.

use std::ops::Range;

use wirefold_proto::FigureRole;
use wirefold_text::extract::{Number, Role, numbers, reach, role};
use wirefold_text::{Span, Text};

/// A number with its role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Figure {
    pub(super) role: Option<FigureRole>,
    pub(super) number: Number,
}

/// The figures of a text.
pub(super) fn figures_of(text: &Text) -> Vec<Figure> {
    let all = numbers(text, 0..text.words().len());
    let figure = |(at, number): (usize, &Number)| {
        let span_of = |place: usize| all.get(place).map(|other| other.span);
        let before = at.checked_sub(1).and_then(span_of).map_or(0, |span| span.end);
        let behind = span_of(at + 1).map_or(text.original().len(), |span| span.start);
        let role = role_at(text.original(), number.span, before..behind);
        Figure { role, number: number.clone() }
    };
    all.iter().enumerate().map(figure).collect()
}

/// The word for the people of a role.
pub(super) fn label(role: FigureRole) -> &'static str {
    match role {
        FigureRole::Killed => "dead",
        FigureRole::Injured => "injured",
        FigureRole::Missing => "missing",
        FigureRole::Arrested => "arrested",
        FigureRole::Rescued => "rescued",
        FigureRole::Displaced => "evacuated",
    }
}

/// Words for missing people who were found.
pub(super) const FOUND: [&str; 17] = [
    "found", "alive", "safe", "rescued", "gefunden", "gerettet", "lebend", "retrouv", "sains et",
    "encontrad", "trovat", "найден", "спасен", "عثر", "発見", "救出", "找到",
];

/// The role of the number at `span`. Only the text within `free` is searched, which has no other number.
pub(super) fn role_at(original: &str, span: Span, free: Range<usize>) -> Option<FigureRole> {
    let follows = reach(original.get(span.end..)?, free.end.checked_sub(span.end)?);
    let are_found = || {
        let ends_sentence = ['.', '!', '?', ';', '。', '！', '？', '؟', '\n'];
        let sentence = follows.split(ends_sentence).next().unwrap_or_default().to_lowercase();
        FOUND.iter().any(|word| sentence.contains(word))
    };
    match role(original.get(free.start..span.start)?, follows)? {
        Role::Killed => Some(FigureRole::Killed),
        Role::Injured => Some(FigureRole::Injured),
        Role::Missing => (!are_found()).then_some(FigureRole::Missing),
        Role::Arrested => Some(FigureRole::Arrested),
        Role::Rescued => Some(FigureRole::Rescued),
        Role::Displaced => Some(FigureRole::Displaced),
    }
}

#[cfg(test)]
mod figure_roles_tests {
    use wirefold_text::Text;

    use super::*;

    fn check(text: &str, expected: &[(&str, Option<&str>)]) {
        let all = figures_of(&Text::new(text));
        let found: Vec<(&str, Option<&str>)> =
            all.iter().map(|it| (it.number.value.as_str(), it.role.map(label))).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_nearest_word_says_what_is_counted() {
        check("14 dead, 28 injured", &[("14", Some("dead")), ("28", Some("injured"))]);
        check(
            "The quake killed 14 and injured 28; 3 are missing after 9 days.",
            &[("14", Some("dead")), ("28", Some("injured")), ("3", Some("missing")), ("9", None)],
        );
        check("Death toll rises to twenty-eight", &[("28", Some("dead"))]);
        check("The toll in Pell rises to 8", &[("8", Some("dead"))]);
        check("Pell has 61,000 people, last saw a killing", &[("61000", None)]);
        check(
            "Many died when 2 ships met; 40 are homeless",
            &[("2", None), ("40", Some("evacuated"))],
        );
        check("The line opens in 2027. Many died.", &[("2027", None)]);
        check("Two missing from the ferry are found alive", &[("2", None)]);
    }

    /// Prints how often the roles are those of the labelled sentences in `../shared`.
    #[test]
    fn the_roles_of_labelled_sentences() {
        let path =
            concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/suites/figures/sentences.jsonl");
        let Ok(lines) = std::fs::read_to_string(path) else {
            eprintln!("SKIPPED: no {path}");
            return;
        };
        let labels = [
            ("killed", FigureRole::Killed),
            ("injured", FigureRole::Injured),
            ("missing", FigureRole::Missing),
            ("arrested", FigureRole::Arrested),
            ("displaced", FigureRole::Displaced),
            ("rescued", FigureRole::Rescued),
        ];
        let (mut right, mut wrong, mut missed) = (0, Vec::new(), Vec::new());
        for line in lines.lines() {
            let sentence: serde_json::Value = serde_json::from_str(line).unwrap();
            let said = sentence["text"].as_str().unwrap();
            let found = figures_of(&Text::new(said));
            let mut expected: Vec<(FigureRole, f64)> = Vec::new();
            for figure in sentence["figures"].as_array().unwrap() {
                let role = labels.iter().find(|(name, _)| figure["role"] == *name);
                expected.extend(role.map(|(_, role)| (*role, figure["value"].as_f64().unwrap())));
            }
            for figure in &found {
                let Some(role) = figure.role else { continue };
                let value = figure.number.value.parse::<f64>().unwrap_or(f64::NAN);
                let place = expected
                    .iter()
                    .position(|(other, it)| *other == role && (it - value).abs() < 0.5);
                match place {
                    Some(at) => {
                        expected.swap_remove(at);
                        right += 1;
                    }
                    None => wrong.push(format!("{} {value}: {said}", label(role))),
                }
            }
            missed.extend(
                expected.iter().map(|(role, value)| format!("{} {value}: {said}", label(*role))),
            );
        }
        eprintln!("roles: {right} right, {} wrong, {} missed", wrong.len(), missed.len());
        eprintln!("wrong\n{}\nmissed\n{}", wrong.join("\n"), missed.join("\n"));
        assert!(right >= RIGHT && wrong.len() <= WRONG, "{right} right, {} wrong", wrong.len());
    }

    /// The least right roles, and the most wrong ones, of the labelled sentences.
    const RIGHT: usize = 49;
    const WRONG: usize = 2;

    #[test]
    fn other_languages_count_too() {
        check("Zahl der Toten steigt auf 28", &[("28", Some("dead"))]);
        check("Погибли 28 человек", &[("28", Some("dead"))]);
        check("死者28人", &[("28", Some("dead"))]);
        check("مقتل 28 شخصا", &[("28", Some("dead"))]);
    }
}
