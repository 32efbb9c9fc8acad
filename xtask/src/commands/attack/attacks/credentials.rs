//! Links and redirects of a stranger that try to get the operator's login for the victim's site.

use super::super::loopback::{Answer, ReceivedRequest};
use super::super::scene::{Attack, ServerRequests};
use super::super::victim::rss;

pub(super) const ATTACK: Attack = Attack {
    name: "credentials",
    aim: "receive the login of [[access]], or use it by links and redirects",
    settings: |sites| {
        format!(
            "[[access]]\nurl = \"{}\"\nuser = \"desk\"\npassword = \"secret\"\n\
             headers = {{ X-Key = \"secret\", Cookie = \"session=secret\" }}\n",
            sites.victim
        )
    },
    feeds: |sites| {
        vec![
            ("links", format!("{}/links", sites.hostile)),
            ("to-private", format!("{}/to-private", sites.hostile)),
            ("away", format!("{}/away", sites.victim)),
        ]
    },
    answer: |asked, sites| match asked.path.as_str() {
        "/links" => rss(&format!(
            "<item><guid>1</guid><title>Linked</title><link>{}/private/page</link>\
             <description>A teaser.</description></item>",
            sites.victim
        )),
        "/to-private" => to(format!("{}/private/feed", sites.victim)),
        "/taken" => rss(""),
        _ => Answer::status(404),
    },
    at_victim: |asked, sites| match asked.path.as_str() {
        "/away" => to(format!("{}/taken", sites.hostile)),
        "/private/page" => Answer::ok("text/html", "<title>Private</title><p>A private page."),
        "/private/feed" => rss(""),
        _ => Answer::status(404),
    },
    faults: |_, requests| Ok(faults(requests)),
    ..Attack::PLAIN
};

fn to(target: String) -> Answer {
    Answer::With(302, vec![("location", target)], Vec::new())
}

fn faults(requests: &ServerRequests) -> Vec<String> {
    let has_login = |asked: &&ReceivedRequest| {
        ["authorization", "cookie", "x-key"].iter().any(|name| asked.headers.contains_key(*name))
    };
    let sent =
        |asked: &ReceivedRequest| format!("the login was sent to {}{}", asked.host, asked.path);
    let mut faults: Vec<String> = requests.hostile.iter().filter(has_login).map(sent).collect();
    let private = requests.victim.iter().filter(|asked| asked.path.starts_with("/private"));
    faults.extend(private.filter(has_login).map(sent));
    for (path, asked) in [("/feed", &requests.victim), ("/taken", &requests.hostile)] {
        if !asked.iter().any(|asked| asked.path == path) {
            faults.push(format!("{path} was not asked: nothing shown"));
        }
    }
    if !requests.victim.iter().filter(|asked| asked.path == "/feed").all(|asked| has_login(&asked))
    {
        faults.push("the victim's own feed was asked without the login: nothing shown".to_owned());
    }
    faults
}
