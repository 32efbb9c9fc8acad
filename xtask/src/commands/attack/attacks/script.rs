//! Titles, authors and links that are scripts, on the page and in the feeds for feed readers.

use super::super::loopback::Answer;
use super::super::scene::Attack;
use super::super::victim::{rss, text};
use crate::running::Running;

const TITLE: &str = "Shown &lt;img src=x onerror=alert(1)&gt;&lt;script&gt;alert(2)&lt;/script&gt; \
                     &quot;&gt;&lt;svg onload=alert(3)&gt;";

pub(super) const ATTACK: Attack = Attack {
    name: "script",
    aim: "run a script in the reader's browser",
    answer: |asked, sites| match asked.path.as_str() {
        "/feed" => rss(&format!(
            "<item><guid>1</guid><title>{TITLE}</title><link>{}/1?q=&quot;&gt;&lt;script&gt;\
             </link><author>{TITLE}</author><category>{TITLE}</category><description>{}&lt;script&gt;\
             alert(4)&lt;/script&gt; “We {TITLE} shall never {TITLE} leave this town again,” said {TITLE}.\
             </description><enclosure url=\"{}/e?{TITLE}\" type=\"{TITLE}\" length=\"{TITLE}\"/>\
             <source url=\"http://else.example/{TITLE}\">{TITLE}</source><guid>{TITLE}</guid>\
             </item><item><guid>2</guid><title>Linked</title>\
             <link>javascript:alert(5)</link><description>{}</description></item>\
             <item xml:base=\"javascript:alert(6)//\"><guid>3</guid><title>Based</title><link>a</link>\
             <description>{}</description></item>",
            sites.hostile,
            text(60),
            sites.hostile,
            text(61),
            text(62)
        )),
        _ => Answer::status(404),
    },
    faults: |running, _| faults(running),
    ..Attack::PLAIN
};

fn faults(running: &Running) -> anyhow::Result<Vec<String>> {
    let mut faults = Vec::new();
    let mut is_shown = false;
    let stories = running.json("/api/v1/stories?limit=100")?;
    let stories = stories["stories"].as_array().cloned().unwrap_or_default();
    let ids = stories.iter().filter_map(|it| it["id"].as_str().or(it["story"].as_str()));
    let mut paths =
        ["/", "/feeds", "/alerts", "/about", "/feeds/all.atom"].map(str::to_owned).to_vec();
    paths.extend(ids.map(|id| format!("/stories/{id}")));
    for path in paths {
        let page = match running.get(&path) {
            Ok(page) => page,
            Err(error) => {
                faults.push(format!("{path}: {error:#}"));
                continue;
            }
        };
        is_shown |= page.contains("Shown &lt;img") || page.contains("Shown");
        let is_there = |mark: &&&str| page.contains(**mark);
        let marks = ["<img src=x", "<script>alert", "<svg onload", "href=\"javascript:"];
        faults.extend(marks.iter().filter(is_there).map(|mark| format!("{path} holds {mark}")));
    }
    if !is_shown {
        faults.push("no page shows the title: nothing shown".to_owned());
    }
    Ok(faults)
}
