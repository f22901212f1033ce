//! What is in the tree is finished: no placeholders, no tests that are switched off, no debugging left behind.

use super::rust_source::find_words;
use super::{Finding, RustFile};

/// Macros that mean unfinished work.
const MACROS: [&str; 3] = ["todo", "unimplemented", "dbg"];

/// Finds placeholders, in tests too.
pub(crate) fn check(file: &RustFile, findings: &mut Vec<Finding>) {
    let code = &file.source.code;
    for name in MACROS {
        for at in find_words(code, name) {
            let after = code[at + name.len()..].trim_start();
            if after.starts_with('!') && !after.starts_with("!=") {
                findings.push(file.finding(file.source.line_of(at), format!("{name}! is left behind")));
            }
        }
    }
    for at in find_words(code, "ignore") {
        if code[..at].trim_end().ends_with("#[") {
            findings.push(file.finding(file.source.line_of(at), "a test that is switched off"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{MACROS, check};
    use crate::tidy::found_by;

    #[test]
    fn every_placeholder_bites() {
        for name in MACROS {
            assert_eq!(found_by(check, "a.rs", &format!("fn f() {{ {name}!(); }}")).len(), 1, "{name}");
        }
        assert_eq!(found_by(check, "a.rs", "#[test]\n#[ignore = \"slow\"]\nfn f() {}").len(), 1);
        assert_eq!(found_by(check, "a.rs", "#[ignore]\nfn f() {}").len(), 1);
    }

    #[test]
    fn speaking_of_them_is_free() {
        assert_eq!(found_by(check, "a.rs", "// todo!()\nf(\"dbg!\"); let ignore = todo != dbg;\n"), [""; 0]);
    }
}
