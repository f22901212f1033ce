//! The documents that a stranger needs are there, and decisions are numbered without gaps.

use super::Finding;
use crate::files::TextFile;

/// Files that every clone has, none of them empty.
const REQUIRED: [&str; 10] = [
    ".ci/run",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "FORMAT.md",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "SECURITY.md",
    "SEMANTICS.md",
];
const DECISIONS: &str = "docs/decisions/";

/// Finds documents that are missing or empty, and decision records out of number.
pub(crate) fn check(files: &[TextFile], findings: &mut Vec<Finding>) {
    let mut find = |path: &str, message: &str| {
        findings.push(Finding { path: path.to_owned(), line: 0, message: message.to_owned() });
    };
    for required in REQUIRED {
        let there = files.iter().any(|file| file.path == required && !file.text.trim().is_empty());
        if !there {
            find(required, "this document is missing or empty");
        }
    }
    let mut names: Vec<&str> = files.iter().filter_map(|file| file.path.strip_prefix(DECISIONS)).collect();
    names.sort_unstable();
    if names.is_empty() {
        find(DECISIONS, "no decision is recorded");
    }
    for (index, name) in names.into_iter().enumerate() {
        if !name.starts_with(&format!("{:04}-", index + 1)) || !name.ends_with(".md") {
            find(&format!("{DECISIONS}{name}"), "decision records are NNNN-title.md, numbered without gaps");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{REQUIRED, check};
    use crate::files::TextFile;

    fn found(paths: &[&str], text: &str) -> Vec<String> {
        let files: Vec<TextFile> =
            paths.iter().map(|path| TextFile { path: (*path).to_owned(), text: text.to_owned() }).collect();
        let mut findings = Vec::new();
        check(&files, &mut findings);
        findings.into_iter().map(|finding| finding.path).collect()
    }

    #[test]
    fn every_document_is_required_and_may_not_be_empty() {
        let mut paths = REQUIRED.to_vec();
        paths.push("docs/decisions/0001-a.md");
        assert_eq!(found(&paths, "x"), [""; 0]);
        for required in REQUIRED {
            let others: Vec<&str> = paths.iter().copied().filter(|path| *path != required).collect();
            assert_eq!(found(&others, "x"), [required]);
        }
        assert_eq!(found(&paths, " \n").len(), REQUIRED.len());
    }

    #[test]
    fn decisions_are_numbered_without_gaps() {
        let mut paths = REQUIRED.to_vec();
        assert_eq!(found(&paths, "x"), ["docs/decisions/"]);
        paths.extend(["docs/decisions/0001-a.md", "docs/decisions/0003-b.md"]);
        assert_eq!(found(&paths, "x"), ["docs/decisions/0003-b.md"]);
    }
}
