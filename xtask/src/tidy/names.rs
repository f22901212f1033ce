//! Names say what a thing is. Some words say nothing, and no file, module or item is called by them.

use super::rust_source::{find_words, is_word};
use super::{Finding, RustFile};

/// Words that say nothing.
const EMPTY_WORDS: [&str; 7] = ["utils", "util", "common", "helpers", "helper", "misc", "manager"];
/// Keywords before the name of an item.
const ITEM_KEYWORDS: [&str; 8] = ["fn", "struct", "enum", "trait", "mod", "type", "const", "static"];

/// Finds empty words in a path.
pub(crate) fn check_path(path: &str, findings: &mut Vec<Finding>) {
    for part in path.split('/') {
        let stem = part.trim_start_matches('.').split('.').next().unwrap_or_default();
        if let Some(word) = empty_word(stem) {
            findings.push(Finding {
                path: path.to_owned(),
                line: 0,
                message: format!("`{word}` in a path says nothing: name it by its subject"),
            });
        }
    }
}

/// Finds empty words in the names of items.
pub(crate) fn check_items(file: &RustFile, findings: &mut Vec<Finding>) {
    let code = &file.source.code;
    for keyword in ITEM_KEYWORDS {
        for at in find_words(code, keyword) {
            let after = code[at + keyword.len()..].trim_start();
            let end = after.bytes().position(|byte| !is_word(byte)).unwrap_or(after.len());
            let name = &after[..end];
            if let Some(word) = empty_word(name) {
                let message = format!("`{word}` in `{name}` says nothing: name it by its subject");
                findings.push(file.finding(file.source.line_of(at), message));
            }
        }
    }
}

/// The first word of `name` (in snake, kebab or camel case) that says nothing.
fn empty_word(name: &str) -> Option<&'static str> {
    let mut words = vec![String::new()];
    let mut before_lower = false;
    for character in name.chars() {
        let boundary = !character.is_alphanumeric() || (character.is_uppercase() && before_lower);
        if boundary {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| character.is_alphanumeric()) {
            word.extend(character.to_lowercase());
        }
        before_lower = character.is_lowercase();
    }
    EMPTY_WORDS.into_iter().find(|empty| words.iter().any(|word| word == empty))
}

#[cfg(test)]
mod tests {
    use super::{check_items, check_path, empty_word};
    use crate::tidy::{Finding, found_by};

    #[test]
    fn every_word_bites_in_every_case() {
        for name in ["utils", "block_utils", "KeyManager", "MISC", "test-helpers", "common", "UTIL_BYTES"] {
            assert!(empty_word(name).is_some(), "{name}");
        }
        for name in ["uncommon", "utilization", "commons_key", "management", "Miscount", ""] {
            assert_eq!(empty_word(name), None, "{name}");
        }
    }

    #[test]
    fn items_and_paths_are_looked_at_and_text_is_not() {
        assert_eq!(
            found_by(check_items, "a.rs", "// common\nlet x = \"mod utils\";\npub struct JobManager;\n"),
            ["a.rs:3: `manager` in `JobManager` says nothing: name it by its subject"]
        );
        let paths = |path: &str| {
            let mut findings = Vec::new();
            check_path(path, &mut findings);
            findings.iter().map(Finding::to_string).collect::<Vec<_>>()
        };
        assert_eq!(paths("crates/x/tests/common/mod.rs").len(), 1);
        assert_eq!(paths("tests/snapshot_upload.py").len(), 0);
    }
}
