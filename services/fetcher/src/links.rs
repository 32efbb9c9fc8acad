//! Links in `Link` headers (RFC 8288): feeds of a page.

use url::Url;
use wirefold_http_client::Response;

/// The most bytes of such headers that are read.
const MOST_BYTES: usize = 16 * 1024;
/// The media types of feeds.
const FEED_TYPES: [&str; 5] = [
    "application/rss+xml",
    "application/atom+xml",
    "application/feed+json",
    "application/rdf+xml",
    "application/json",
];

/// One link.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Link {
    target: String,
    relations: Vec<String>,
    media_type: Option<String>,
}

/// The feeds in the headers of the answer.
pub(crate) fn feeds(answer: &Response) -> Vec<String> {
    let is_feed = |link: &Link| {
        let is_type = |media_type: &String| FEED_TYPES.contains(&media_type.as_str());
        link.has("alternate") && link.media_type.as_ref().is_some_and(is_type)
    };
    let links = links(answer).into_iter().filter(is_feed);
    let mut feeds: Vec<String> =
        links.filter_map(|link| absolute(&answer.url, &link.target)).collect();
    feeds.dedup();
    feeds
}

impl Link {
    fn has(&self, relation: &str) -> bool {
        self.relations.iter().any(|known| known.eq_ignore_ascii_case(relation))
    }
}

fn absolute(base: &Url, target: &str) -> Option<String> {
    let url = base.join(target).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.to_string())
}

fn links(answer: &Response) -> Vec<Link> {
    let headers = answer.headers.iter().filter(|(name, _)| name.eq_ignore_ascii_case("link"));
    let mut left = MOST_BYTES;
    let mut found = Vec::new();
    for (_, value) in headers {
        if value.len() > left {
            break;
        }
        left -= value.len();
        found.extend(read(value));
    }
    found
}

/// Reads `<a>; rel="next"; type=b, <c>; rel=d`. Skips everything that is not of that form.
fn read(value: &str) -> Vec<Link> {
    let mut links = Vec::new();
    let mut rest = value;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let Some(end) = rest.find('>') else { break };
        let mut link = Link { target: rest[..end].trim().to_owned(), ..Link::default() };
        rest = &rest[end + 1..];
        while let Some(parameter) = rest.trim_start().strip_prefix(';') {
            rest = link.read_parameter(parameter);
        }
        links.push(link);
    }
    links
}

impl Link {
    /// Reads one parameter and returns the text after it.
    fn read_parameter<'a>(&mut self, text: &'a str) -> &'a str {
        let name_end = text.find(['=', ';', ',']).unwrap_or(text.len());
        let name = text[..name_end].trim().to_ascii_lowercase();
        let Some(after) = text[name_end..].strip_prefix('=') else { return &text[name_end..] };
        let after = after.trim_start();
        let (value, rest) = match after.strip_prefix('"') {
            Some(quoted) => {
                let end = quoted.find('"').unwrap_or(quoted.len());
                (&quoted[..end], quoted.get(end + 1..).unwrap_or_default())
            }
            None => {
                let end = after.find([';', ',']).unwrap_or(after.len());
                (after[..end].trim(), &after[end..])
            }
        };
        match name.as_str() {
            // The first parameter of a name counts.
            "rel" if self.relations.is_empty() => {
                self.relations = value.split_whitespace().map(str::to_owned).collect();
            }
            "type" if self.media_type.is_none() => {
                let essence = value.split(';').next().unwrap_or_default();
                self.media_type = Some(essence.trim().to_ascii_lowercase());
            }
            _ => {}
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(headers: &[&str]) -> Response {
        Response {
            status: 200,
            asked: "https://harbour.example/news/".parse().unwrap(),
            url: "https://harbour.example/news/".parse().unwrap(),
            redirects: Vec::new(),
            headers: headers.iter().map(|it| ("link".to_owned(), (*it).to_owned())).collect(),
            body: bytes::Bytes::new(),
        }
    }

    #[test]
    fn links_as_servers_write_them() {
        let answer = answer(&[
            "<https://harbour.example/wp-json/>; rel=\"https://api.w.org/\"",
            "</feed>; rel=alternate; type=\"application/rss+xml\"; title=\"A, b; c\", \
             <atom.xml>;rel=\"alternate home\";TYPE=application/atom+xml, </en>; rel=alternate; \
             hreflang=en, <javascript:1>; rel=alternate; type=application/rss+xml",
        ]);
        let expected = ["https://harbour.example/feed", "https://harbour.example/news/atom.xml"];
        assert_eq!(feeds(&answer), expected);
    }

    #[test]
    fn skips_invalid_links() {
        for header in ["", "<", "<a", "<a>;", "<a>; rel", "<a>; rel=", "a; rel=next", "<a>; =\""] {
            assert_eq!(feeds(&answer(&[header])), Vec::<String>::new(), "{header}");
        }
        let long = "y".repeat(MOST_BYTES);
        let long = format!("<a>; rel=alternate; type=application/rss+xml; x=\"{long}\"");
        assert_eq!(feeds(&answer(&[&long])), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(header in "(<|>|;|,|=|\"| |rel|type|next|é){0,40}") {
            let _ = feeds(&answer(&[&header]));
        }
    }
}
