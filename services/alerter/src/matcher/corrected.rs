//! Finds which articles still have the error that another corrects.
//!
//! Comes in: an article with a correction. Goes out: the articles of its alerts that still say the same. It reads texts
//! for that alone.

use futures_util::future::try_join_all;
use wirefold_flow::BusError;
use wirefold_proto::AlertArticle;

use super::{Matcher, load};
use crate::engine::{IncomingArticle, find_uncorrected};

/// The most articles whose texts are read for one correction: those of two alerts.
const MOST: usize = 40;

impl Matcher<'_> {
    /// Finds which articles still have what a correction or retraction is about. Only the articles in its
    /// alerts are searched, so a restart finds the same.
    pub(super) async fn trace_correction(
        &mut self,
        incoming: &mut IncomingArticle,
    ) -> Result<(), BusError> {
        let targets = incoming.targets();
        for target in targets {
            self.load_shown_about(target).await?;
        }
        let mut known = self.engine.articles_about(&targets, incoming);
        if known.is_empty() {
            return Ok(());
        }
        known.drain(..known.len().saturating_sub(MOST));
        known.push(incoming.article());
        let bus = &*self.context.bus;
        let read = |article: AlertArticle| async move {
            let fetched = load::fetched(bus, article.fetched, article.id).await?;
            Ok::<_, BusError>(fetched.map(|it| (article, it)))
        };
        let texts: Vec<_> = try_join_all(known.into_iter().map(read)).await?;
        let texts: Vec<_> = texts.into_iter().flatten().collect();
        // Without the correction's own text there is nothing to compare with.
        if texts.last().is_some_and(|(article, _)| article.id == incoming.output.id) {
            incoming.set_carriers(find_uncorrected(&texts));
        }
        Ok(())
    }
}
