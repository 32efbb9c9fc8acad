//! Fetches the article pages of teasers, if robots.txt allows it and at the pace of the host. A link
//! comes in. The text of its page goes out, or the reason why the item keeps the text of its feed.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;
use wirefold_feed::FeedError;
use wirefold_flow::Clock;
use wirefold_http_client::{Client, Request, Response, SendError};
use wirefold_proto::{FullText, LEAD_CHARACTERS, LEAD_WORDS};
use wirefold_text::Text;

use crate::access::for_feed;
use crate::answer::{ParseFailure, parse, send, word_count};
use crate::extract::{ExtractError, Extractor, Page, Rule};
use crate::hosts::{Hosts, RequestKind};
use crate::lock::lock;
use crate::metrics::PAGES;
use crate::probe::feeds_named;
use crate::robots::{self, Robots};
use crate::settings::Settings;
use crate::sites::owner;

/// An item with fewer words is a teaser.
pub(crate) const TEASER_WORDS: usize = 80;

/// The most bytes of a page, decoded.
const LONGEST_PAGE: u64 = 5_000_000;

/// Fetches article pages and reads them.
pub(crate) struct Pages {
    client: Arc<PageClient>,
    hosts: Hosts,
    shares: FairShares,
    robots: Robots,
    extractor: Option<Extractor>,
    settings: Arc<Settings>,
}

/// The result of the page of an item.
#[derive(Debug, Default)]
pub(crate) struct PageResult {
    /// The page, if it has more text than the feed. If it is paywalled, only its lead.
    pub(crate) better: Option<Page>,
    /// Whether it says that it is not free to everybody.
    pub(crate) is_paywalled: bool,
    /// Whether its feed's rule found the article on it; `None` without such a rule or without a page.
    pub(crate) is_found: Option<bool>,
    /// Whether there was a page.
    pub(crate) is_read: bool,
    /// Whether that page stands before the one of the item, or is about something else.
    pub(crate) is_other: bool,
}

/// Why an item keeps the text of its feed, as the metric of pages labels it.
pub(crate) type SkipReason = &'static str;

/// The page is not that of the item.
const OTHER: SkipReason = "other_page";
/// There is no text on the page, as on a wall that only pictures or scripts fill.
const EMPTY: SkipReason = "nothing";

impl Pages {
    pub(crate) fn new(
        client: Client,
        hosts: Hosts,
        clock: Arc<dyn Clock>,
        settings: &Arc<Settings>,
    ) -> Self {
        let client = Arc::new(PageClient::new(client));
        let robots = Robots::new(client.clone(), hosts.clone(), clock, settings.clone());
        let extractor = settings.extract.clone().map(Extractor::new);
        let shares = FairShares::new(settings.budget.site_pages);
        Self { client, hosts, shares, robots, extractor, settings: settings.clone() }
    }

    /// Logs the sandbox of the child processes that read pages.
    pub(crate) fn log_sandbox(&self) {
        let Some(extractor) = self.extractor.clone() else { return };
        tokio::spawn(async move {
            match extractor.sandbox().await {
                Ok(sandbox) if sandbox.missing.is_empty() => {
                    tracing::debug!("pages are read without network, files and other processes");
                }
                Ok(sandbox) => {
                    let missing = sandbox.missing.join("; ");
                    tracing::warn!(missing, "pages are read without a full sandbox");
                }
                Err(error) => tracing::warn!(%error, "no pages can be read"),
            }
        });
    }

    /// Whether to fetch the page of an item with this many words.
    pub(crate) fn are_wanted(&self, full_text: FullText, words: usize) -> bool {
        let wanted = match full_text {
            FullText::On => true,
            FullText::Auto => words < TEASER_WORDS,
            FullText::Off => false,
        };
        wanted && self.extractor.is_some()
    }

    /// Reads the page of an item by the rule of its feed. `feed` is the address of the feed, which
    /// gives the item this title and this text of so many words.
    pub(crate) async fn full_text(
        &self,
        link: &str,
        feed: &str,
        (title, text, words): (&str, &str, usize),
        rule: &Rule,
    ) -> PageResult {
        let _share = self.shares.share_of(feed).await;
        let read = match self.read(link, feed, rule).await {
            Ok(page) if rule.article.is_none() && !is_about(&page, title, text) => Err(OTHER),
            read => read,
        };
        let (result, outcome) = match read {
            Ok(page) => to_result(page, words, rule.article.is_some()),
            Err(reason @ (OTHER | EMPTY)) => {
                (PageResult { is_read: true, is_other: true, ..PageResult::default() }, reason)
            }
            Err(reason) => (PageResult::default(), reason),
        };
        PAGES.add(1, &[outcome]);
        if result.better.is_none() {
            tracing::debug!(link, why = outcome, "the item keeps the text of its feed");
        }
        result
    }

