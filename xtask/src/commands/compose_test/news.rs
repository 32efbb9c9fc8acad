//! What has come out so far, as the API tells it.

use std::collections::BTreeMap;
use std::fmt;

use anyhow::Context as _;
use serde_json::Value;

use super::compose::Stack;

/// All stories with their articles, and what was told about them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct News {
    pub(super) articles: u64,
    /// The ids of each story's articles.
    stories: BTreeMap<String, Vec<String>>,
    pub(super) copies: u64,
    pub(super) dead: u64,
}

impl News {
    pub(super) fn of(stack: &Stack) -> anyhow::Result<Self> {
        let status = stack.json("/api/v1/status")?;
        let mut news = Self {
            articles: number(&status, "articles")?,
            stories: BTreeMap::new(),
            copies: 0,
            dead: number(&status, "dead")?,
        };
        let mut path = "/api/v1/stories".to_owned();
        loop {
            let page = stack.json(&path)?;
            for brief in page["stories"].as_array().context("no stories in the answer")? {
                let id = text(brief, "id")?;
                let story = stack.json(&format!("/api/v1/stories/{id}"))?;
                let articles = story["articles"].as_array().context("no articles in a story")?;
                let mut ids: Vec<String> =
                    articles.iter().map(|it| text(it, "id")).collect::<anyhow::Result<_>>()?;
                ids.sort();
                news.copies += number(brief, "copies")?;
                news.stories.insert(id, ids);
            }
            match page["next"].as_str() {
                Some(next) => path = format!("/api/v1/stories?cursor={next}"),
                None => return Ok(news),
            }
        }
    }

    /// Which stories are not the same.
    pub(super) fn difference(&self, other: &Self) -> String {
        let ids = self.stories.keys().chain(other.stories.keys());
        let differ = ids.filter(|id| self.stories.get(*id) != other.stories.get(*id));
        let told = |id| format!("{id}: {:?} / {:?}", self.stories.get(id), other.stories.get(id));
        differ.map(told).collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for News {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { articles, stories, copies, dead } = self;
        let stories = stories.len();
        write!(out, "{articles} articles → {stories} stories, {copies} copies, {dead} dead letters")
    }
}

fn number(of: &Value, key: &str) -> anyhow::Result<u64> {
    of[key].as_u64().with_context(|| format!("no number `{key}` in {of}"))
}

fn text(of: &Value, key: &str) -> anyhow::Result<String> {
    Ok(of[key].as_str().with_context(|| format!("no text `{key}` in {of}"))?.to_owned())
}
