//! Files and functions stay short enough to be held in the head.

use super::rust_source::{find_words, is_word};
use super::test_code::{body_end, body_start};
use super::{Finding, RustFile};

/// Most lines of a file, its tests not counted.
const FILE_LINES_MAX: usize = 600;
/// Most lines of a function, from its `fn` to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;
/// The same for tests, which may hold a table of cases.
const TEST_FUNCTION_LINES_MAX: usize = 100;

/// Finds files and functions that are too long.
pub(crate) fn check(file: &RustFile, findings: &mut Vec<Finding>) {
    let lines = file.test_lines.iter().filter(|test| !**test).count();
    if lines > FILE_LINES_MAX {
        let message = format!("{lines} lines without tests; at most {FILE_LINES_MAX}: split it by subject");
        findings.push(file.finding(0, message));
    }
    let code = &file.source.code;
    for at in find_words(code, "fn") {
        let name: String = code[at + 2..].trim_start().chars().take_while(|c| is_word_char(*c)).collect();
        let Some(open) = body_start(code, at).filter(|_| !name.is_empty()) else { continue };
        let first = file.source.line_of(at);
        let lines = file.source.line_of(body_end(code, open) - 1) - first + 1;
        let most = if file.is_test(first) { TEST_FUNCTION_LINES_MAX } else { FUNCTION_LINES_MAX };
        if lines > most {
            let message = format!("fn {name} has {lines} lines; at most {most}");
            findings.push(file.finding(first, message));
        }
    }
}

fn is_word_char(character: char) -> bool {
    !character.is_ascii() || u8::try_from(character).is_ok_and(is_word)
}

#[cfg(test)]
mod tests {
    use super::check;
    use crate::tidy::found_by;

    fn function(body_lines: usize) -> String {
        format!("fn long(x: [u8; 2]) {{\n{}}}\n", "    // {\n".repeat(body_lines))
    }

    #[test]
    fn functions_of_70_lines_pass_and_of_71_do_not() {
        assert_eq!(found_by(check, "a.rs", &function(68)), [""; 0]);
        assert_eq!(found_by(check, "a.rs", &function(69)), ["a.rs:1: fn long has 71 lines; at most 70"]);
    }

    #[test]
    fn functions_of_tests_have_100_lines() {
        assert_eq!(found_by(check, "tests/a.rs", &function(98)), [""; 0]);
        assert_eq!(
            found_by(check, "tests/a.rs", &function(99)),
            ["tests/a.rs:1: fn long has 101 lines; at most 100"]
        );
    }

    #[test]
    fn braces_in_literals_and_comments_do_not_count() {
        let text = format!("fn a() {{ f('{{', \"{{\", r#\"{{\"#); }} // {{\n{}", "\n".repeat(100));
        assert_eq!(found_by(check, "a.rs", &text), [""; 0]);
    }

    #[test]
    fn declarations_and_pointers_have_no_length() {
        let text = format!("trait T {{ fn a(&self);\n{}fn b(x: fn(u8) -> u8) {{}} }}\n", "\n".repeat(100));
        assert_eq!(found_by(check, "a.rs", &text), [""; 0]);
    }

    #[test]
    fn files_of_600_lines_pass_and_of_601_do_not_tests_not_counted() {
        let tests = format!("#[cfg(test)]\nmod tests {{\n{}}}\n", "\n".repeat(500));
        assert_eq!(found_by(check, "a.rs", &("\n".repeat(600) + &tests)), [""; 0]);
        assert_eq!(
            found_by(check, "a.rs", &("\n".repeat(601) + &tests)),
            ["a.rs: 601 lines without tests; at most 600: split it by subject"]
        );
    }
}
