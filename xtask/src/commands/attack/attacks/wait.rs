//! A redirect to the victim's 503 answer, which asks for no request for a day.

use super::super::loopback::Answer;
use super::super::scene::Attack;

pub(super) const ATTACK: Attack = Attack {
    name: "retry-after",
    aim: "stop the victim's feed for a day by its own 503",
    answer: |asked, sites| match asked.path.as_str() {
        "/feed" => Answer::With(302, vec![("location", format!("{}/busy", sites.victim))], vec![]),
        _ => Answer::status(404),
    },
    at_victim: |asked, _| match asked.path.as_str() {
        "/busy" => Answer::With(503, vec![("retry-after", "86400".to_owned())], Vec::new()),
        _ => Answer::status(404),
    },
    faults: |_, requests| {
        let was_asked = requests.victim.iter().any(|asked| asked.path == "/busy");
        Ok((!was_asked)
            .then(|| "the redirect was not followed: nothing shown".to_owned())
            .into_iter()
            .collect())
    },
    ..Attack::PLAIN
};
