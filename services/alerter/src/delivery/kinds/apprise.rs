//! An Apprise API server, which passes messages on to a hundred other services. It cannot replace messages or
//! make threads, so only loud revisions go there.
//!
//! <https://github.com/caronc/apprise-api>: `POST /notify/{key}` answers 204 if the key has no services, and
//! 424 if one of them failed.

use serde_json::json;
use url::Url;
use wirefold_http_client::{Client, Request};
use wirefold_proto::Secret;

use crate::delivery::chat::{Hidden, TITLE, accepted, cut, fitting, json as bounded};
use crate::delivery::{Failure, Sent, ToSend};

/// Most services accept this length. Apprise cuts messages for the others.
const LONGEST: usize = 3_500;

/// An Apprise API server.
#[derive(Debug, Clone)]
pub struct AppriseTarget {
    /// The address with its key, such as `http://apprise.example:8000/notify/desk`.
    pub url: Url,
    /// An access token, if a proxy in front of the server asks for one.
    pub token: Option<Secret>,
}

impl AppriseTarget {
    pub(in crate::delivery) async fn send(&self, client: &Client, message: &ToSend<'_>) -> Sent {
        let text = message.text(LONGEST);
        let body = json!({
            "title": cut(&text.title, TITLE),
            "body": fitting(&text.lines, LONGEST).join("\n"),
            "type": "info",
            "format": "text",
        });
        let mut request = bounded(Request::post(self.url.clone(), body.to_string()));
        let token = self.token.as_ref().map_or("", Secret::expose);
        if !token.is_empty() {
            request.secrets.add("Authorization", format!("Bearer {token}"));
        }
        let answer = client.send(request).await;
        match accepted(answer, message.now(), &Hidden::new([token]))?.status {
            204 => Err(Failure::later("status 204: the key has no services at the Apprise server")),
            _ => Ok(None),
        }
    }
}
