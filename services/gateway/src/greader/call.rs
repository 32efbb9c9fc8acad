//! A call of a reader app.

use axum::extract::{FromRequest, Request};
use axum::http::header;
use url::form_urlencoded;

use crate::api::request::body_of;
use crate::api::{Api, ApiResult};
use crate::reading::Reader;
use crate::refusal::Refusal;

/// The most bytes of a body: a thousand ids, some times over.
const BODY: usize = 256 * 1024;

/// A call, with the fields of its query and its body. A field may occur several times.
pub(super) struct Call {
    pub(super) api: Api,
    pub(super) reader: Reader,
    fields: Vec<(String, String)>,
}

impl FromRequest<Api> for Call {
    type Rejection = Refusal;

    async fn from_request(request: Request, api: &Api) -> ApiResult<Self> {
        // A page of another site can send a form, but not this header.
        let given = request.headers().get(header::AUTHORIZATION).map(|it| it.as_bytes());
        if !given.is_some_and(|it| it.to_ascii_lowercase().starts_with(b"googlelogin auth=")) {
            let why = "reader apps log in at accounts/ClientLogin and send what they get";
            return Err(Refusal::sign_in(why));
        }
        let reader = Reader::of(request.extensions());
        Ok(Self { api: api.clone(), reader, fields: fields_of(request).await? })
    }
}

impl Call {
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.fields.iter().filter(move |(given, _)| given == name);
        named.map(|(_, value)| value.as_str())
    }

    pub(super) fn first(&self, name: &str) -> Option<&str> {
        first(&self.fields, name)
    }

    /// A whole number over zero; apps send empty ones and fractions too.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.first(name)?.split('.').next()?.parse().ok().filter(|it| *it > 0)
    }
}

pub(super) fn first<'a>(fields: &'a [(String, String)], name: &str) -> Option<&'a str> {
    fields.iter().find(|(given, _)| given == name).map(|(_, value)| value.as_str())
}

/// The fields of the query and of the form in the body.
pub(super) async fn fields_of(request: Request) -> ApiResult<Vec<(String, String)>> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let body = body_of(request, BODY).await?;
    let parts = [query.as_bytes(), &body];
    Ok(parts
        .into_iter()
        .flat_map(form_urlencoded::parse)
        .map(|(a, b)| (a.into(), b.into()))
        .collect())
}
