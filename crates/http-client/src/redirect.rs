//! Redirects: which answers are one, and who may follow it.
//!
//! Comes in: a request, and the head of its answer. Goes out: where the answer leads, if the request may follow. It never
//! sends anything, and does not count redirects.
//!
//! | status | `GET` follows | `POST`, `PUT` follow | permanent |
//! |---|---|---|---|
//! | 301 | yes | no | yes |
//! | 302, 303 | yes | no | no |
//! | 307 | yes | to the same origin | no |
//! | 308 | yes | to the same origin | yes |

use reqwest::header::LOCATION;
use url::Url;

use crate::error::SendError;
use crate::exchange::{Method, Redirect, Request};

/// The longest address that a redirect may lead to, in bytes: as long as servers must take (RFC 9110, 4.1).
const MOST_ADDRESS: usize = 8_000;

/// Where the answer leads; none if it is no redirect, or one that this request may not follow.
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
    let to = to.map_err(|_| SendError::broken("a redirect to what is no address"))?;
    if to.as_str().len() > MOST_ADDRESS {
        let why = format!("a redirect to an address of more than {MOST_ADDRESS} bytes");
        return Err(SendError::broken(why));
    }
    let may_follow = match request.method {
        Method::Get => true,
        Method::Post | Method::Put => {
            matches!(status, 307 | 308) && to.origin() == request.url.origin()
        }
    };
    Ok(may_follow.then_some(Redirect { status, to }))
}

/// Sends the request to the new address next. Secrets stay with the old origin.
pub(crate) fn move_to(request: &mut Request, to: Url) {
    if to.origin() != request.url.origin() {
        request.headers.retain(|(name, _)| !is_secret(name));
        request.secrets.forget();
    }
    request.url = to;
}

fn is_secret(name: &str) -> bool {
    let secrets = ["authorization", "cookie", "proxy-authorization"];
    secrets.iter().any(|secret| name.eq_ignore_ascii_case(secret))
}
