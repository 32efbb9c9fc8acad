//! The stored records of tokens, links and sessions.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{SESSION, TokenError, secret};

/// The actions that a token allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Scope {
    /// Everything.
    Full,
    /// Read page, feeds and API; change nothing.
    Read,
    /// Read the feeds under `/feeds/`, such as by a feed reader.
    Feeds,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "full",
            Self::Read => "read",
            Self::Feeds => "feeds",
        })
    }
}

/// The kind of credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// A token that a program sends.
    Token,
    /// The code of a link that signs a browser in, once.
    SignIn,
    /// A browser that is signed in.
    Session,
}

/// A valid credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRecord {
    /// Its name in lists and for revoking.
    pub name: String,
    /// Its kind.
    pub kind: Kind,
    /// The actions that it allows.
    pub scope: Scope,
    /// The SHA-256 of its secret, in hexadecimal digits.
    pub hash: String,
    /// When it was made.
    pub created: Timestamp,
    /// When it expires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Timestamp>,
    /// When it was used last, to the minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<Timestamp>,
}

impl TokenRecord {
    fn is_valid(&self, now: Timestamp) -> bool {
        self.expires.is_none_or(|end| now < end)
    }

    /// Whether no use of it was stored for this long.
    pub(super) fn was_unused_for(&self, now: Timestamp, span: Duration) -> bool {
        let jump = now.duration_since(self.last_used.unwrap_or(Timestamp::MIN));
        jump.unsigned_abs() >= span
    }
}

/// All records of one file.
#[derive(Debug, Default)]
pub(crate) struct Records(Vec<TokenRecord>);

/// The form of the file.
#[derive(Serialize, Deserialize)]
struct Written {
    schema: String,
    tokens: Vec<TokenRecord>,
}

const SCHEMA: &str = "wirefold.tokens/1";

impl Records {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let written: Written = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if written.schema != SCHEMA {
            return Err(format!(
                "its schema is {:?}, this wirefold knows {SCHEMA:?}",
                written.schema
            ));
        }
        Ok(Self(written.tokens))
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let written = Written { schema: SCHEMA.to_owned(), tokens: self.0.clone() };
        // Texts and times can always be written as JSON.
        serde_json::to_vec_pretty(&written).unwrap_or_default()
    }

    pub(super) fn valid(&self, now: Timestamp) -> impl Iterator<Item = &TokenRecord> {
        self.0.iter().filter(move |record| record.is_valid(now))
    }

    pub(super) fn drop_expired(&mut self, now: Timestamp) {
        self.0.retain(|record| record.is_valid(now));
    }

    pub(super) fn add(
        &mut self,
        name: &str,
        kind: Kind,
        scope: Scope,
        expires: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<String, TokenError> {
        // A new link replaces one that was never used.
        self.0.retain(|it| it.name != name || kind != Kind::SignIn || it.kind != Kind::SignIn);
        if kind == Kind::Token && self.0.iter().any(|it| it.name == name) {
            return Err(TokenError::Taken(name.to_owned()));
        }
        let secret = secret::make()?;
        let (name, hash) = (name.to_owned(), secret::hash(&secret));
        self.0.push(TokenRecord {
            name,
            kind,
            scope,
            hash,
            created: now,
            expires,
            last_used: None,
        });
        Ok(secret)
    }

    pub(super) fn add_session(
        &mut self,
        of: &TokenRecord,
        now: Timestamp,
    ) -> Result<String, TokenError> {
        // No longer than the token that it was made from.
        let end = now.checked_add(SESSION).ok();
        let own_end = of.expires.filter(|_| of.kind == Kind::Token);
        let expires = [end, own_end].into_iter().flatten().min();
        self.add(&of.name, Kind::Session, of.scope, expires, now)
    }

    pub(super) fn redeem(
        &mut self,
        hash: &str,
        now: Timestamp,
    ) -> Result<Option<String>, TokenError> {
        let is_it = |it: &TokenRecord| it.hash == hash && it.kind == Kind::SignIn;
        let Some(at) = self.0.iter().position(is_it) else { return Ok(None) };
        let link = self.0.remove(at);
        self.add_session(&link, now).map(Some)
    }

    pub(super) fn note_use(&mut self, hash: &str, now: Timestamp) {
        if let Some(record) = self.0.iter_mut().find(|it| it.hash == hash) {
            record.last_used = Some(now);
        }
    }

    pub(super) fn revoke(&mut self, name: &str) -> usize {
        let before = self.0.len();
        self.0.retain(|it| it.name != name);
        before - self.0.len()
    }

    pub(super) fn end(&mut self, hash: &str) {
        self.0.retain(|it| it.hash != hash);
    }
}
