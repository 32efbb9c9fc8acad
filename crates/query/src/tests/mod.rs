mod language;
mod oracle;
