//! Made-up articles as the fetcher would publish them.

use anyhow::Context;
use wirefold_envelope::{Sender, timestamp};
use wirefold_flow::{Outgoing, UnixMillis};
use wirefold_proto::{
    AboutArticle, ArticleFetched, ArticleId, ContentHash, FeedId, ItemAddress, Outlet, Tag,
    TextSource,
};
use wirefold_text::normalise;

use super::texts::{Newsroom, Piece};

/// How many outlets there are, each with one feed.
const OUTLETS: u64 = 120;
const SENDER: Sender = Sender { source: "/wirefold/fetcher" };

/// An article on its way to the bus.
pub(super) struct Ready {
    pub(super) message: Outgoing,
    pub(super) text: String,
    pub(super) is_reprint: bool,
}

/// What is needed to put made-up articles on the bus.
pub(super) struct Press {
    newsroom: Newsroom,
    outlets: Vec<Outlet>,
    feeds: Vec<FeedId>,
    printed: u64,
}

impl Press {
    /// A press whose articles have about 500 words, 40 % of them reprints.
    pub(super) fn new(seed: u64) -> anyhow::Result<Self> {
        let outlets = (0..OUTLETS).map(|number| format!("paper{number:03}.example").parse());
        let feeds = (0..OUTLETS).map(|number| format!("paper{number:03}").parse());
        Ok(Self {
            newsroom: Newsroom::new(seed, 500, 400),
            outlets: outlets.collect::<Result<_, _>>().context("an outlet")?,
            feeds: feeds.collect::<Result<_, _>>().context("a feed")?,
            printed: 0,
        })
    }

    /// The next article, seen at that time.
    pub(super) fn next(&mut self, seen: UnixMillis) -> anyhow::Result<Ready> {
        let piece = self.newsroom.next();
        let place = usize::try_from(self.newsroom.below(OUTLETS))?;
        let text = piece.text();
        self.printed += 1;
        let article = self.article(&piece, place, text.clone(), seen);
        let message = SENDER.outgoing(&article, timestamp(seen), None)?;
        Ok(Ready { message, text, is_reprint: piece.is_reprint })
    }

    fn article(
        &self,
        piece: &Piece,
        place: usize,
        text: String,
        seen: UnixMillis,
    ) -> ArticleFetched {
        let outlet = self.outlets[place].clone();
        let url = format!("https://{}/news/{}", outlet.as_str(), self.printed);
        let content = ContentHash::of(&normalise(&piece.headline), &normalise(&text));
        let id = ArticleId::of(&outlet, ItemAddress::Url(&url), content);
        let about = AboutArticle {
            outlet,
            feeds: vec![self.feeds[place].clone()],
            item_key: format!("item-{}", self.printed),
            url: Some(url.clone()),
            canonical_url: Some(url),
            title: piece.headline.clone(),
            authors: Vec::new(),
            teaser: None,
            truncated: false,
            paywalled: false,
            language_hint: None,
            published: Some(timestamp(seen)),
            date_doubt: None,
            seen: timestamp(seen),
            version_of: None,
            source: None,
            media: Vec::new(),
            baseline: false,
        };
        let text_from = TextSource::Feed;
        ArticleFetched { schema: Tag::new(), id, article: about, text, text_from }
    }
}
