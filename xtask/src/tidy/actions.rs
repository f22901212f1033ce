//! Every action of the API that the code serves is promised in SEMANTICS.md.

use super::Finding;
use crate::files::TextFile;

/// Folders with one file per action.
const FOLDERS: [&str; 3] =
    ["crates/aws-api/src/ec2_query/", "crates/aws-api/src/ebs_direct/", "crates/aws-api/src/kms_json/"];
/// How the names of actions begin; other files in those folders are no actions.
const VERBS: [&str; 30] = [
    "attach", "cancel", "complete", "copy", "create", "decrypt", "delete", "describe", "detach", "disable",
    "enable", "encrypt", "generate", "get", "import", "list", "lock", "modify", "put", "re", "reset",
    "retire", "revoke", "rotate", "schedule", "start", "tag", "unlock", "untag", "update",
];
const SEMANTICS: &str = "SEMANTICS.md";

/// Finds actions that SEMANTICS.md does not name, if it is there.
pub(crate) fn check(files: &[TextFile], findings: &mut Vec<Finding>) {
    let Some(semantics) = files.iter().find(|file| file.path == SEMANTICS) else { return };
    let named: Vec<&str> = semantics.text.split(|c: char| !c.is_alphanumeric()).collect();
    for file in files {
        if let Some(action) = action_of(&file.path).filter(|action| !named.contains(&action.as_str())) {
            let message = format!("{SEMANTICS} does not say what {action} promises");
            findings.push(Finding { path: file.path.clone(), line: 0, message });
        }
    }
}

/// The action that the file at `path` is about: `CopySnapshot` for `copy_snapshot.rs`.
fn action_of(path: &str) -> Option<String> {
    let name = FOLDERS.iter().find_map(|folder| path.strip_prefix(folder))?.strip_suffix(".rs")?;
    let verb = name.split_once('_').map_or(name, |(verb, _)| verb);
    if name.contains('/') || !VERBS.contains(&verb) {
        return None;
    }
    let capitalized = name.split('_').map(|word| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        first.to_uppercase() + rest
    });
    Some(capitalized.collect())
}

#[cfg(test)]
mod tests {
    use super::{action_of, check};
    use crate::files::TextFile;

    #[test]
    fn files_are_actions_by_their_verb() {
        let action = |path: &str| action_of(path);
        assert_eq!(action("crates/aws-api/src/ec2_query/copy_snapshot.rs").as_deref(), Some("CopySnapshot"));
        assert_eq!(
            action("crates/aws-api/src/ebs_direct/list_changed_blocks.rs").as_deref(),
            Some("ListChangedBlocks")
        );
        assert_eq!(action("crates/aws-api/src/kms_json/encrypt.rs").as_deref(), Some("Encrypt"));
        assert_eq!(action("crates/aws-api/src/kms_json/re_encrypt.rs").as_deref(), Some("ReEncrypt"));
        for path in [
            "crates/aws-api/src/ec2_query/error_code.rs",
            "crates/aws-api/src/kms_json/tags.rs",
            "crates/aws-api/src/ec2_query/copy_snapshot/tests.rs",
        ] {
            assert_eq!(action(path), None, "{path}");
        }
    }

    #[test]
    fn an_action_that_is_not_promised_bites() {
        let file = |path: &str, text: &str| TextFile { path: path.to_owned(), text: text.to_owned() };
        let found = |semantics: &str| {
            let files =
                [file("crates/aws-api/src/ec2_query/create_tags.rs", ""), file("SEMANTICS.md", semantics)];
            let mut findings = Vec::new();
            check(&files, &mut findings);
            findings.len()
        };
        assert_eq!(found("## `CreateTags`: ..."), 0);
        assert_eq!(found("CreateTagsNot"), 1);
        assert_eq!(found("nothing"), 1);
    }
}
