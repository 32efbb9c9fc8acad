//! The share of public items with a doc comment.

/// The number of public items, and of those with a doc comment.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(super) struct Documented {
    public: usize,
    documented: usize,
}

impl Documented {
    /// Counts the items. Re-exports have the comment of their item.
    pub(super) fn of<'a>(codes: impl Iterator<Item = &'a str>) -> Documented {
        let mut counted = Documented::default();
        for code in codes {
            counted.count(code);
        }
        counted
    }

    fn count(&mut self, code: &str) {
        let mut documented = false;
        for line in code.lines().map(str::trim) {
            let is_public = line.strip_prefix("pub ").is_some_and(|rest| !rest.starts_with("use "));
            if is_public && !line.starts_with("pub mod ") {
                self.public += 1;
                self.documented += usize::from(documented);
            }
            // Attributes are between a comment and its item.
            documented =
                line.starts_with("///") || (documented && !is_public && is_attribute(line));
        }
    }

    /// As a share, with the number of items.
    pub(super) fn summary(self) -> String {
        let share = 100.0 * self.documented as f64 / self.public.max(1) as f64;
        format!("{share:.1} % of {}", self.public)
    }
}

fn is_attribute(line: &str) -> bool {
    line.starts_with("#[") || line.ends_with(")]") || line.ends_with(',')
}

#[cfg(test)]
mod tests {
    use super::Documented;

    #[test]
    fn an_item_without_a_comment_is_counted_as_such() {
        let code = "/// A.\n#[derive(Debug)]\npub struct A {\n    /// B.\n    pub b: u8,\n    pub c: u8,\n}\n\
                    pub(crate) struct D;\npub use e;\npub mod f;\n";
        let expected = Documented { public: 3, documented: 2 };
        assert_eq!(Documented::of([code].into_iter()), expected);
        assert_eq!(expected.summary(), "66.7 % of 3");
    }
}
