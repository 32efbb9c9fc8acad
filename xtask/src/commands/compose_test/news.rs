//! Reads the published stories from the API.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::compose::Stack;

/// All stories with their articles.
#[derive(Debug)]
pub(super) struct News {
    pub(super) articles: u64,
    /// The addresses of the articles. Versions of one item have the same.
    pub(super) items: BTreeSet<String>,
    /// The ids of each story's articles.
    stories: BTreeMap<String, BTreeSet<String>>,
    pub(super) copies: u64,
    pub(super) dead: u64,
}

impl News {
    pub(super) fn of(stack: &Stack) -> anyhow::Result<Self> {
        let status = stack.json("/api/v1/status")?;
        let mut news = Self {
            articles: number(&status, "articles")?,
            items: BTreeSet::new(),
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
                let ids =
                    articles.iter().map(|it| text(it, "id")).collect::<anyhow::Result<_>>()?;
                news.items.extend(articles.iter().filter_map(|it| text(it, "url").ok()));
                news.copies += number(brief, "copies")?;
                news.stories.insert(id, ids);
            }
            match page["next"].as_str() {
                Some(next) => path = format!("/api/v1/stories?cursor={next}"),
                None => return Ok(news),
            }
        }
    }

    /// Fails if something of `before` is missing or different, if an article occurs twice, or if there are
    /// more articles than possible.
    pub(super) fn check_follows(&self, before: &Self, most: u64) -> anyhow::Result<()> {
        for (id, articles) in &before.stories {
            let now = self.stories.get(id);
            let is_kept = now.is_some_and(|now| now.is_superset(articles));
            ensure!(is_kept, "{id} had {articles:?} and has {now:?}");
        }
        let (stories, articles) = (&self.stories, self.articles);
        let placed: usize = stories.values().map(BTreeSet::len).sum();
        let distinct: BTreeSet<&String> = stories.values().flatten().collect();
        ensure!(placed as u64 == articles, "{placed} of {articles} articles stand in a story");
        ensure!(distinct.len() == placed, "{placed} places for {} articles", distinct.len());
        ensure!(articles <= most, "there can be {most} articles, and there are {articles}");
        ensure!(self.dead == before.dead, "{} dead letters", self.dead);
        Ok(())
    }
}

impl fmt::Display for News {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { articles, stories, copies, dead, .. } = self;
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
