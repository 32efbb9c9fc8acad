//! Makes relative addresses absolute (RFC 3986, section 5). Accepts any text.

/// The parts of an address: RFC 3986, appendix B.
#[derive(Debug, Clone, Copy, Default)]
struct Parts<'a> {
    scheme: Option<&'a str>,
    authority: Option<&'a str>,
    path: &'a str,
    query: Option<&'a str>,
    fragment: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(address: &'a str) -> Self {
        let (rest, fragment) = split(address, '#');
        let (rest, query) = split(rest, '?');
        let (scheme, rest) = match rest.split_once(':') {
            Some((scheme, after)) if is_scheme(scheme) => (Some(scheme), after),
            _ => (None, rest),
        };
        let (authority, path) = match rest.strip_prefix("//") {
            Some(after) => {
                let end = after.find('/').unwrap_or(after.len());
                (Some(&after[..end]), &after[end..])
            }
            None => (None, rest),
        };
        Self { scheme, authority, path, query, fragment }
    }

    fn written(&self, path: &str) -> String {
        let mut address = String::new();
        if let Some(scheme) = self.scheme {
            address.push_str(scheme);
            address.push(':');
        }
        if let Some(authority) = self.authority {
            address.push_str("//");
            address.push_str(authority);
        }
        address.push_str(path);
        for (sign, part) in [('?', self.query), ('#', self.fragment)] {
            if let Some(part) = part {
                address.push(sign);
                address.push_str(part);
            }
        }
        address
    }
}

fn split(text: &str, sign: char) -> (&str, Option<&str>) {
    text.split_once(sign).map_or((text, None), |(before, after)| (before, Some(after)))
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
}

/// Resolves a reference against the address of its document. Without a base the reference stays
/// unchanged. Line breaks and tabs in it are removed.
#[must_use]
pub fn resolve(base: &str, reference: &str) -> String {
    let trimmed = reference.trim();
    let unwrapped: String;
    let address = if trimmed.contains(['\n', '\r', '\t']) {
        unwrapped = trimmed.replace(['\n', '\r', '\t'], "");
        unwrapped.as_str()
    } else {
        trimmed
    };
    let (outer, own) = (Parts::of(base), Parts::of(address));
    let has_no_hierarchy = outer.authority.is_none() && !outer.path.starts_with('/');
    if own.scheme.is_some() || base.is_empty() || (outer.scheme.is_some() && has_no_hierarchy) {
        return address.to_owned();
    }
    let mut joined = Parts { scheme: outer.scheme, ..own };
    let path = if own.authority.is_some() {
        own.path.to_owned()
    } else {
        joined.authority = outer.authority;
        if own.path.is_empty() {
            joined.query = own.query.or(outer.query);
            outer.path.to_owned()
        } else if own.path.starts_with('/') {
            without_dots(own.path)
        } else {
            let folder = outer.path.rfind('/').map_or("/", |at| &outer.path[..=at]);
            without_dots(&format!("{folder}{}", own.path))
        }
    };
    joined.written(&path)
}

/// A path without `.` and `..`: RFC 3986, section 5.2.4.
fn without_dots(path: &str) -> String {
    let mut result: Vec<&str> = Vec::new();
    let mut segments = path.split('/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                // The first is the empty one before the first slash.
                if segment == ".." && result.len() > 1 {
                    result.pop();
                }
                if is_last {
                    result.push("");
                }
            }
            _ => result.push(segment),
        }
    }
    result.join("/")
}

/// Whether an address can be fetched: `http` or `https`, with a host.
#[must_use]
pub fn is_web(address: &str) -> bool {
    let parts = Parts::of(address);
    let scheme = parts.scheme.unwrap_or_default();
    let is_http = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    is_http && parts.authority.is_some_and(|host| !host.is_empty())
}
#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The examples of RFC 3986, section 5.4.
    #[test]
    fn resolves_references_as_in_the_standard() {
        for (reference, expected) in [
            ("g:h", "g:h"),
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q#s"),
            ("g?y#s", "http://a/b/c/g?y#s"),
            (";x", "http://a/b/c/;x"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../../g", "http://a/g"),
            ("../../../g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g.", "http://a/b/c/g."),
            ("./../g", "http://a/b/g"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/./x", "http://a/b/c/g?y/./x"),
        ] {
            assert_eq!(resolve("http://a/b/c/d;p?q", reference), expected, "{reference}");
        }
    }

    #[test]
    fn sloppy_addresses_resolve_too() {
        assert_eq!(resolve("https://a.example", "b"), "https://a.example/b");
        assert_eq!(resolve("https://a.example/x", " /b\n c "), "https://a.example/b c");
        assert_eq!(resolve("", "../b"), "../b");
        assert_eq!(resolve("mailto:a@b", "c"), "c");
        assert_eq!(resolve("https://a.example/", "12:30"), "https://a.example/12:30");
        assert!(is_web("HTTPS://a.example/") && is_web("http://a"));
        assert!(!is_web("javascript:x") && !is_web("/a") && !is_web("http:///a"));
    }

    proptest! {
        #[test]
        fn accepts_any_text(base in "[a-z:/.?#é]{0,20}", reference in "[a-z:/.?#é ]{0,20}") {
            let once = resolve(&base, &reference);
            let is_absolute = Parts::of(&once).scheme.is_some();
            prop_assert!(!is_absolute || resolve("https://a.example/b", &once) == once);
        }
    }
}
