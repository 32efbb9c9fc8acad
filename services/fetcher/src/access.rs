//! How to request an address: with a login, under another user agent, through a proxy. A request comes
//! in, the request with these settings goes out.

use url::Url;
use wirefold_http_client::{Request, SecretHeaders};

use crate::sites::is_one_site;

/// How addresses below a certain one are requested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The settings apply to addresses of the same origin whose path begins with the path of this one.
    pub below: Url,
    /// Headers that are sent only there, such as `Authorization`.
    pub secrets: SecretHeaders,
    /// The `User-Agent` there.
    pub user_agent: Option<String>,
    /// The proxy: `socks5h://` or `http://`.
    pub proxy: Option<Url>,
    /// Whether to use compatibility mode: HTTP/1.1 without compression.
    pub is_plain: bool,
}

impl Access {
    fn is_above(&self, url: &Url) -> bool {
        let (below, path) = (self.below.path(), url.path());
        let rest = path.strip_prefix(below.trim_end_matches('/'));
        let is_path = rest.is_some_and(|rest| {
            // The path names a document or a folder, never the beginning of a name.
            rest.is_empty() || rest.starts_with('/')
        });
        self.below.origin() == url.origin() && is_path
    }
}

/// The request with the access settings for its address, those with the longest path.
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

/// The request for an address that came from the feed at `feed`. On another site, its secrets are
/// removed: strangers must not get logins by links or redirects. It may reach a private network only
/// if that is the feed's own.
pub(crate) fn for_feed(request: Request, feed: &str) -> Request {
    let home = Url::parse(feed).ok();
    let is_own = home.as_ref().is_some_and(|own| is_one_site(own, &request.url));
    let secrets = if is_own { request.secrets } else { SecretHeaders::default() };
    Request { secrets, home, ..request }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn access(below: &str, name: &str) -> Access {
        Access {
            below: below.parse().unwrap(),
            secrets: SecretHeaders::default(),
            user_agent: Some(name.to_owned()),
            proxy: None,
            is_plain: false,
        }
    }

    #[test]
    fn the_longest_path_applies_and_only_to_its_origin() {
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
