//! Compares a generated page of `docs` with its file.

/// Asserts that `docs/NAME` is this page. With `WIREFOLD_BLESS`, writes it first.
#[expect(clippy::disallowed_methods, reason = "a developer's switch, not a setting")]
pub(crate) fn assert_up_to_date(name: &str, page: &str) {
    let file = format!("../../docs/{name}");
    if std::env::var_os("WIREFOLD_BLESS").is_some() {
        std::fs::write(&file, page).expect("docs/ can be written where it is blessed");
    }
    let stored = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(stored == page, "docs/{name} is out of date: run with WIREFOLD_BLESS=1");
}
