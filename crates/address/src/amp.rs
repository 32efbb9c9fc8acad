//! AMP pages and the caches that serve them. They show the same article as the page itself.

use url::Url;

/// The page behind the address of an AMP cache.
pub(crate) fn unwrapped(url: &Url) -> Option<Url> {
    let host = url.host_str()?;
    let path = url.path();
    let inner = if host.ends_with(".cdn.ampproject.org") {
        path.strip_prefix("/c/").or_else(|| path.strip_prefix("/v/"))?
    } else if host.strip_prefix("www.").unwrap_or(host).starts_with("google.") {
        path.strip_prefix("/amp/")?
    } else {
        return None;
    };
    let address = match inner.strip_prefix("s/") {
        Some(inner) => format!("https://{inner}"),
        None => format!("http://{inner}"),
    };
    let mut page = Url::parse(&address).ok().filter(|page| {
        // The page of a publisher has a site. Other pages belong to the cache itself.
        page.host_str().and_then(psl::domain_str).is_some_and(|site| site.contains('.'))
    })?;
    page.set_query(url.query());
    Some(page)
}

/// Removes the parts of a path that request the AMP form.
pub(crate) fn without_amp(path: &str) -> String {
    let without = |end: &str, kept: &str| {
        let start = path.strip_suffix(end)?;
        (start.len() > 1 && !start.ends_with('/')).then(|| format!("{start}{kept}"))
    };
    without("/amp/", "/")
        .or_else(|| without("/amp", ""))
        .or_else(|| without(".amp.html", ".html"))
        .or_else(|| without(".amp", ""))
        .unwrap_or_else(|| path.to_owned())
}

/// Whether a parameter requests the AMP form or comes from a cache.
pub(crate) fn is_amp_parameter(pair: &str) -> bool {
    let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
    match name.to_ascii_lowercase().as_str() {
        "amp" => matches!(value, "" | "1" | "true"),
        "outputtype" => value.eq_ignore_ascii_case("amp"),
        name => name.starts_with("amp_js_") || name == "amp_gsa" || name == "usqp",
    }
}
