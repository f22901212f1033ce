//! Nothing in the tree knows the machine that it was written on.

use super::Finding;
use crate::files::TextFile;

/// Folders at the root of somebody's machine, without their slash so that this file does not find itself.
const FOLDERS: [&str; 4] = ["root", "work", "home", "Users"];

/// Finds absolute paths below those folders, in files of every kind.
pub(crate) fn check(file: &TextFile, findings: &mut Vec<Finding>) {
    for (index, line) in file.text.lines().enumerate() {
        for folder in FOLDERS {
            if names_folder(line, folder) {
                findings.push(Finding {
                    path: file.path.clone(),
                    line: index + 1,
                    message: format!("an absolute path below `{folder}` at the root of a machine"),
                });
            }
        }
    }
}

fn names_folder(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].strip_suffix('/').map(|rest| rest.chars().next_back());
        let after = line[at + folder.len()..].chars().next();
        let starts = before.is_some_and(|before| before.is_none_or(|c| !is_path(c)));
        starts && after.is_none_or(|c| c == '/' || !is_path(c))
    })
}

/// Whether a path may go on with this character: then it did not begin, or does not end, here.
fn is_path(character: char) -> bool {
    character.is_alphanumeric() || "/._-~*}$)>\\".contains(character)
}

#[cfg(test)]
mod tests {
    use super::{FOLDERS, check};
    use crate::files::TextFile;

    fn found(text: &str) -> usize {
        let mut findings = Vec::new();
        check(&TextFile { path: "a.md".to_owned(), text: text.to_owned() }, &mut findings);
        findings.len()
    }

    #[test]
    fn every_folder_bites() {
        for folder in FOLDERS {
            for text in [format!("cd /{folder}"), format!("x=\"/{folder}/y\""), format!("`/{folder}/y`")] {
                assert_eq!(found(&text), 1, "{text}");
            }
        }
    }

    #[test]
    fn other_paths_pass() {
        for text in [
            "a/work/b",
            "/workspace",
            "example.org/home",
            "${X}/root",
            "../root/x",
            "the root/home of",
            "work",
        ] {
            assert_eq!(found(text), 0, "{text}");
        }
    }
}
