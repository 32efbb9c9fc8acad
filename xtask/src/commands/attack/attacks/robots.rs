//! A robots.txt that redirects for ever, beside a feed of teasers whose pages are wanted.

use super::super::loopback::Answer;
use super::super::scene::Attack;
use super::super::victim::rss;

/// Far more requests for robots.txt than a few attempts with their redirects need.
const MOST: usize = 100;

pub(super) const ATTACK: Attack = Attack {
    name: "robots",
    aim: "make wirefold ask for ever, by a robots.txt that redirects for ever",
    answer: |asked, sites| match asked.path.as_str() {
        "/feed" => {
            let item = |at| {
                format!(
                    "<item><guid>{at}</guid><title>Teaser {at}</title><link>{}/page/{at}</link>\
                     <description>A teaser.</description></item>",
                    sites.hostile
                )
            };
            rss(&(0..50).map(item).collect::<String>())
        }
        path if path.starts_with("/robots.txt") => {
            let next = format!("{}{path}x", sites.hostile);
            Answer::With(302, vec![("location", next)], Vec::new())
        }
        _ => Answer::status(404),
    },
    faults: |_, requests| {
        let asked = requests.hostile.iter().filter(|it| it.path.starts_with("/robots.txt")).count();
        let fault = match asked {
            0 => Some("robots.txt was not asked for: nothing shown".to_owned()),
            asked => (asked > MOST).then(|| format!("{asked} requests for robots.txt")),
        };
        Ok(fault.into_iter().collect())
    },
    ..Attack::PLAIN
};
