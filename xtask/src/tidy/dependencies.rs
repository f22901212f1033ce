//! Licences and banned crates: `deny.toml`, held against what cargo resolves for this machine. Advisories and sources
//! are left to cargo-deny, which reads the same file.

use std::collections::BTreeSet;
use std::iter::Peekable;
use std::path::Path;
use std::process::Command;
use std::vec::IntoIter;

use super::Finding;
use crate::failure::Failure;

/// The rules, below the root.
const RULES: &str = "deny.toml";
/// What separates a package from its licence: neither has it.
const SEPARATOR: char = '\t';

/// Finds packages in the dependency graph, those of tests included, that `deny.toml` does not let in.
///
/// # Errors
/// [`Failure::File`] without the rules, [`Failure::Program`] if cargo cannot resolve the graph.
pub(crate) fn check(root: &Path, findings: &mut Vec<Finding>) -> Result<(), Failure> {
    let path = root.join(RULES);
    let rules = std::fs::read_to_string(&path).map_err(|source| Failure::File { path, source })?;
    judge(&rules, &tree(root)?, findings);
    Ok(())
}

fn tree(root: &Path) -> Result<String, Failure> {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let format = format!("{{p}}{SEPARATOR}{{l}}");
    let mut command = Command::new(&program);
    command.current_dir(root).args(["tree", "--workspace", "--locked", "--edges", "all", "--prefix", "none"]);
    command.args(["--format", &format]);
    let start = |source| Failure::Start { program: program.to_string_lossy().into_owned(), source };
    let output = command.stderr(std::process::Stdio::inherit()).output().map_err(start)?;
    if !output.status.success() {
        return Err(Failure::Program { command: format!("{command:?}"), status: output.status });
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn judge(rules: &str, tree: &str, findings: &mut Vec<Finding>) {
    let allowed = strings_of(rules, "allow = [");
    let banned = banned(rules);
    let packages = tree.lines().filter_map(|line| line.split_once(SEPARATOR)).collect::<BTreeSet<_>>();
    for (package, licence) in packages {
        let mut find = |message: String| {
            findings.push(Finding {
                path: RULES.to_owned(),
                line: 0,
                message: format!("{package}: {message}"),
            });
        };
        let name = package.split_whitespace().next().unwrap_or_default();
        if banned.contains(name) {
            find("the crate is banned".to_owned());
        }
        // Cargo marks what it has shown before.
        let licence = licence.trim().trim_end_matches("(*)").trim_end();
        if !Expression::of(licence).satisfied_by(&allowed) {
            find(format!("the licence `{licence}` is not allowed"));
        }
    }
}

/// The strings of the list that begins with the line `opening`.
fn strings_of<'a>(rules: &'a str, opening: &str) -> BTreeSet<&'a str> {
    let list = rules.lines().skip_while(|line| line.trim() != opening).skip(1);
    list.take_while(|line| line.trim() != "]").filter_map(|line| line.split('"').nth(1)).collect()
}

fn banned(rules: &str) -> BTreeSet<&str> {
    rules.lines().filter_map(|line| line.trim().strip_prefix("{ crate = \"")?.split('"').next()).collect()
}

/// An SPDX expression, as far as crates write them; `/` is their old way to write `OR`.
struct Expression(Peekable<IntoIter<String>>);

impl Expression {
    fn of(text: &str) -> Self {
        let spaced = text.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
        let words: Vec<String> = spaced.split_whitespace().map(str::to_owned).collect();
        Self(words.into_iter().peekable())
    }

    /// Whether one may choose licences that are all in `allowed`. What cannot be read is not allowed.
    fn satisfied_by(mut self, allowed: &BTreeSet<&str>) -> bool {
        self.any_of(allowed) && self.0.next().is_none()
    }

    fn any_of(&mut self, allowed: &BTreeSet<&str>) -> bool {
        let mut is_allowed = self.all_of(allowed);
        while self.0.next_if(|word| word == "OR").is_some() {
            is_allowed |= self.all_of(allowed);
        }
        is_allowed
    }

    fn all_of(&mut self, allowed: &BTreeSet<&str>) -> bool {
        let mut is_allowed = self.one(allowed);
        while self.0.next_if(|word| word == "AND").is_some() {
            is_allowed &= self.one(allowed);
        }
        is_allowed
    }

    fn one(&mut self, allowed: &BTreeSet<&str>) -> bool {
        if self.0.next_if(|word| word == "(").is_some() {
            return self.any_of(allowed) & self.0.next_if(|word| word == ")").is_some();
        }
        let Some(mut licence) = self.0.next() else { return false };
        if self.0.next_if(|word| word == "WITH").is_some() {
            licence = [licence, self.0.next().unwrap_or_default()].join(" WITH ");
        }
        allowed.contains(licence.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::judge;

    const RULES: &str = "[licenses]\nallow = [\n    \"MIT\",\n    \"ISC\", # why\n]\n\n[bans]\ndeny = [\n    \
                         { crate = \"ring\", reason = \"why\" },\n]\n";

    fn found(package: &str, licence: &str) -> Vec<String> {
        let mut findings = Vec::new();
        judge(RULES, &format!("{package}\t{licence}\n{package}\t{licence} (*)\n"), &mut findings);
        findings.dedup();
        findings.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn licences_are_allowed_if_one_may_choose_allowed_ones_only() {
        for licence in ["MIT", "GPL-3.0 OR MIT", "MIT/GPL-3.0", "MIT AND ISC", "ISC AND (GPL-3.0 OR MIT)"] {
            assert!(found("a v1.0.0", licence).is_empty(), "{licence}");
        }
        for licence in [
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "GPL-3.0 OR",
            "(MIT",
            "MIT ISC",
            "MIT WITH an-exception",
            "mit",
        ] {
            assert_eq!(found("a v1.0.0", licence).len(), 1, "{licence}");
        }
    }

    #[test]
    fn banned_crates_are_found_by_their_whole_name() {
        assert_eq!(found("ring v0.17.0", "MIT"), ["ring v0.17.0: the crate is banned"]);
        assert!(found("ring-buffer v0.1.0", "MIT").is_empty());
    }

    #[test]
    fn the_rules_of_this_project_are_read() {
        let rules = include_str!("../../../deny.toml");
        let mut findings = Vec::new();
        judge(rules, "ring v0.17.0\tApache-2.0 AND ISC\nb v1.0.0\tAGPL-3.0-only\n", &mut findings);
        assert_eq!(findings.len(), 2, "{findings:?}");
    }
}
