//! The reader never panics, and every message names a place.

use proptest::prelude::*;

use super::*;

fn read(text: &str) {
    let world = World::new(text);
    if let Err(error) = world.load() {
        assert!(!error.problems.is_empty());
        for line in error.to_string().lines() {
            assert!(line.contains("wirefold.toml:") || !line.contains(": "), "{line}\n{text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_text(text: String) {
        read(&text);
    }

    #[test]
    fn any_keys_and_values(
        lines in proptest::collection::vec(
            (
                "(data|window|text|feed|\\[feed\\]|\\[\\[feed\\]\\]|\\[page\\]|page.listen|url|id|on|hosts|\
                  \\[\\[subscription\\]\\]|query|quiet_hours|\\[detector\\]|text_store|bytes|\"\"|x)",
                "(1|-9999999999999|1e400|nan|true|\"\"|\"7d\"|\"https://a.example/\"|\\[\\]|\\[1, \\[2\\]\\]|\
                  \\{\\}|\\{ a = 1 \\}|2026-01-01|inf)",
            ),
            0..12,
        ),
    ) {
        let line = |(key, value): (String, String)| match key.starts_with('[') {
            true => format!("{key}\n"),
            false => format!("{key} = {value}\n"),
        };
        read(&lines.into_iter().map(line).collect::<String>());
    }
}
