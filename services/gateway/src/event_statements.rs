//! Reads the statements and corrections of an event, or takes them from the cache.

use std::sync::Arc;

use wirefold_proto::EventId;

use crate::Inner;
use crate::corrections::{self, CorrectionsError};
use crate::statement_cache::EventStatements;

/// The statements of an event.
pub(crate) async fn of_event(
    inner: &Inner,
    event: EventId,
) -> Result<Arc<EventStatements>, CorrectionsError> {
    let now = inner.clock.now();
    if let Some(said) = inner.statement_cache.of(event, now) {
        return Ok(said);
    }
    let statements = inner.projection.statements(event).await?;
    let is_large = statements.unread_articles > 0;
    let said = Arc::new((statements, corrections::of_event(inner, event).await?));
    if is_large {
        inner.statement_cache.keep(event, now, said.clone());
    }
    Ok(said)
}
