//! Renders messages by the operator's templates (Jinja, by the crate `minijinja`).
//!
//! Comes in: templates of the settings, and an alert. Goes out: title and text. If a template fails, the
//! default text is sent with a line that says so.

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value};
use serde_json::json;
use wirefold_proto::{AlertFirst, Volume};

use super::{Message, Text, describe};
use crate::wording::line;

/// The longest rendered title and text, in characters.
const LONGEST_TITLE: usize = 500;
const LONGEST_TEXT: usize = 16_000;
impl CompiledTemplates {
    /// The message by these templates. If one fails, the default text with a line that says so.
    pub(crate) fn apply(&self, message: &Message<'_>, usual: Text) -> Text {
        match self.rendered(message, &usual) {
            Ok(text) => text,
            Err(error) => {
                let alert = &message.alert.id;
                tracing::warn!(%alert, %error, "a template failed: sending the default text");
                let told =
                    format!("The template of this delivery failed: {}", line(&error.to_string()));
                let lines = usual.lines.into_iter().chain([told]).collect();
                Text::plain(usual.title, lines)
            }
        }
    }

    fn rendered(&self, message: &Message<'_>, usual: &Text) -> Result<Text, minijinja::Error> {
        let names = Value::from(Serde(names(message, usual)));
        let render = |name: &str| {
            let template = self.environment.get_template(name).ok();
            template.map(|template| template.render(names.clone())).transpose()
        };
        let title = render(TITLE)?.map_or_else(|| usual.title.clone(), |title| bounded(&title));
        Ok(match render(TEXT)? {
            Some(text) => {
                let text: String = text.chars().take(LONGEST_TEXT).collect();
                Text::plain(title, text.trim_end().lines().map(line).collect())
            }
            None => Text::plain(title, usual.lines.clone()),
        })
    }
}

/// A title on one line, short enough for every channel.
fn bounded(rendered: &str) -> String {
    line(rendered).chars().take(LONGEST_TITLE).collect()
}

/// The values of the [names](NAMES) that templates can use.
fn names(message: &Message<'_>, usual: &Text) -> serde_json::Value {
    let alert = message.alert;
    let articles = alert.articles.iter().map(|article| {
        let (outlet, title) = (line(&article.outlet_label()), line(&article.title));
        json!({ "outlet": outlet, "title": title, "url": article.url })
    });
    let why = alert.reasons.iter().map(|reason| line(&describe(reason)));
    json!({
        "title": usual.title,
        "lines": usual.lines,
        "headline": line(&alert.headline.title),
        "subscription": message.subscription,
        "state": alert.state.as_str(),
        "loud": alert.volume == Volume::Loud,
        "demo": message.demo,
        "revision": alert.revision,
        "why": why.collect::<Vec<String>>(),
        "outlets": alert.outlets,
        "copies": alert.copies,
        "versions": alert.versions,
        "stories": alert.stories,
        "first": alert.first.as_ref().map(AlertFirst::outlet_label),
        "matched": alert.matched,
        "page": message.page,
        "articles": articles.collect::<Vec<_>>(),
    })
}

/// The most steps of one template.
const FUEL: u64 = 50_000;

pub(super) const TITLE: &str = "title_template";

pub(super) const TEXT: &str = "template";

/// The names that templates can use; docs/deliveries.md lists them.
pub(super) const NAMES: [&str; 17] = [
    "title", "lines", "headline", "subscription", "state", "loud", "demo", "revision", "why",
    "outlets", "copies", "versions", "stories", "first", "matched", "page", "articles",
];

/// Jinja templates for the messages of a delivery. Without one, the default text is used.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Templates {
    /// For the title.
    pub title: Option<String>,
    /// For the lines below it.
    pub text: Option<String>,
}

/// The compiled templates of one delivery.
pub(crate) struct CompiledTemplates {
    pub(super) environment: Environment<'static>,
}

impl CompiledTemplates {
    /// Compiles templates; none if the default text is wanted.
    ///
    /// # Errors
    /// Which template cannot be compiled, where, and what was expected.
    pub(crate) fn read(templates: &Templates) -> Result<Option<Self>, String> {
        if *templates == Templates::default() {
            return Ok(None);
        }
        let mut environment = Environment::new();
        // An unknown name is a typing error and must not become an empty text.
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        environment.set_fuel(Some(FUEL));
        for (name, source) in [(TITLE, &templates.title), (TEXT, &templates.text)] {
            if let Some(source) = source {
                let read = environment.add_template_owned(name, source.clone());
                read.map_err(|error| error.to_string())?;
                check_names(&environment, name)?;
            }
        }
        Ok(Some(Self { environment }))
    }
}

