//! Whether a licence is allowed: SPDX expressions, as far as manifests of crates use them.

use std::collections::BTreeSet;

/// Whether an expression such as `MIT OR (Apache-2.0 AND ISC)` allows a choice of licences that are all
/// allowed. False for an invalid expression.
pub(super) fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    // Old manifests separate alternatives by a slash.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut parser = Parser { words: &words, allowed };
    parser.any() == Some(true) && parser.words.is_empty()
}

struct Parser<'a> {
    words: &'a [&'a str],
    allowed: &'a BTreeSet<String>,
}

impl<'a> Parser<'a> {
    fn any(&mut self) -> Option<bool> {
        let mut allowed = self.all()?;
        while self.skip("OR") {
            allowed |= self.all()?;
        }
        Some(allowed)
    }

    fn all(&mut self) -> Option<bool> {
        let mut allowed = self.one()?;
        while self.skip("AND") {
            allowed &= self.one()?;
        }
        Some(allowed)
    }

    fn one(&mut self) -> Option<bool> {
        if self.skip("(") {
            let allowed = self.any()?;
            return self.skip(")").then_some(allowed);
        }
        let name = self.next()?;
        match self.skip("WITH") {
            true => Some(self.allowed.contains(&format!("{name} WITH {}", self.next()?))),
            false => Some(self.allowed.contains(name)),
        }
    }

    fn skip(&mut self, word: &str) -> bool {
        let is_next = self.words.first() == Some(&word);
        if is_next {
            self.words = &self.words[1..];
        }
        is_next
    }

    fn next(&mut self) -> Option<&'a str> {
        let (first, rest) = self.words.split_first()?;
        self.words = rest;
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_chosen_from() {
        let allowed = ["MIT", "ISC", "Apache-2.0 WITH LLVM-exception"].map(str::to_owned).into();
        for good in [
            "MIT",
            "GPL-3.0-only OR MIT",
            "MIT/GPL-2.0",
            "ISC AND (MIT OR GPL-2.0)",
            "Apache-2.0 WITH LLVM-exception OR Apache-2.0",
        ] {
            assert!(is_allowed(good, &allowed), "{good}");
        }
        for bad in ["", "GPL-3.0-only", "MIT AND Apache-2.0", "Apache-2.0", "(MIT", "MIT MIT", "OR"]
        {
            assert!(!is_allowed(bad, &allowed), "{bad}");
        }
    }
}
