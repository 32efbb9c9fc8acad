//! Generated articles as the fetcher would publish them.

use std::collections::{HashMap, HashSet};

use anyhow::Context;
use wirefold_envelope::{Sender, timestamp};
use wirefold_flow::{Outgoing, UnixMillis};
use wirefold_proto::{
    AboutArticle, ArticleFetched, ArticleId, ContentHash, FeedId, ItemAddress, Outlet, Tag,
    TextSource,
};
use wirefold_text::normalise;

use crate::generator::{self, Kind, OUTLETS};

const SENDER: Sender = Sender { source: "/wirefold/fetcher" };

/// An article that is ready to be published.
pub(super) struct Ready {
    pub(super) message: Outgoing,
    pub(super) text: String,
    pub(super) is_reprint: bool,
}

/// Makes generated articles ready to be published.
pub(super) struct ArticleFactory {
    news: Box<dyn Iterator<Item = generator::Article>>,
    /// The outlets. Each has one feed.
    outlets: Vec<Outlet>,
    feeds: Vec<FeedId>,
    /// The last version of each item.
    items: HashMap<u64, ArticleId>,
    /// The ids of all articles so far.
    published: HashSet<ArticleId>,
}

impl ArticleFactory {
    /// A factory whose articles have a median of some 500 words.
    pub(super) fn new(seed: u64) -> anyhow::Result<Self> {
        let outlets = (0..OUTLETS).map(|number| generator::host(number).parse());
        let feeds = (0..OUTLETS).map(|number| generator::host(number).parse());
        Ok(Self {
            news: Box::new(generator::news(seed, 100)),
            outlets: outlets.collect::<Result<_, _>>().context("an outlet")?,
            feeds: feeds.collect::<Result<_, _>>().context("a feed")?,
            items: HashMap::new(),
            published: HashSet::new(),
        })
    }

    /// The next article, seen at this time. A version with the text of an earlier one is not a new article:
    /// the fetcher would ignore it.
    pub(super) fn next(&mut self, seen: UnixMillis) -> anyhow::Result<Ready> {
        loop {
            let made = self.news.next().context("news never end")?;
            let text = made.text();
            let article = self.article(&made, text.clone(), seen);
            if self.published.insert(article.id) {
                let message = SENDER.outgoing(&article, timestamp(seen))?;
                // Copies, merged texts and texts above a wall have the text of another article.
                let is_reprint = made.main != made.number && made.kind != Kind::Version;
                return Ok(Ready { message, text, is_reprint });
            }
        }
    }

    fn article(
        &mut self,
        made: &generator::Article,
        text: String,
        seen: UnixMillis,
    ) -> ArticleFetched {
        let outlet = self.outlets[made.outlet].clone();
        let url = made.url();
        let content = ContentHash::of(&normalise(&made.title), &normalise(&text));
        let id = ArticleId::of(&outlet, ItemAddress::Url(&url), content);
        let before = self.items.insert(made.item, id);
        let about = AboutArticle {
            outlet,
            via: None,
            feeds: vec![self.feeds[made.outlet].clone()],
            item_key: format!("item-{}", made.item),
            url: Some(url.clone()),
            canonical_url: Some(url),
            title: made.title.clone(),
            authors: Vec::new(),
            teaser: None,
            truncated: false,
            paywalled: false,
            language_hint: None,
            published: Some(timestamp(seen)),
            date_problem: None,
            seen: timestamp(seen),
            version_of: before.filter(|before| *before != id),
            source: None,
            media: Vec::new(),
            baseline: false,
            updates_baseline: false,
            beyond_budget: false,
        };
        let text_source = TextSource::Feed;
        ArticleFetched { schema: Tag::new(), id, article: about, text, text_source }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bus stores a message once, so a wait for the number of published messages would never end. With
    /// this seed, the correction at index 778 has the text of an earlier article.
    #[test]
    fn no_article_comes_twice() {
        let mut factory = ArticleFactory::new(20_260_301).unwrap();
        let mut ids = HashSet::new();
        let all: Vec<Ready> = (0..800).map(|_| factory.next(UnixMillis(0)).unwrap()).collect();
        assert!(all.iter().all(|article| ids.insert(article.message.id.clone())));
        let reprints = all.iter().filter(|article| article.is_reprint).count();
        assert!((200..320).contains(&reprints), "{reprints} reprints");
    }
}
