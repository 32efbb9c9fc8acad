//! The cookies of one request and its redirects (RFC 6265). Nothing is kept after it.
//!
//! Some servers redirect to the same address until a cookie comes back.

use reqwest::header::{HeaderMap, SET_COOKIE};
use url::{Host, Url};

/// The most cookies of one chain, and the most bytes of one.
const MOST: usize = 50;
const LONGEST: usize = 4096;

#[derive(Debug)]
struct Cookie {
    name: String,
    value: String,
    /// The host that it is for, or with `is_for_subdomains` the domain.
    domain: String,
    is_for_subdomains: bool,
    path: String,
    is_secure: bool,
}

/// The cookies that the responses of a chain have set.
#[derive(Debug, Default)]
pub(crate) struct Cookies(Vec<Cookie>);

impl Cookies {
    /// Adds the cookies that a response of this address sets.
    pub(crate) fn add(&mut self, url: &Url, headers: &HeaderMap) {
        let written = headers.get_all(SET_COOKIE).iter();
        let written = written.filter(|value| value.len() <= LONGEST);
        for text in written.filter_map(|value| value.to_str().ok()) {
            let Some((cookie, is_deleted)) = parse(url, text) else { continue };
            let is_same = |other: &Cookie| {
                (&other.name, &other.domain, &other.path)
                    == (&cookie.name, &cookie.domain, &cookie.path)
            };
            self.0.retain(|other| !is_same(other));
            if !is_deleted && self.0.len() < MOST {
                self.0.push(cookie);
            }
        }
    }

    /// Whether no cookie was set.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of the `Cookie` header of a request to this address, after the cookies that it has `own`. `None` if there
    /// are no cookies.
    pub(crate) fn header(&self, url: &Url, own: Option<&str>) -> Option<String> {
        let host = url.host_str()?;
        let fits = |cookie: &&Cookie| {
            let is_of_host = match cookie.is_for_subdomains {
                true => is_within(host, &cookie.domain),
                false => host == cookie.domain,
            };
            let rest = url.path().strip_prefix(cookie.path.as_str());
            let is_of_path = rest.is_some_and(|rest| {
                cookie.path.ends_with('/') || rest.is_empty() || rest.starts_with('/')
            });
            is_of_host && is_of_path && (!cookie.is_secure || url.scheme() == "https")
        };
        let mut cookies: Vec<&Cookie> = self.0.iter().filter(fits).collect();
        cookies.sort_by_key(|cookie| std::cmp::Reverse(cookie.path.len()));
        let pairs = cookies.iter().map(|cookie| format!("{}={}", cookie.name, cookie.value));
        let all: Vec<String> = own.map(str::to_owned).into_iter().chain(pairs).collect();
        (!all.is_empty()).then(|| all.join("; "))
    }
}

/// A cookie, and whether it is to be deleted. `None` if the address may not set it.
fn parse(url: &Url, text: &str) -> Option<(Cookie, bool)> {
    let mut parts = text.split(';').map(str::trim);
    let (name, value) = parts.next()?.split_once('=')?;
    let host = url.host_str()?;
    let folder = url.path().rsplit_once('/').map_or("/", |(folder, _)| folder);
    let mut cookie = Cookie {
        name: name.trim().to_owned(),
        value: value.trim().to_owned(),
        domain: host.to_owned(),
        is_for_subdomains: false,
        path: if folder.is_empty() { "/" } else { folder }.to_owned(),
        is_secure: false,
    };
    let mut is_deleted = false;
    for part in parts {
        let (attribute, wanted) = part.split_once('=').unwrap_or((part, ""));
        match attribute.trim().to_ascii_lowercase().as_str() {
            "domain" => {
                let domain = wanted.trim().trim_start_matches('.').to_ascii_lowercase();
                if domain.is_empty() || domain == host {
                    continue;
                }
                // A name without a dot is a whole top-level domain.
                if !domain.contains('.')
                    || !matches!(url.host(), Some(Host::Domain(_)))
                    || !is_within(host, &domain)
                {
                    return None;
                }
                (cookie.domain, cookie.is_for_subdomains) = (domain, true);
            }
            "path" if wanted.starts_with('/') => wanted.clone_into(&mut cookie.path),
            "secure" => cookie.is_secure = true,
            "max-age" => is_deleted = wanted.trim().parse::<i64>().is_ok_and(|age| age <= 0),
            // The year with which servers delete a cookie.
            "expires" => is_deleted |= wanted.contains("1970"),
            _ => {}
        }
    }
    (!cookie.name.is_empty()).then_some((cookie, is_deleted))
}

fn is_within(host: &str, domain: &str) -> bool {
    host == domain || host.strip_suffix(domain).is_some_and(|rest| rest.ends_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cookie_goes_back_to_its_host_path_and_scheme() {
        let check = |set: &str, to: &str, expected: Option<&str>| {
            let mut cookies = Cookies::default();
            let headers = [(SET_COOKIE, set.parse().unwrap())].into_iter().collect();
            cookies.add(&Url::parse("https://www.a.example/x/y").unwrap(), &headers);
            let sent = cookies.header(&Url::parse(to).unwrap(), None);
            assert_eq!(sent.as_deref(), expected, "{set} to {to}");
        };
        check("s=1", "https://www.a.example/x/z", Some("s=1"));
        check("s=1", "https://www.a.example/z", None);
        check("s=1; Path=/", "http://www.a.example/z", Some("s=1"));
        check("s=1; Path=/; Secure", "http://www.a.example/z", None);
        check("s=1; Path=/z", "https://www.a.example/zz", None);
        check("s=1; Path=/", "https://a.example/", None);
        check("s=1; Path=/; Domain=.a.example", "https://m.a.example/", Some("s=1"));
        check("s=1; Path=/; Domain=a.example", "https://ba.example/", None);
        check("s=1; Path=/; Domain=example", "https://b.example/", None);
        check("s=1; Path=/; Domain=b.example", "https://www.a.example/", None);
        check("s=a=b; Path=/; HttpOnly; SameSite=Lax", "https://www.a.example/", Some("s=a=b"));
        check("s=1; Path=/; Max-Age=0", "https://www.a.example/", None);
        check("=1; Path=/", "https://www.a.example/", None);
    }

    #[test]
    fn the_last_value_counts_and_the_longest_path_comes_first() {
        let mut cookies = Cookies::default();
        let url = Url::parse("https://a.example/x/y").unwrap();
        for set in ["s=1; Path=/", "s=2; Path=/", "t=3"] {
            cookies.add(&url, &[(SET_COOKIE, set.parse().unwrap())].into_iter().collect());
        }
        assert_eq!(cookies.header(&url, Some("own=0")).as_deref(), Some("own=0; t=3; s=2"));
        let by_date = "u=; Path=/; Expires=Thu, 01-Jan-1970 00:00:01 GMT";
        for gone in ["u=4; Path=/", by_date, "s=; Path=/; Max-Age=0"] {
            cookies.add(&url, &[(SET_COOKIE, gone.parse().unwrap())].into_iter().collect());
        }
        assert_eq!(cookies.header(&url, None).as_deref(), Some("t=3"));
    }
}