/// Refuses a template with unknown names.
fn check_names(environment: &Environment<'_>, template: &str) -> Result<(), String> {
    let read = environment.get_template(template).map_err(|error| error.to_string())?;
    let is_known = |name: &String| {
        NAMES.contains(&name.as_str()) || environment.globals().any(|(global, _)| global == name)
    };
    let mut strange: Vec<String> = read.undeclared_variables(false).into_iter().collect();
    strange.sort_unstable();
    match strange.iter().find(|name| !is_known(name)) {
        Some(name) => {
            Err(format!("{template}: nothing is called {name:?}; there are {}", NAMES.join(", ")))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::NAMES;
    use super::Templates;
    use super::*;
    use crate::by_hand::sample;

    fn message<'a>(
        alert: &'a wirefold_proto::Alert,
        templates: Option<&'a CompiledTemplates>,
    ) -> Message<'a> {
        Message { templates, ..Message::of(alert, "Desk", None, wirefold_flow::UnixMillis(0)) }
    }

    fn read(title: &str, text: &str) -> Result<Option<CompiledTemplates>, String> {
        let source = |given: &str| Some(given.to_owned()).filter(|it| !it.is_empty());
        CompiledTemplates::read(&Templates { title: source(title), text: source(text) })
    }

    fn filled(title: &str, text: &str) -> Text {
        let templates = read(title, text).unwrap();
        let mut alert = sample("desk", wirefold_flow::UnixMillis(0));
        alert.headline.title = "Cranes <still>".to_owned();
        alert.outlets = 6;
        crate::text::of(&message(&alert, templates.as_ref()))
    }

    #[test]
    fn a_message_is_told_in_the_operators_words() {
        let text = filled(
            "{{ subscription }}: {{ headline }}",
            "{{ outlets }} outlets\n{{ why | join('; ') }}\n",
        );
        assert_eq!(text.title, "Desk: Cranes <still>");
        assert_eq!(text.lines, ["6 outlets", "sent by `wirefold alert test desk`"]);
        assert!(text.html.contains("Cranes &lt;still&gt;"), "{}", text.html);
        let only_title = filled("{{ state | upper }} {{ title }}", "");
        assert_eq!(
            (only_title.title.as_str(), &only_title.lines),
            ("NEW Cranes <still>", &filled("", "").lines)
        );
    }

    #[test]
    fn errors_in_templates_name_line_and_column() {
        let error = read("", "{{ outlets }}\n{% if %}").err().unwrap();
        assert!(error.contains("template:2"), "{error}");
        assert!(read("{{", "").is_err());
        assert!(read("", "").unwrap().is_none());
        let strange = read("", "{% set own = title %}{{ own }} {{ nosuch }}").err().unwrap();
        assert!(strange.contains("nothing is called \"nosuch\"; there are title, "), "{strange}");
        let looped =
            "{% for one in articles %}{{ loop.index }}{{ range(2) }}{{ one.title }}{% endfor %}";
        assert!(read(looped, &format!("{{{{ {} }}}}", NAMES.join(" ~ "))).is_ok());
        let alert = sample("desk", wirefold_flow::UnixMillis(0));
        let usual = Text::plain(String::new(), Vec::new());
        let sent = message(&alert, None);
        let known = names(&sent, &usual);
        let known: std::collections::BTreeSet<&str> =
            known.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(known, NAMES.into(), "every name, and no other");
    }

    #[test]
    fn one_that_fails_sends_the_usual_text_and_says_so() {
        let usual = filled("", "");
        let endless =
            "{% for a in range(9000) %}{% for b in range(9000) %}x{% endfor %}{% endfor %}";
        for wrong in ["{{ articles[99].title }}", "{{ 1 / 0 }}", endless] {
            let text = filled("", wrong);
            assert_eq!(text.title, usual.title);
            assert_eq!(text.lines[..usual.lines.len()], usual.lines);
            let last = text.lines.last().unwrap();
            assert!(last.starts_with("The template of this delivery failed: "), "{last}");
        }
    }
}
