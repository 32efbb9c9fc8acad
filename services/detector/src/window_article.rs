//! The data that the service stores for each article of the window, in addition to the data of
//! `fold`.

use serde::{Deserialize, Serialize};
use wirefold_fold::{DocId, IdTable};

use crate::groups::CountedArticle;

/// The articles of the window by the numbers that `fold` gives them.
pub(crate) type WindowArticles = IdTable<DocId, WindowArticle>;

/// An article of the window.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct WindowArticle {
    pub(crate) counted: CountedArticle,
    pub(crate) byline: String,
}
