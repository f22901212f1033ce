//! `cargo xtask tidy`: the house rules that a program can check. Each rule is a file under `tidy/` with tests
//! that show it to bite.

mod actions;
mod ambient;
mod dependencies;
mod documents;
mod imports;
mod length;
mod machine_paths;
mod manifests;
mod names;
mod placeholders;
mod rust_source;
mod sql;
mod test_code;

use std::fmt;
use std::path::Path;

use crate::failure::Failure;
use crate::files::{self, TextFile};
use rust_source::RustSource;

/// A place that breaks a rule.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The file, below the root.
    pub(crate) path: String,
    /// The line, from 1; 0 if the file as a whole is meant.
    pub(crate) line: usize,
    /// What is wrong and what to do.
    pub(crate) message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.message),
            line => write!(f, "{}:{line}: {}", self.path, self.message),
        }
    }
}

/// A Rust file with what the rules want to know of it.
pub(crate) struct RustFile {
    /// Its path below the root.
    pub(crate) path: String,
    /// Its code, told apart from its comments and strings.
    pub(crate) source: RustSource,
    /// For each line, from 0: whether it is compiled for tests only.
    pub(crate) test_lines: Vec<bool>,
}

impl RustFile {
    /// Whether the line, from 1, is compiled for tests only.
    pub(crate) fn is_test(&self, line: usize) -> bool {
        line.checked_sub(1).and_then(|index| self.test_lines.get(index)).copied().unwrap_or(false)
    }

    /// The folder under `crates/` that the file is in, if it is the crate's own code (`src/`).
    pub(crate) fn room(&self) -> Option<&str> {
        let (room, inside) = self.path.strip_prefix("crates/")?.split_once('/')?;
        inside.starts_with("src/").then_some(room)
    }

    fn finding(&self, line: usize, message: impl Into<String>) -> Finding {
        Finding { path: self.path.clone(), line, message: message.into() }
    }
}

/// Checks the tree below `root` and prints every finding.
///
/// # Errors
/// [`Failure::Untidy`] if a rule is broken, [`Failure::File`] if the tree cannot be read, [`Failure::Program`] if cargo
/// cannot resolve the dependencies.
pub(crate) fn run(root: &Path) -> Result<(), Failure> {
    let files = files::text_files(root)?;
    let mut findings = check(&files);
    dependencies::check(root, &mut findings)?;
    for finding in &findings {
        println!("{finding}");
    }
    println!("tidy: {} files, {} findings", files.len(), findings.len());
    if findings.is_empty() { Ok(()) } else { Err(Failure::Untidy { findings: findings.len() }) }
}

/// Everything in `files` that breaks a rule, by path and line.
fn check(files: &[TextFile]) -> Vec<Finding> {
    let rust_files = test_code::read_all(files);
    let mut findings = Vec::new();
    for file in &rust_files {
        length::check(file, &mut findings);
        names::check_items(file, &mut findings);
        imports::check(file, &mut findings);
        sql::check(file, &mut findings);
        ambient::check(file, &mut findings);
        placeholders::check(file, &mut findings);
    }
    for file in files {
        names::check_path(&file.path, &mut findings);
        machine_paths::check(file, &mut findings);
    }
    manifests::check(files, &mut findings);
    documents::check(files, &mut findings);
    actions::check(files, &mut findings);
    findings.sort_by(|a, b| (&a.path, a.line).cmp(&(&b.path, b.line)));
    findings
}

/// What `rule` finds in a Rust file of this path and text.
#[cfg(test)]
fn found_by(rule: fn(&RustFile, &mut Vec<Finding>), path: &str, text: &str) -> Vec<String> {
    let files = [TextFile { path: path.to_owned(), text: text.to_owned() }];
    let mut findings = Vec::new();
    for file in test_code::read_all(&files) {
        rule(&file, &mut findings);
    }
    findings.iter().map(Finding::to_string).collect()
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::files::TextFile;

    #[test]
    fn findings_come_sorted_and_name_their_place() {
        let file = |path: &str, text: &str| TextFile { path: path.to_owned(), text: text.to_owned() };
        let files = [
            file("crates/ebs/src/b.rs", "fn f() {\n    todo!()\n}\n"),
            file("crates/ebs/src/a_utils.rs", "use x::*;\n"),
        ];
        let places: Vec<String> = check(&files)
            .iter()
            .filter(|finding| finding.path.ends_with(".rs"))
            .map(|finding| format!("{}:{}", finding.path, finding.line))
            .collect();
        assert_eq!(
            places,
            ["crates/ebs/src/a_utils.rs:0", "crates/ebs/src/a_utils.rs:1", "crates/ebs/src/b.rs:2"]
        );
    }
}
