//! Prints the address where a browser signs in.

use wirefold_flow::{Clock as _, SystemClock};
use wirefold_gateway::tokens::{Kind, SIGN_IN_LINK, Scope, TokenFile};

use crate::exit::{Exit, Stop};
use crate::output;

/// Prints a link that signs a browser in once, if there is no other token yet. A demo can be entered only by
/// such a link.
pub(super) fn print_link(tokens: &TokenFile, page: &str, is_demo: bool) -> anyhow::Result<()> {
    let unusable = |error: wirefold_gateway::tokens::TokenError| {
        Stop::new(Exit::Usage, format!("the page requires tokens, and {error}"))
    };
    let now = wirefold_envelope::timestamp(SystemClock.now());
    let known = tokens.list(now).map_err(unusable)?;
    if known.iter().any(|it| it.kind != Kind::SignIn) {
        tracing::info!("`wirefold token sign-in` prints a link that signs a browser in");
        return Ok(());
    }
    let end = now.checked_add(SIGN_IN_LINK).ok();
    let code = tokens.add("browser", Kind::SignIn, Scope::Full, end, now).map_err(unusable)?;
    let another = if is_demo { "" } else { "; `wirefold token sign-in` prints another" };
    output::note(format_args!(
        "sign in {page}/sign-in/{code}\n\u{20}       once and within an hour{another}"
    ));
    Ok(())
}
