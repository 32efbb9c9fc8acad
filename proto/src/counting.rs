//! Numbers for people.

/// A number with its noun: `1 story`, `2,014 stories`.
#[must_use]
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number, ','), if number == 1 { one } else { many })
}

/// A number in groups of three digits: `12,345`.
#[must_use]
pub fn grouped(number: u64, between: char) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3 * between.len_utf8());
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(between);
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_groups_of_three_digits() {
        assert_eq!(grouped(1_234_567, ','), "1,234,567");
        assert_eq!(grouped(12, ','), "12");
        assert_eq!(
            (count(1, "copy", "copies"), count(2_000, "copy", "copies")),
            ("1 copy".to_owned(), "2,000 copies".to_owned())
        );
    }
}
