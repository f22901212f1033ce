//! Below the binary, time and randomness come in through ports, so that tests and simulations decide them.

use super::rust_source::find_words;
use super::{Finding, RustFile};

/// The crate that may ask the system: it makes the ports.
const BINARY: &str = "ebbstone";
/// Ways around the ports.
const AMBIENT: [(&str, &str); 10] = [
    ("SystemTime::now", "ebs::Clock"),
    ("Instant::now", "ebs::Clock"),
    ("Timestamp::now", "ebs::Clock"),
    ("Zoned::now", "ebs::Clock"),
    ("Utc::now", "ebs::Clock"),
    ("thread_rng", "ebs::Randomness"),
    ("SystemRandom", "ebs::Randomness"),
    ("OsRng", "ebs::Randomness"),
    ("getrandom", "ebs::Randomness"),
    ("Uuid", "ids drawn by the caller"),
];

/// Finds code of the rooms below the binary, tests apart, that reads a clock or draws random numbers by itself.
pub(crate) fn check(file: &RustFile, findings: &mut Vec<Finding>) {
    if file.room().is_none_or(|room| room == BINARY) {
        return;
    }
    let code = &file.source.code;
    for (name, instead) in AMBIENT {
        for line in find_words(code, name).map(|at| file.source.line_of(at)) {
            if !file.is_test(line) {
                findings.push(file.finding(line, format!("{name} below the binary: use {instead}")));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{AMBIENT, check};
    use crate::tidy::found_by;

    #[test]
    fn every_name_bites_below_the_binary_outside_tests_only() {
        for (name, _) in AMBIENT {
            let text = format!(
                "fn f() {{ std::{name}(); }}\n#[cfg(test)]\nmod tests {{ fn f() {{ {name}(); }} }}\n"
            );
            assert_eq!(found_by(check, "crates/service/src/a.rs", &text).len(), 1, "{name}");
            assert_eq!(found_by(check, "crates/service/tests/a.rs", &text), [""; 0], "{name}");
            assert_eq!(found_by(check, "crates/ebbstone/src/a.rs", &text), [""; 0], "{name}");
        }
    }

    #[test]
    fn the_port_itself_is_free() {
        assert_eq!(
            found_by(check, "crates/service/src/a.rs", "let now = clock.now(); // Instant::now\n"),
            [""; 0]
        );
    }
}
