//! Words that say how sure a clause is of what it states: it is not so, or it may be so.

/// Whether a word in lower case denies the words behind it: `not`, `nobody`, `pas`.
fn denies(word: &str) -> bool {
    #[rustfmt::skip]
    const DENIALS: [&str; 22] = [
        "not", "no", "never", "nobody", "denies", "denied", "rejects", "without", "nicht", "niemand", "nie", "ne", "pas",
        "aucun", "aucune", "non", "nessuno", "nunca", "nadie", "niega", "não", "не",
    ];
    DENIALS.contains(&word) || word.starts_with("kein")
}

/// Whether a word in lower case says that something may be: `could`, `könnte`.
#[must_use]
pub fn is_possible(word: &str) -> bool {
    #[rustfmt::skip]
    const POSSIBLE: [&str; 21] = [
        "could", "can", "may", "might", "könnte", "könnten", "dürfte", "dürften", "pourrait", "pourraient", "podría", "podrían",
        "potrebbe", "potrebbero", "poderia", "poderiam", "puede", "pueden", "может", "могут", "могли",
    ];
    POSSIBLE.contains(&word)
}

/// Whether a text in lower case denies something, or says that it may be.
#[must_use]
pub fn is_uncertain(said: &str) -> bool {
    // `Pas-de-Calais` is one word.
    let is_inside = |c| matches!(c, '\'' | '’' | '-');
    let mut words = said.split(|c: char| !(c.is_alphanumeric() || is_inside(c)));
    words.any(|word| {
        let is_not =
            word.strip_suffix('t').is_some_and(|word| word.ends_with("n'") || word.ends_with("n’"));
        is_not || denies(word) || is_possible(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_denial_or_a_possibility_makes_a_clause_uncertain() {
        for said in
            ["nobody was hurt", "he hasn’t resigned", "keine verletzten", "n’a pas été arrêté"]
        {
            assert!(is_uncertain(said), "{said}");
        }
        for said in ["it could burst", "er könnte zurücktreten", "podría dimitir"] {
            assert!(is_uncertain(said), "{said}");
        }
        for said in ["pas-de-calais : deux", "nothing else", "the northern coast"] {
            assert!(!is_uncertain(said), "{said}");
        }
    }
}
