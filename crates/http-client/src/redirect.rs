//! Redirects: which responses are redirects, and which requests may follow them.
//!
//! | status | `GET` follows | `POST`, `PUT` follow | permanent |
//! |---|---|---|---|
//! | 301 | yes | no | yes |
//! | 302, 303 | yes | no | no |
//! | 307 | yes | to the same origin | no |
//! | 308 | yes | to the same origin | yes |

use reqwest::Method;
use reqwest::header::LOCATION;
use url::Url;

use crate::error::SendError;
use crate::exchange::{Redirect, Request};

/// The maximum length of the address of a redirect, in bytes: the length that servers should support (RFC 9110, 4.1).
const MAX_ADDRESS_BYTES: usize = 8_000;

/// The redirect that the response is. `None` if it is not a redirect, or one that this request may not follow.
pub(crate) fn of(
    request: &Request,
    answer: &reqwest::Response,
) -> Result<Option<Redirect>, SendError> {
    let status = answer.status().as_u16();
    if !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let Some(location) = answer.headers().get(LOCATION) else {
        return Ok(None);
    };
    let location = String::from_utf8_lossy(location.as_bytes());
    let to = request.url.join(&location);
    let to = to.map_err(|_| SendError::broken("a redirect to an invalid address"))?;
    if to.as_str().len() > MAX_ADDRESS_BYTES {
        let why = format!("a redirect to an address of more than {MAX_ADDRESS_BYTES} bytes");
        return Err(SendError::broken(why));
    }
    let keeps_body = matches!(status, 307 | 308) && to.origin() == request.url.origin();
    let may_follow = request.method == Method::GET || keeps_body;
    Ok(may_follow.then_some(Redirect { status, to }))
}

/// Changes the address of the request. If the origin changes, secrets are removed from it.
pub(crate) fn move_to(request: &mut Request, to: Url) {
    if to.origin() != request.url.origin() {
        request.headers.retain(|(name, _)| !is_secret(name));
        request.secrets.clear();
    }
    request.url = to;
}

fn is_secret(name: &str) -> bool {
    let secrets = ["authorization", "cookie", "proxy-authorization"];
    secrets.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}
