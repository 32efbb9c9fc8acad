//! Turns a pushed article into a message for `WF_FETCHED`.

use jiff::Timestamp;
use wirefold_address::{Arrival, Authority, Identified, identify};
use wirefold_proto::{
    ArticleFetched, ArticleId, ContentHash, FeedId, ItemAddress, SubmittedArticle, TextSource,
};
use wirefold_text::normalise;

use super::{ApiResult, Refusal};

/// The outlet of articles without a publisher, by the rules of the version before.
const FORMER_OUTLET: &str = "push";

/// A pushed article, with the ids under which it may be stored already.
pub(super) struct Pushed {
    pub(super) article: ArticleFetched,
    /// Its ids by former rules. An article that is stored under one of them is the same.
    pub(super) former: Vec<ArticleId>,
}

/// The article. Its id depends only on the pushed data. The sender is trusted about the publisher, unless the
/// article names its feed.
pub(super) fn article(given: SubmittedArticle, seen: Timestamp) -> ApiResult<Pushed> {
    let arrival = Arrival {
        feed: FeedId::push(),
        authority: Authority::Operator,
        outlet: None,
        text_source: TextSource::Given,
        seen,
    };
    let identified = identify(given, &arrival);
    let Identified { article, .. } =
        identified.map_err(|why| Refusal::bad_request(why.to_string()))?;
    let former = former(&article);
    Ok(Pushed { article, former })
}

/// The ids of an article without a link by the rules of the version before. An article without a publisher
/// was of `push`, and an article without an item id had its title as key.
fn former(article: &ArticleFetched) -> Vec<ArticleId> {
    let about = &article.article;
    if about.canonical_url.is_some() {
        return Vec::new();
    }
    let nobody = || FORMER_OUTLET.parse().ok();
    let outlet = if about.outlet.is_local() { nobody() } else { Some(about.outlet.clone()) };
    let content = ContentHash::of(&normalise(&about.title), &normalise(&article.text));
    let keys = [&about.item_key, &about.title];
    let id = |key: &String| {
        outlet.as_ref().map(|outlet| ArticleId::of(outlet, ItemAddress::Key(key), content))
    };
    keys.into_iter().filter_map(id).filter(|id| *id != article.id).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pushed(given: SubmittedArticle) -> Pushed {
        article(given, "2026-03-01T12:00:00Z".parse().unwrap()).unwrap()
    }

    fn text(text: &str) -> SubmittedArticle {
        SubmittedArticle { text: text.to_owned(), ..SubmittedArticle::default() }
    }

    #[test]
    fn the_id_does_not_depend_on_the_time() {
        let given = text("The ferry sails.");
        let at = |time: &str| article(given.clone(), time.parse().unwrap()).unwrap().article.id;
        assert_eq!(at("2026-03-01T12:00:00Z"), at("2026-04-02T13:00:00Z"));
    }

    #[test]
    fn a_pushed_articles_outlet_is_its_site_and_the_named_feed() {
        let url = Some("https://www.harbour.example/ferry".to_owned());
        let given = SubmittedArticle { url, ..text("The ferry sails.") };
        let words = |it: &SubmittedArticle| pushed(it.clone()).article.article.outlet_label();
        assert_eq!(words(&given), "harbour.example");
        let feed = Some("https://planet.example/atom".to_owned());
        assert_eq!(
            words(&SubmittedArticle { feed, ..given }),
            "harbour.example via planet.example"
        );
    }

    /// Stores of the version before have both.
    #[test]
    fn the_ids_of_the_rules_before_are_known() {
        let given = SubmittedArticle { title: Some("Ferry, late".to_owned()), ..text("It sails.") };
        let former = |key: &str| {
            let content = ContentHash::of("ferry late", "it sails");
            ArticleId::of(&"push".parse().unwrap(), ItemAddress::Key(key), content)
        };
        assert!(pushed(given.clone()).former.contains(&former("Ferry, late")));
        let named = SubmittedArticle { id: Some("7".to_owned()), ..given.clone() };
        assert!(pushed(named).former.contains(&former("7")));
        let url = Some("https://harbour.example/a".to_owned());
        assert!(pushed(SubmittedArticle { url, ..given }).former.is_empty());
    }

    #[test]
    fn nonsense_is_refused() {
        let seen: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let script = Some("javascript:alert(1)".to_owned());
        let unnamed = Some("/".to_owned());
        let bad = [
            text("  "),
            SubmittedArticle { url: script, ..text("Words.") },
            SubmittedArticle { outlet: unnamed, ..text("Words.") },
        ];
        for given in bad {
            let refused = article(given, seen).map(|pushed| pushed.article);
            assert_eq!(refused.unwrap_err().status(), 400);
        }
    }
}
