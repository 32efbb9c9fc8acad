//! Links in `Link` headers (RFC 8288): feeds of a page.

use wirefold_feed::html::Link;
use wirefold_http_client::Response;

/// The most bytes of such headers that are read.
const MOST_BYTES: usize = 16 * 1024;
/// The feeds in the headers of the answer.
pub(crate) fn feeds(answer: &Response) -> Vec<String> {
    let links = links(answer).into_iter().filter(Link::is_feed);
    let urls = links.filter_map(|link| answer.url.join(&link.href).ok());
    let urls = urls.filter(|url| matches!(url.scheme(), "http" | "https"));
    let mut feeds: Vec<String> = urls.map(String::from).collect();
    feeds.dedup();
    feeds
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
        let mut link = Link { href: rest[..end].trim().to_owned(), ..Link::default() };
        rest = &rest[end + 1..];
        while let Some(parameter) = rest.trim_start().strip_prefix(';') {
            rest = read_parameter(&mut link, parameter);
        }
        links.push(link);
    }
    links
}

/// Reads one parameter and returns the text after it.
fn read_parameter<'a>(link: &mut Link, text: &'a str) -> &'a str {
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
    // The first parameter of a name counts.
    match name.as_str() {
        "rel" if link.relation.is_empty() => link.relation = value.to_ascii_lowercase(),
        "type" if link.media_type.is_empty() => link.media_type = value.to_ascii_lowercase(),
        _ => {}
    }
    rest
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
