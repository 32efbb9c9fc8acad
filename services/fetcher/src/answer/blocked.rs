//! Recognises pages that block programs. If one comes instead of a feed, the feed is probably still
//! there.

/// How many bytes of a page are searched.
const SCANNED_BYTES: usize = 128 * 1024;

/// Texts and markup of pages that admit only browsers, in lower case.
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

/// Markup of pages with a login, in lower case.
const LOGINS: [&str; 2] = ["type=\"password\"", "type=password"];

/// A barrier that blocks programs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Barrier {
    /// A test that only browsers pass.
    Challenge,
    /// A login.
    Login,
}

/// The barrier of a page, if it has one.
pub(super) fn barrier(body: &[u8]) -> Option<Barrier> {
    let start = &body[..body.len().min(SCANNED_BYTES)];
    let page = String::from_utf8_lossy(start).to_lowercase();
    let has_any = |signs: &[&str]| signs.iter().any(|sign| page.contains(sign));
    match () {
        () if has_any(&CHALLENGES) => Some(Barrier::Challenge),
        () if has_any(&LOGINS) => Some(Barrier::Login),
        () => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_barriers() {
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
