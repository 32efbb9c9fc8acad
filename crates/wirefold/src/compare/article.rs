//! One of the two articles under comparison.

use std::path::{Path, PathBuf};

use wirefold_text::Text;

use crate::exit::Exit;
use crate::input::{self, Input, Reading};
use crate::output;
use crate::progress::Progress;

/// An article with its text.
pub(crate) struct Article {
    pub(super) id: String,
    pub(super) text: Text,
}

/// Why there is no article.
pub(super) struct Refused {
    pub(super) what: String,
    pub(super) exit: Exit,
}

impl Article {
    /// An article under the name that it is shown by.
    pub(crate) fn new(name: String, text: &str) -> Article {
        Article { id: name, text: Text::new(text) }
    }

    /// The text as it was given.
    pub(crate) fn original(&self) -> &str {
        self.text.original()
    }

    /// Reads the one article in a file.
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
                Ok(Article::new(input.id, &input.text))
            }
            (0, Some(refused)) => Err(refused),
            (many, _) => Err(Refused {
                what: format!("{}: {many} articles in it, one is wanted", path.display()),
                exit: Exit::Usage,
            }),
        }
    }
}
