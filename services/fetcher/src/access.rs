//! How to send requests to an address: with a login, under another user agent, through a proxy. The
//! settings and a request come in, a request goes out. Nothing here sends it.

use url::Url;
use wirefold_http_client::{Request, Secrets};

use crate::sites::is_one_site;

/// How addresses below a certain one are requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The address: the same origin, and a path that this one's begins.
    pub below: Url,
    /// Headers that are sent there, such as `Authorization`, and nowhere else.
    pub secrets: Secrets,
    /// What wirefold calls itself there.
    pub user_agent: Option<String>,
    /// The proxy that it goes through: `socks5h://` or `http://`.
    pub proxy: Option<Url>,
    /// Whether HTTP/2 and encoded bodies are left out.
    pub is_plain: bool,
}

impl Access {
    fn is_above(&self, url: &Url) -> bool {
        let (below, path) = (self.below.path(), url.path());
        let rest = path.strip_prefix(below.trim_end_matches('/'));
        let is_path = rest.is_some_and(|rest| {
            // What is named as a whole is a document or a folder, never the start of a name.
            rest.is_empty() || rest.starts_with('/')
        });
        self.below.origin() == url.origin() && is_path
    }
}

/// The request with the access that applies to its address: that with the longest path.
pub(crate) fn with_access(all: &[Access], request: Request) -> Request {
    let above = all.iter().filter(|access| access.is_above(&request.url));
    let Some(access) = above.max_by_key(|access| access.below.path().len()) else {
        return request;
    };
    let request = Request {
        secrets: access.secrets.clone(),
        proxy: access.proxy.clone(),
        is_plain: request.is_plain || access.is_plain,
        ..request
    };
    match &access.user_agent {
        Some(name) => request.with_header("User-Agent", name),
        None => request,
    }
}

/// The request as one to which the feed at `feed` leads. Its secrets are left out where that is
/// another site: logins are not for what strangers link or redirect to. And it reaches no private
/// network but that of the feed.
pub(crate) fn for_feed(request: Request, feed: &str) -> Request {
    let home = Url::parse(feed).ok();
    let is_own = home.as_ref().is_some_and(|own| is_one_site(own, &request.url));
    let secrets = if is_own { request.secrets } else { Secrets::default() };
    Request { secrets, home, ..request }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(below: &str, name: &str) -> Access {
        Access {
            below: below.parse().unwrap(),
            secrets: Secrets::default(),
            user_agent: Some(name.to_owned()),
            proxy: None,
            is_plain: false,
        }
    }

    #[test]
    fn the_closest_counts_and_no_stranger_has_any() {
        let all = [
            access("https://wire.example/", "site"),
            access("https://wire.example/desk/", "desk"),
            access("https://wire.example/one.xml", "one"),
        ];
        for (url, expected) in [
            ("https://wire.example/feed", Some("site")),
            ("https://wire.example/desk/feed?a=1", Some("desk")),
            ("https://wire.example/desk", Some("desk")),
            ("https://wire.example/desktop", Some("site")),
            ("https://wire.example/one.xml", Some("one")),
            ("https://wire.example/one.xmlx", Some("site")),
            ("http://wire.example/feed", None),
            ("https://wire.example:8443/feed", None),
            ("https://wire.example.evil.example/feed", None),
        ] {
            let request = with_access(&all, Request::get(url.parse().unwrap()));
            let name = request.headers.first().map(|(_, value)| value.as_str());
            assert_eq!(name, expected, "{url}");
        }
    }
}
