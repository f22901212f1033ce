//! All SQL lives in one room.

use super::{Finding, RustFile};

/// The only room with SQL.
const ROOM: &str = "catalog";
/// How statements on rows begin.
const STATEMENTS: [&str; 5] = ["SELECT ", "INSERT INTO ", "INSERT OR ", "UPDATE ", "DELETE FROM "];

/// Finds string literals that are SQL statements outside the catalog.
pub(crate) fn check(file: &RustFile, findings: &mut Vec<Finding>) {
    if !file.path.starts_with("crates/") || file.path.starts_with(&format!("crates/{ROOM}/")) {
        return;
    }
    for literal in &file.source.strings {
        let text = literal.content.split_whitespace().collect::<Vec<_>>().join(" ") + " ";
        if STATEMENTS.iter().any(|statement| text.starts_with(statement)) {
            findings.push(file.finding(literal.line, format!("SQL outside the room {ROOM}")));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{STATEMENTS, check};
    use crate::tidy::found_by;

    #[test]
    fn every_statement_bites_outside_the_catalog_and_none_inside() {
        for statement in STATEMENTS {
            for text in [format!("f(\"{statement}x\");"), format!("f(r#\"\n   {statement}\n x\"#);")] {
                assert_eq!(found_by(check, "crates/service/src/a.rs", &text).len(), 1, "{text}");
                assert_eq!(found_by(check, "crates/catalog/src/a.rs", &text), [""; 0], "{text}");
            }
        }
    }

    #[test]
    fn sentences_and_comments_are_not_sql() {
        for text in
            ["f(\"select a snapshot\");", "// SELECT 1\n", "f(\"DELETE /rules/{id}\");", "f(\"UPDATED\");"]
        {
            assert_eq!(found_by(check, "crates/service/src/a.rs", text), [""; 0], "{text}");
        }
    }
}
