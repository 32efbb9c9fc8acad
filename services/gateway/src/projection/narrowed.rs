//! The filter that lists of stories and lists of events share.

/// The filter by outlets and languages, as SQL with `:outlet`, `:language` and `:least`. `its` selects the
/// outlets of one row.
pub(super) fn by_outlets(
    its: &str,
    outlet: Option<&String>,
    language: Option<&String>,
    min_outlets: u32,
) -> Vec<String> {
    let mut conditions = Vec::new();
    if outlet.is_some() {
        conditions.push(format!("EXISTS (SELECT 1 {its} AND outlet = :outlet)"));
    }
    if language.is_some() {
        conditions.push(format!(
            "EXISTS (SELECT 1 {its} AND (language = :language
                OR substr(language, 1, length(:language) + 1) = :language || '-'))"
        ));
    }
    if min_outlets > 1 {
        conditions.push(format!("(SELECT count(DISTINCT outlet) {its}) >= :least"));
    }
    conditions
}

/// The conditions, to be added to others.
pub(super) fn and(conditions: &[String]) -> String {
    conditions.iter().map(|condition| format!(" AND {condition}")).collect()
}
