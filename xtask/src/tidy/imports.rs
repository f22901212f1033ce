//! Every name can be traced: no glob imports outside tests, and no room hands out another room's items.

use super::manifests::ROOMS;
use super::rust_source::find_words;
use super::{Finding, RustFile};

/// Finds glob imports, and `pub use` of another room.
pub(crate) fn check(file: &RustFile, findings: &mut Vec<Finding>) {
    let code = &file.source.code;
    for at in find_words(code, "use") {
        let line = file.source.line_of(at);
        let end = code[at..].find(';').map_or(code.len(), |length| at + length);
        let import = code[at + 3..end].trim();
        if file.is_test(line) {
            continue;
        }
        if import.contains('*') {
            findings.push(file.finding(line, "a glob import: name what is used"));
        }
        if code[..at].trim_end().ends_with("pub")
            && let Some(room) = other_room(file, import)
        {
            let message = format!("`pub use` of the room {room}: its users import it themselves");
            findings.push(file.finding(line, message));
        }
    }
}

/// The room other than the file's own that `import` begins with.
fn other_room(file: &RustFile, import: &str) -> Option<&'static str> {
    let own = file.room()?;
    let first = import.trim_start_matches("::").split("::").next().unwrap_or_default().trim();
    let declared = format!("mod {first}");
    let local = find_words(&file.source.code, &declared).next().is_some();
    ROOMS
        .iter()
        .map(|room| room.folder)
        .find(|folder| *folder != own && folder.replace('-', "_") == first && !local)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::found_by;

    const PATH: &str = "crates/service/src/lib.rs";

    #[test]
    fn globs_bite_outside_tests_only() {
        let glob = "a glob import: name what is used";
        assert_eq!(found_by(check, PATH, "use ebs::*;\n"), [format!("{PATH}:1: {glob}")]);
        assert_eq!(found_by(check, PATH, "\nuse ebs::{\n  tag::*,\n};\n"), [format!("{PATH}:2: {glob}")]);
        assert_eq!(found_by(check, PATH, "#[cfg(test)]\nmod tests {\n  use super::*;\n}\n"), [""; 0]);
        assert_eq!(found_by(check, "crates/service/tests/a.rs", "use ebs::*;\n"), [""; 0]);
        assert_eq!(found_by(check, PATH, "use ebs::Tag;\nlet x = 2 * y;\n"), [""; 0]);
    }

    #[test]
    fn rooms_are_not_handed_on() {
        let found = found_by(check, PATH, "pub use block_store::Store;\n");
        assert_eq!(found.len(), 1, "{found:?}");
        for text in
            ["pub use crate::a::B;\n", "use block_store::Store;\n", "mod catalog;\npub use catalog::B;\n"]
        {
            assert_eq!(found_by(check, PATH, text), [""; 0], "{text}");
        }
        assert_eq!(found_by(check, "crates/catalog/src/lib.rs", "pub use catalog::B;\n"), [""; 0]);
    }
}
