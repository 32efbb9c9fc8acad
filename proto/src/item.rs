//! The properties by which the detector knows an article: its item, its page, its publisher and its time.

use jiff::Timestamp;

use crate::article::{AboutArticle, DateProblem};
use crate::ids::ArticleId;

impl AboutArticle {
    /// What tells its item from others, so that later versions find it: its own id (which later versions
    /// name), that of the version before, its page, its place in its feed.
    ///
    /// What a stranger's feed says makes no version of what the outlet itself says: all of these names
    /// begin with the stranger's there. Only its place in that feed stands without as well, for articles
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

    /// Its page, by the name under which it stands among the names of its site's own items.
    #[must_use]
    pub fn page(&self) -> Option<&str> {
        self.canonical_url.as_deref().or(self.url.as_deref())
    }

    /// The outlet whose pages tell what is boilerplate; none for what people give as files, which comes
    /// from nobody's site.
    #[must_use]
    pub fn site(&self) -> Option<&str> {
        (!self.outlet.is_local()).then_some(self.outlet.as_str())
    }

    /// When it claims to be published, unless that cannot be.
    #[must_use]
    pub fn plausible_time(&self) -> Option<Timestamp> {
        self.published.filter(|_| self.date_problem != Some(DateProblem::Implausible))
    }
}
