//! Makes ids from names and addresses.

/// The most bytes of an id.
const LONGEST: usize = 100;

/// A name as an id: lower-case ASCII letters and digits, the rest as single `-`.
///
/// Other letters become the hexadecimal digits of their code point, so that every name with letters has
/// an id, and two names of one alphabet have different ids.
#[must_use]
pub fn of_name(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if c.is_alphanumeric() {
            slug.push_str(&format!("{:x}", u32::from(c)));
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    cut(&slug)
}

/// A feed's address as an id: its host without `www.`, its path and query.
#[must_use]
pub fn of_address(url: &url::Url) -> String {
    let host = url.host_str().unwrap_or_default();
    let host = host.strip_prefix("www.").unwrap_or(host);
    let port = url.port().map(|port| format!("-{port}")).unwrap_or_default();
    let query = url.query().map(|query| format!("-{query}")).unwrap_or_default();
    of_name(&format!("{host}{port}{}{query}", url.path()))
}

fn cut(slug: &str) -> String {
    let end = slug.len().min(LONGEST);
    slug[..end].trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_addresses_become_ids() {
        assert_eq!(of_name("  Ferry strikes (north)! "), "ferry-strikes-north");
        assert_eq!(of_name("Ærø"), "e6rf8");
        assert_eq!(of_name("…"), "");
        assert_eq!(of_name(&"ab ".repeat(90)).len(), 100);
        let address = |text: &str| of_address(&text.parse().unwrap());
        assert_eq!(address("https://www.harbour.example/rss.xml"), "harbour-example-rss-xml");
        assert_eq!(
            address("https://harbour.example/feed/?tag=sea&n=2"),
            "harbour-example-feed-tag-sea-n-2"
        );
        assert_eq!(address("http://127.0.0.1:8080/"), "127-0-0-1-8080");
    }
}
