//! One of the two articles under comparison.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use wirefold_dedup::Described;
use wirefold_gateway::shapes::GivenText;

use crate::exit::Exit;
use crate::fold::Identity;
use crate::input::{self, Input, Reading};
use crate::output;
use crate::progress::Progress;

/// An article with its text and its other fields.
pub(crate) struct Article {
    /// The name under which it is shown.
    pub(super) id: String,
    input: Input,
}

/// Why a file has no article.
pub(super) struct Refused {
    pub(super) what: String,
    pub(super) exit: Exit,
}

impl Article {
    /// An article under this name.
    pub(crate) fn new(name: String, input: Input) -> Article {
        Article { id: name, input }
    }

    /// The article as the API takes it.
    pub(crate) fn given(&self) -> GivenText {
        let known = &self.input;
        let title = Some(known.title.clone()).filter(|title| !title.is_empty());
        let published = known.published.or(known.seen);
        GivenText {
            text: known.text.clone(),
            title,
            outlet: known.outlet.clone(),
            url: known.url.clone().or(known.page.clone()),
            published: published.and_then(|time| Timestamp::from_second(time).ok()),
        }
    }

    /// The title, or "".
    pub(super) fn title(&self) -> &str {
        &self.input.title
    }

    /// When it claims to be published, or else when it was seen, in seconds since 1970.
    pub(super) fn time(&self) -> Option<i64> {
        self.input.published.or(self.input.seen)
    }

    /// The item ids and the page of the article.
    pub(super) fn identity(&self) -> Identity<'_> {
        Identity::of(&self.input)
    }

    /// The article for the detector.
    pub(super) fn described<'a>(
        &'a self,
        identity: &'a Identity<'_>,
        items: &'a [&'a str],
    ) -> Described<'a> {
        let incoming = identity.incoming(items, &self.input.text);
        let Input { seen, published, .. } = self.input;
        Described { incoming, seen: seen.or(published), published: published.or(seen) }
    }

    /// Reads the article in a file, which must have exactly one.
    pub(super) fn read(path: &Path) -> Result<Article, Refused> {
        let (mut found, mut refused): (Vec<Input>, Option<Refused>) = (Vec::new(), None);
        let read = input::read(&[PathBuf::from(path)], &Progress::hidden(), &mut |reading| {
            match reading {
                Reading::Article(article) => found.push(*article),
                Reading::Note(what) | Reading::Warning(what) => {
                    output::note(format_args!("note: {what}"));
                }
                Reading::Problem(what) => refused = Some(Refused { what, exit: Exit::Failure }),
                Reading::Missing(what) => refused = Some(Refused { what, exit: Exit::NotFound }),
            }
            Ok(())
        });
        if let Err(error) = read {
            return Err(Refused { what: format!("{error:#}"), exit: Exit::Failure });
        }
        match (found.len(), refused) {
            (1, problem) => {
                if let Some(problem) = problem {
                    output::note(format_args!("note: {}", problem.what));
                }
                let input = found.remove(0);
                Ok(Article::new(input.id.clone(), input))
            }
            (0, Some(refused)) => Err(refused),
            (many, _) => Err(Refused {
                what: format!("{}: it has {many} articles, but must have one", path.display()),
                exit: Exit::Usage,
            }),
        }
    }
}
