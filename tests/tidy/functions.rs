//! Finds functions and their lengths in code formatted by rustfmt.
//!
//! There is no parser: a function starts at a line that declares one and ends at the next line with only a
//! closing brace at the same depth. The length is counted from the declaration to the brace with blank lines
//! and comments, because a reader scrolls past those too.

/// A function with a body.
pub(crate) struct Function<'a> {
    pub(crate) name: &'a str,
    /// Where it is declared, counted from 1.
    pub(crate) line: usize,
    /// Lines after the declaration, the closing brace included; 1 for a function on one line.
    pub(crate) length: usize,
}

/// The functions in `code`, inner ones before outer ones.
pub(crate) fn functions(code: &str) -> Vec<Function<'_>> {
    let mut found = Vec::new();
    // Declared but not yet closed functions, outermost first, with their depths.
    let mut open: Vec<(usize, Function<'_>)> = Vec::new();
    for (index, line) in code.lines().enumerate() {
        let text = line.trim();
        let depth = line.len() - line.trim_start().len();
        if let Some(name) = declared(text) {
            open.retain(|(outer, _)| *outer < depth);
            let function = Function { name, line: index + 1, length: 1 };
            if text.ends_with('}') {
                found.push(function);
            } else {
                open.push((depth, function));
            }
        } else if text == "}" {
            // Deeper ones were declarations without a body.
            open.retain(|(outer, _)| *outer <= depth);
            if let Some((_, mut function)) = open.pop_if(|(outer, _)| *outer == depth) {
                function.length = index + 1 - function.line;
                found.push(function);
            }
        }
    }
    found
}

/// The name, if this line declares a function with a body or begins to do so.
fn declared(text: &str) -> Option<&str> {
    let mut rest = text;
    if let Some(public) = rest.strip_prefix("pub") {
        let scope_end = if public.starts_with('(') { public.find(')')? + 1 } else { 0 };
        rest = public[scope_end..].strip_prefix(' ')?;
    }
    while let Some(word_end) = rest.find(' ') {
        let word = &rest[..word_end];
        rest = &rest[word_end + 1..];
        if word == "fn" {
            let is_part = |c: char| c.is_alphanumeric() || c == '_';
            let name = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
            return (!name.is_empty() && !text.ends_with(';')).then_some(name);
        }
        if !matches!(word, "async" | "const" | "unsafe") {
            return None;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::functions;

    #[track_caller]
    fn check(code: &str, expected: &[(&str, usize, usize)]) {
        let found = functions(code);
        let found: Vec<_> = found.iter().map(|f| (f.name, f.line, f.length)).collect();
        assert_eq!(found, expected, "{code}");
    }

    #[test]
    fn counts_from_the_declaration_to_its_brace() {
        check("fn a() {\n    b();\n}\n", &[("a", 1, 2)]);
        check("\npub(crate) const fn a(\n    b: u8,\n) {\n    c();\n}\n", &[("a", 2, 4)]);
        check("fn one() {}\nstruct S {\n    a: u8,\n}\n", &[("one", 1, 1)]);
        check("    async fn a() {\n        if b {\n        }\n    }\n", &[("a", 1, 3)]);
    }

    #[test]
    fn tells_inner_functions_from_outer_ones() {
        let code = "fn outer() {\n    fn inner() {\n        a();\n    }\n    inner();\n}\n";
        check(code, &[("inner", 2, 2), ("outer", 1, 5)]);
    }

    #[test]
    fn leaves_out_declarations_without_a_body() {
        let code =
            "trait T {\n    fn a(&self);\n    fn b(\n        &self,\n    );\n}\nfn c() {\n}\n";
        check(code, &[("c", 7, 1)]);
        check("// pub fn told(\nlet function = fn_name();\n", &[]);
    }
}
