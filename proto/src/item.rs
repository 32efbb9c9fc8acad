//! The properties of an article that the detector uses: item, page, publisher and time.

use jiff::Timestamp;

use crate::article::{AboutArticle, DateProblem};
use crate::ids::ArticleId;

impl AboutArticle {
    /// The names of its item, by which later versions find it: its own id, that of the version before, its
    /// page, and its key in its feed.
    ///
    /// The feed of another site makes no version of the outlet's own articles: there, all names begin with
    /// that site. Only the key in the feed is also used without it, for articles from before the site of the
    /// feed was known.
    /// of the time before the feed was known to be a stranger's.
    #[must_use]
    pub fn item_names(&self, id: ArticleId) -> Vec<String> {
        let mut names = vec![id.to_string()];
        names.extend(self.version_of.map(|before| before.to_string()));
        names.extend(self.page().map(str::to_owned));
        let feed = self.feeds.first().map_or("", |feed| feed.as_str());
        let entry = format!("{}\u{1f}{feed}\u{1f}{}", self.outlet, self.item_key);
        let Some(via) = &self.via else {
            names.push(entry);
            return names;
        };
        names.push(entry.clone());
        names.iter_mut().for_each(|name| *name = format!("{via}\u{1f}{name}"));
        names.push(entry);
        names
    }

    /// Its page, as a name of an item of its site.
    #[must_use]
    pub fn page(&self) -> Option<&str> {
        self.canonical_url.as_deref().or(self.url.as_deref())
    }

    /// The outlet whose pages have the boilerplate; `None` for files, which have no site.
    #[must_use]
    pub fn site(&self) -> Option<&str> {
        (!self.outlet.is_local()).then_some(self.outlet.as_str())
    }

    /// The claimed time of publication, unless it has a problem.
    #[must_use]
    pub fn plausible_time(&self) -> Option<Timestamp> {
        self.published.filter(|_| self.date_problem != Some(DateProblem::Implausible))
    }
}
