//! Standard output as the target of alerts.

use wirefold_alerter::Printer;

/// Prints alerts on standard output.
pub(crate) struct StandardOutput;

impl Printer for StandardOutput {
    fn print(&self, line: &str) -> std::io::Result<()> {
        use std::io::Write;
        crate::output::print_line_styled(line)?;
        std::io::stdout().flush()
    }
}