    async fn read(&self, link: &str, feed: &str, rule: &Rule) -> Result<Page, SkipReason> {
        let extractor = self.extractor.as_ref().ok_or("no_reader")?;
        let url = Url::parse(link).ok().filter(is_of_the_web).ok_or("no_address")?;
        let answer = self.fetch(url, feed).await?;
        let page = extractor.extract(answer.body, answer.url.as_str(), rule).await;
        let page = page.map_err(|error| skip_reason(&error))?;
        if page.noarchive || page.reserved {
            return Err("reserved");
        }
        Ok(page)
    }

    /// Requests a page that the feed at `feed` links to, if robots.txt allows it, which is requested only if the page may be.
    async fn fetch(&self, url: Url, feed: &str) -> Result<Response, SkipReason> {
        let checked = self.client.client.check(&for_feed(Request::get(url.clone()), feed)).await;
        checked.map_err(|_| robots::UNKNOWN)?;
        let crawl_delay = self.robots.permission(&url).await?;
        let _turn = self.hosts.turn(&url, RequestKind::Page, crawl_delay).await;
        if self.hosts.paused_until(&url).is_some() {
            return Err("left_alone");
        }
        let request = for_feed(self.settings.request(url, LONGEST_PAGE), feed);
        let request = request.with_header("Accept", "text/html,application/xhtml+xml;q=0.9");
        let answer = self.client.send(request).await.map_err(|error| match error {
            SendError::TooLarge { .. } => "too_large",
            _ => "failed",
        })?;
        self.hosts.pause_as_asked(&answer);
        match () {
            () if !answer.is_success() => Err("status"),
            () if !is_html(&answer) => Err("not_html"),
            () if is_reserved(&answer) => Err("reserved"),
            () => Ok(answer),
        }
    }
}

/// The result of a page, and its outcome in the metrics. The text of the feed has `words` words. Of a
/// paywalled page only the lead is used; the text of the feed is never cut.
fn to_result(mut page: Page, words: usize, has_rule: bool) -> (PageResult, &'static str) {
    let is_paywalled = page.paywalled;
    if is_paywalled {
        page.text = Text::new(&page.text).opening(LEAD_WORDS, LEAD_CHARACTERS).to_owned();
    }
    let is_better = word_count(&page.text) > words;
    let outcome = match (is_paywalled, is_better) {
        (true, _) => "paywalled",
        (false, true) if page.article_missed => "article_missed",
        (false, true) => "taken",
        (false, false) => "shorter",
    };
    let is_found = has_rule.then_some(!page.article_missed);
    let better = is_better.then_some(page);
    (PageResult { better, is_paywalled, is_found, is_read: true, is_other: false }, outcome)
}

/// The fewest words that tell what an item is about, and the share of them that its page must have.
const TELLING_WORDS: usize = 3;
const SHARED: f64 = 0.2;

/// Whether a page may be about what its item says: it has the title of the item, or they share words. It is not, if the site
/// answers with something else, such as a wall that is not recognised as one.
fn is_about(page: &Page, title: &str, text: &str) -> bool {
    let headline = page.title.as_deref().unwrap_or_default();
    let on_page = telling_words(&format!("{headline} {}", page.text));
    let told = telling_words(&format!("{title} {text}"));
    let shared = told.intersection(&on_page).count();
    let (headline, title) = (wirefold_text::normalise(headline), wirefold_text::normalise(title));
    let has_title = title.contains(' ') && headline.contains(&title);
    has_title || told.len() < TELLING_WORDS || shared as f64 >= SHARED * told.len() as f64
}

/// The words of a text without short ones, which are in every text. In scripts without spaces these are pairs of characters.
fn telling_words(text: &str) -> HashSet<String> {
    let normal = wirefold_text::normalise(text);
    let words: Vec<&str> = normal.split(' ').collect();
    let is_alone = |word: &str| !word.is_ascii() && word.chars().count() == 1;
    let pairs = words.windows(2).filter(|pair| pair.iter().all(|word| is_alone(word)));
    let pairs = pairs.map(<[&str]>::concat);
    let long = words.iter().filter(|word| word.len() > 3 && !is_alone(word));
    long.map(|&word| word.to_owned()).chain(pairs).collect()
}

