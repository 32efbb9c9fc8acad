//! Recognises pages that keep programs out. If one comes instead of a feed, the feed is probably
//! still there.

/// How much of a page is looked at, in bytes.
const SCANNED_BYTES: usize = 128 * 1024;

/// What pages say, or carry, that let only browsers in; in lower case.
const CHALLENGES: [&str; 14] = [
    "just a moment...",
    "cf-challenge",
    "challenge-platform",
    "/_incapsula_resource",
    "px-captcha",
    "ddos-guard",
    "g-recaptcha",
    "h-captcha",
    "datadome",
    "enable javascript and cookies to continue",
    "verify you are human",
    "are you a robot",
    "checking your browser",
    "pardon our interruption",
];

/// What pages carry that ask for a login; in lower case.
const LOGINS: [&str; 2] = ["type=\"password\"", "type=password"];

/// What keeps programs out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Barrier {
    /// A riddle for browsers.
    Challenge,
    /// A login.
    Login,
}

/// What keeps programs out of a page, if anything does.
pub(super) fn barrier(body: &[u8]) -> Option<Barrier> {
    let start = &body[..body.len().min(SCANNED_BYTES)];
    let page = String::from_utf8_lossy(start).to_lowercase();
    let says = |signs: &[&str]| signs.iter().any(|sign| page.contains(sign));
    match () {
        () if says(&CHALLENGES) => Some(Barrier::Challenge),
        () if says(&LOGINS) => Some(Barrier::Login),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn barriers_are_told_from_pages() {
        let check = |page: &str, expected| assert_eq!(barrier(page.as_bytes()), expected, "{page}");
        check("<title>Just a moment...</title>", Some(Barrier::Challenge));
        check("<script src=/cdn-cgi/challenge-platform/x></script>", Some(Barrier::Challenge));
        check("<form><input name=p type=\"Password\"></form>", Some(Barrier::Login));
        check("<title>Harbour news</title><p>In just a moment the ferry leaves.", None);
        check("", None);
        let far = format!("{}are you a robot", " ".repeat(SCANNED_BYTES));
        check(&far, None);
    }
}
