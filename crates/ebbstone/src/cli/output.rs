//! What commands print: a JSON document, or lines for people.

use std::error::Error;
use std::io::{self, Write};

use serde::Serialize;

use super::error::{CliError, client_code, client_exit_code, with_causes};
use crate::client::ClientError;

/// Where the outcome of a command goes, and what is wrong with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    json: bool,
}

impl Output {
    /// JSON, or lines for people.
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    /// Prints `document` as JSON if that is asked for, and else what `lines` makes.
    ///
    /// # Errors
    ///
    /// [`CliError::Output`] if standard output takes no more.
    pub(crate) fn print<T: Serialize>(
        self,
        document: &T,
        lines: impl FnOnce(&T) -> String,
    ) -> Result<(), CliError> {
        let mut text = if self.json {
            serde_json::to_string_pretty(document)
                .expect("reports have text keys only, so they always serialize")
        } else {
            lines(document)
        };
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        let mut out = io::stdout().lock();
        out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(CliError::Output)
    }

    /// Says an error and its causes on standard error, in a line, with the service's code and our exit code if JSON is
    /// asked for.
    pub(super) fn say(self, error: &dyn Error, code: Option<&str>, exit_code: u8) {
        let message = with_causes(error);
        self.say_line(&message, &Complaint { error: Told { message: &message, code, exit_code } });
    }

    /// As [`Output::say`], of a failed call or transfer.
    pub(super) fn say_failure(self, error: &ClientError) {
        self.say(error, client_code(error), client_exit_code(error));
    }

    /// Says on standard error what else there is to know.
    pub(super) fn note(self, note: &str) {
        self.say_line(note, &Remark { note });
    }

    fn say_line(self, text: &str, document: &impl Serialize) {
        let mut line = if self.json {
            serde_json::to_string(document).expect("texts and numbers always serialize")
        } else {
            format!("ebbstone: {}", printable(text))
        };
        line.push('\n');
        // There is nowhere left to complain to.
        let _ = io::stderr().write_all(line.as_bytes());
    }
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Complaint<'a> {
    error: Told<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Told<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'a str>,
    exit_code: u8,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Remark<'a> {
    note: &'a str,
}

/// A table: columns as wide as their widest cell, two spaces between them, nothing after the last one. Control
/// characters of cells, which a terminal would obey, are replaced.
pub(super) fn table(heads: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| printable(cell)).collect()).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(heads.get(column).map(|head| head.len())).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..heads.len()).map(width).collect();
    let mut text = String::new();
    let head_row: Vec<String> = heads.iter().map(|head| (*head).to_owned()).collect();
    for row in std::iter::once(&head_row).chain(&rows) {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(&format!("{cell:<width$}  "));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// `text` with U+FFFD in place of its control characters.
pub(super) fn printable(text: &str) -> String {
    text.chars().map(|one| if one.is_control() { char::REPLACEMENT_CHARACTER } else { one }).collect()
}

#[cfg(test)]
mod tests {
    use super::table;

    #[test]
    fn columns_are_aligned_and_harmless() {
        let rows =
            [vec!["snap-1".to_owned(), String::new()], vec!["s".to_owned(), "a\u{1b}[2J\u{e9}".to_owned()]];
        assert_eq!(table(&["ID", "TAGS"], &rows), "ID      TAGS\nsnap-1\ns       a\u{fffd}[2J\u{e9}\n");
        assert_eq!(table(&["ID"], &[]), "ID\n");
    }
}
