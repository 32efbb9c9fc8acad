//! Refusals: why a request is refused, and what to do instead (RFC 9457).

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use wirefold_flow::BusError;

use crate::projection::ProjectionError;
use crate::shapes::Problem;

/// The result of a handler.
pub(crate) type ApiResult<T> = Result<T, Refusal>;

/// A refused request.
#[derive(Debug, Clone)]
pub(crate) struct Refusal {
    status: StatusCode,
    sort: &'static str,
    title: &'static str,
    detail: Option<String>,
    candidates: Vec<String>,
    /// The seconds after which the client may try again.
    retry_after: Option<u64>,
}

/// Defines the name, status and advice of each kind of refusal.
macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $status:ident, $sort:literal, $title:literal;)+) => {
        /// The status, name and advice of each kind of refusal.
        pub(crate) const REFUSALS: &[(StatusCode, &str, &str)] =
            &[$((StatusCode::$status, $sort, $title)),+];

        impl Refusal {
            $($(#[$doc])*
            pub(crate) fn $name(detail: impl Into<String>) -> Self {
                Self {
                    status: StatusCode::$status,
                    sort: $sort,
                    title: $title,
                    detail: Some(detail.into()),
                    candidates: Vec::new(),
                    retry_after: None,
                }
            })+
        }
    };
}

refusals! {
    /// The request cannot be parsed.
    bad_request = BAD_REQUEST, "bad-request",
        "Correct the request as the detail says, then send it again";
    /// The requested thing does not exist.
    not_found = NOT_FOUND, "not-found",
        "Check the id or the address: wirefold has nothing under it";
    /// It existed, and was dropped.
    gone = GONE, "gone",
        "Continue without it: it has expired";
    /// The article was forgotten and may not come in again.
    forgotten = FORBIDDEN, "forgotten",
        "Leave it out: it was removed with `wirefold forget`";
    /// The route does not allow the method.
    method = METHOD_NOT_ALLOWED, "method",
        "Use one of the methods in the Allow header";
    /// A file defines it.
    managed = CONFLICT, "managed",
        "Change it in the file that defines it";
    /// Several ids have this prefix.
    ambiguous_id = CONFLICT, "ambiguous",
        "Give more digits: several ids begin like this";
    /// The detector refused the command.
    refused = CONFLICT, "refused",
        "Send another request: the detail says why this one is refused";
    /// A host name of others.
    host = MISDIRECTED_REQUEST, "host",
        "Use a loopback name, or set the address that browsers use as `page.base_url`";
    /// A token is needed.
    sign_in = UNAUTHORIZED, "sign-in",
        "Send a token as `Authorization: Bearer TOKEN`: `wirefold token add NAME` makes one, and \
         `wirefold token sign-in` prints a link for a browser";
    /// The token's scope does not allow it.
    scope = FORBIDDEN, "scope",
        "Use a token with enough rights: `wirefold token add NAME --scope full`";
    /// Too many requests.
    too_often = TOO_MANY_REQUESTS, "too-many",
        "Wait as many seconds as the Retry-After header says";
    /// A write from a page of another origin.
    origin = FORBIDDEN, "origin",
        "Send it from a page of this server, or from a program that sends no Origin";
    /// A write that any form could send.
    media_type = UNSUPPORTED_MEDIA_TYPE, "media-type",
        "Send JSON with the header Content-Type: application/json";
    /// A write to a page that does not come from one of its forms.
    form_type = UNSUPPORTED_MEDIA_TYPE, "media-type",
        "This address accepts the forms of the page; programs write to /api/v1";
    /// The request is too large.
    too_large = PAYLOAD_TOO_LARGE, "too-large",
        "Send less at once";
    /// The request can be parsed, but makes no sense.
    unprocessable = UNPROCESSABLE_ENTITY, "unprocessable",
        "Correct the problem in the detail, then send it again";
    /// The server is too busy.
    busy = SERVICE_UNAVAILABLE, "busy",
        "Try again in a moment";
    /// An error of the server.
    failed = INTERNAL_SERVER_ERROR, "failed",
        "See the log of wirefold, or try again";
}

impl Refusal {
    /// Several ids have this prefix.
    pub(crate) fn ambiguous(given: &str, candidates: Vec<String>) -> Self {
        let detail = format!("{given:?} could be any of {}", candidates.join(", "));
        Self { candidates, ..Self::ambiguous_id(detail) }
    }

    /// The client may try again after this many seconds.
    pub(crate) fn too_many(detail: impl Into<String>, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..Self::too_often(detail) }
    }

    /// Whether the detector refused the command.
    pub(crate) fn is_by_detector(&self) -> bool {
        self.sort == "refused"
    }

    /// Whether a token would help.
    pub(crate) fn asks_to_sign_in(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED
    }

    /// The same refusal for one article among several.
    pub(crate) fn about(self, number: usize) -> Self {
        self.beginning(&format!("article {number}"))
    }

    /// The same refusal for a field of the path, the query or the body.
    pub(crate) fn about_field(self, field: &str) -> Self {
        self.beginning(&format!("`{field}`"))
    }

    fn beginning(self, what: &str) -> Self {
        let detail = self.detail.unwrap_or_default();
        Self { detail: Some(format!("{what}: {detail}")), ..self }
    }

    /// The status of the answer.
    #[cfg(test)]
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    /// The status and the reason, for pages that show both.
    pub(crate) fn explain(self) -> (StatusCode, String) {
        (self.status, self.detail.unwrap_or_else(|| self.title.to_owned()))
    }

    /// The problem as it is answered.
    pub(crate) fn problem(self) -> Problem {
        Problem {
            sort: format!("urn:wirefold:problem:{}", self.sort),
            title: self.title.to_owned(),
            status: self.status.as_u16(),
            detail: self.detail,
            candidates: self.candidates,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = self.status;
        let soon = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(2);
        let wait = self.retry_after.or(soon);
        let is_asked_to_sign_in = self.asks_to_sign_in();
        let body = serde_json::to_vec(&self.problem()).unwrap_or_default();
        let head = [(header::CONTENT_TYPE, "application/problem+json")];
        let mut response = (status, head, body).into_response();
        if let Some(seconds) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        if is_asked_to_sign_in {
            // RFC 9110, section 11.6.1: Bearer for programs, Basic for feed readers.
            let schemes = "Bearer realm=\"wirefold\", Basic realm=\"wirefold\", charset=\"UTF-8\"";
            let schemes = header::HeaderValue::from_static(schemes);
            response.headers_mut().insert(header::WWW_AUTHENTICATE, schemes);
        }
        response
    }
}

impl From<ProjectionError> for Refusal {
    fn from(error: ProjectionError) -> Self {
        tracing::error!(%error, "projection does not answer");
        Self::failed("the projection does not answer")
    }
}

impl From<BusError> for Refusal {
    fn from(error: BusError) -> Self {
        if error.may_pass() {
            return Self::busy(error.to_string());
        }
        tracing::error!(%error, "bus does not answer");
        Self::failed("the bus does not answer")
    }
}

/// The answer to an unknown path.
pub(crate) async fn no_route(uri: axum::http::Uri) -> Refusal {
    Refusal::not_found(format!("there is nothing at {}", uri.path()))
}

/// The answer to a method that the route does not allow.
pub(crate) async fn other_method(method: axum::http::Method) -> Refusal {
    Refusal::method(format!("the method {method} is not allowed here"))
}
