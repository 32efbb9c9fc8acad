//! A stranger's feed lists the victim's news as old before the victim publishes it.

use super::super::loopback::Answer;
use super::super::scene::Attack;
use super::super::victim::{news, rss};

pub(super) const ATTACK: Attack = Attack {
    name: "baseline",
    aim: "silence the victim's news by listing it first, as old",
    only_alerts: true,
    answer: |asked, sites| match asked.path.as_str() {
        "/feed" => {
            let dated = "<pubDate>Mon, 02 Mar 2020 10:00:00 GMT</pubDate></item>";
            rss(&news(&sites.victim).replace("</item>", dated))
        }
        _ => Answer::status(404),
    },
    ..Attack::PLAIN
};
