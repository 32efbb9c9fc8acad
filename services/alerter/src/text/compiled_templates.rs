//! The operator's templates for the messages of a delivery, compiled and checked.

use minijinja::{Environment, UndefinedBehavior};

/// The most steps of one template.
const FUEL: u64 = 50_000;

pub(super) const TITLE: &str = "title_template";

pub(super) const TEXT: &str = "template";

/// The names that templates can use; docs/deliveries.md lists them.
pub(super) const NAMES: [&str; 18] = [
    "title", "lines", "headline", "subscription", "state", "loud", "demo", "revision", "why",
    "outlets", "origins", "copies", "versions", "stories", "first", "matched", "page", "articles",
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