fn is_of_the_web(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
}

/// Whether the answer is HTML.
pub(crate) fn is_html(answer: &Response) -> bool {
    let media_type = answer.header("content-type").unwrap_or("text/html");
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    ["text/html", "application/xhtml+xml"].iter().any(|html| essence.eq_ignore_ascii_case(html))
}

/// Whether the headers of the answer have a reservation: `X-Robots-Tag`, or `TDM-Reservation` of the
/// W3C's TDM Reservation Protocol.
fn is_reserved(answer: &Response) -> bool {
    let named = |name: &'static str| {
        let values = answer.headers.iter().filter(move |(given, _)| given == name);
        values.map(|(_, value)| value.to_ascii_lowercase())
    };
    let forbids = |value: String| value.contains("noarchive") || value.trim() == "none";
    named("x-robots-tag").any(forbids) || named("tdm-reservation").any(|value| value.trim() == "1")
}

fn skip_reason(error: &ExtractError) -> SkipReason {
    match error {
        ExtractError::TimedOut | ExtractError::Crashed | ExtractError::TooDeep => "hostile",
        ExtractError::Nothing => EMPTY,
        ExtractError::Interstitial(_) => OTHER,
        ExtractError::Unavailable(why) => {
            tracing::warn!(%why, "the page reader cannot be started");
            "no_reader"
        }
    }
}

/// The shares of all sites.
pub(crate) struct FairShares {
    most: usize,
    sites: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl FairShares {
    /// `most` pages at one time for the feeds of a site.
    pub(crate) fn new(most: usize) -> Self {
        Self { most: most.max(1), sites: Mutex::default() }
    }

    /// Waits for the right to fetch one page for the feed at this address.
    pub(crate) async fn share_of(&self, feed: &str) -> OwnedSemaphorePermit {
        let site = {
            let mut sites = lock(&self.sites);
            // A site stays while a page of it is fetched or waits.
            sites.retain(|_, site| Arc::strong_count(site) > 1);
            let fresh = || Arc::new(Semaphore::new(self.most));
            sites.entry(owner(feed)).or_insert_with(fresh).clone()
        };
        site.acquire_owned().await.expect("nobody closes it")
    }
}

impl Pages {
    /// The feeds named by the page at this address, which the feed at `feed` links to. The list is empty
    /// if the page may not be requested, does not answer, or is not a page.
    pub(crate) async fn feeds_named_by(&self, url: &Url, feed: &str) -> Vec<String> {
        if !is_of_the_web(url) {
            return Vec::new();
        }
        let answer = match self.fetch(url.clone(), feed).await {
            Ok(answer) => answer,
            Err(reason) => {
                tracing::debug!(%url, why = reason, "not checked for the feeds it names");
                return Vec::new();
            }
        };
        match parse(answer.clone()).await {
            Err(ParseFailure::Error(FeedError::NotAFeed { feeds, .. })) => {
                feeds_named(&answer, &feeds)
            }
            _ => Vec::new(),
        }
    }
}

/// The most hosts that are remembered.
const MOST_HOSTS: usize = 10_000;

/// Sends requests, and remembers the hosts that need compatibility mode.
pub(crate) struct PageClient {
    client: Client,
    /// Origins that need compatibility mode.
    plain: Mutex<HashSet<String>>,
}

impl PageClient {
    pub(crate) fn new(client: Client) -> Self {
        Self { client, plain: Mutex::default() }
    }

    /// Sends a request as polls do, from the start in compatibility mode if the host needs it.
    pub(crate) async fn send(&self, request: Request) -> Result<Response, SendError> {
        let origin = request.url.origin().ascii_serialization();
        let was_plain = request.is_plain || lock(&self.plain).contains(&origin);
        let request = Request { is_plain: was_plain, ..request };
        let (answer, is_plain) = send(&self.client, request).await;
        if is_plain && !was_plain && answer.is_ok() {
            self.remember(origin);
        }
        answer
    }

    fn remember(&self, origin: String) {
        let mut plain = lock(&self.plain);
        if plain.len() >= MOST_HOSTS {
            plain.clear();
        }
        plain.insert(origin);
    }
}
