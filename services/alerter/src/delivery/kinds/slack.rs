//! Incoming webhooks of Slack, and of services with the same format: Mattermost, and Discord with `/slack` at
//! the end of its address. A message cannot be changed afterwards, so only loud revisions go there.

use serde_json::json;
use url::Url;
use wirefold_http_client::{Client, Request, Response};
use wirefold_proto::Secret;

use crate::delivery::chat::{Hidden, TITLE, accepted, answer_excerpt, cut, fitting, json, length};
use crate::delivery::{Failure, Sent, ToSend};
use crate::text::Text;

/// Discord takes 2,000 characters, Slack 40,000.
const LONGEST: usize = 1_800;

/// An incoming webhook of Slack, Mattermost or Discord (`/slack`).
#[derive(Debug, Clone)]
pub struct SlackTarget {
    /// The webhook's address. It is a secret, since anybody who has it can post.
    pub url: Secret,
}

impl SlackTarget {
    pub(super) fn check(&self) -> Result<(), String> {
        read(&self.url).map(drop)
    }

    pub(in crate::delivery) async fn send(&self, client: &Client, message: &ToSend<'_>) -> Sent {
        let url = read(&self.url).map_err(Failure::never)?;
        // The path alone is enough to post, and so is its last part if the service is known.
        let last = url.path_segments().and_then(|mut parts| parts.next_back());
        let hidden = Hidden::new([url.as_str(), url.path(), last.unwrap_or_default()]);
        let body = json!({ "text": body_of(&message.text(LONGEST)), "unfurl_links": false });
        let answer = client.send(json(Request::post(url.clone(), body.to_string()))).await;
        check(&accepted(answer, message.now(), &hidden)?, &hidden).map(|()| None)
    }
}

/// Parses the webhook's address, which is a secret and is not shown.
fn read(address: &Secret) -> Result<Url, String> {
    let is_web = |url: &Url| matches!(url.scheme(), "http" | "https");
    let url = Url::parse(address.expose().trim()).ok().filter(is_web);
    url.ok_or_else(|| "the webhook's address begins with neither https:// nor http://".to_owned())
}

/// Whether the service itself answered. A portal or a proxy may answer 200 with its own page.
fn check(response: &Response, hidden: &Hidden) -> Result<(), Failure> {
    match response.body.trim_ascii_start().starts_with(b"<") {
        true => {
            Err(Failure::later(format!("a page answered: {}", answer_excerpt(response, hidden))))
        }
        false => Ok(()),
    }
}

/// Discord counts escaped characters, so the text is cut after escaping.
fn body_of(text: &Text) -> String {
    let title = escaped(&cut(&text.title, TITLE));
    let lines: Vec<String> = text.lines.iter().map(|line| escaped(line)).collect();
    let left = LONGEST.saturating_sub(length(&title));
    format!("*{title}*\n{}", fitting(&lines, left).join("\n"))
}

/// Escapes the three characters that Slack requires, and words that would notify everybody, which Mattermost
/// and Discord read in plain text.
fn escaped(text: &str) -> String {
    let mut safe = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    for word in ["@everyone", "@here", "@channel", "@all"] {
        safe = safe.replace(word, &word.replace('@', "@\u{200b}"));
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_headline_calls_nobody_and_links_nowhere() {
        assert_eq!(escaped("<!channel> AT&T"), "&lt;!channel&gt; AT&amp;T");
        assert_eq!(escaped("@everyone"), "@\u{200b}everyone");
    }
}
