//! Who may import whom: the table of rooms, checked against every crate's manifest.

use super::Finding;
use crate::files::TextFile;

/// A crate under `crates/` and the crates of ours that it may import.
pub(crate) struct Room {
    /// Its folder, which is also its name in `[workspace.dependencies]`.
    pub(crate) folder: &'static str,
    may_import: &'static [&'static str],
}

const fn room(folder: &'static str, may_import: &'static [&'static str]) -> Room {
    Room { folder, may_import }
}

/// The rooms, each before those that may import it.
pub(crate) const ROOMS: [Room; 8] = [
    room("ebs", &[]),
    room("iam", &["ebs"]),
    room("kms", &["ebs"]),
    room("aws-api", &["ebs"]),
    room("block-store", &["ebs"]),
    room("catalog", &["ebs"]),
    room("service", &["ebs", "iam", "kms", "block-store", "catalog"]),
    room("ebbstone", &["ebs", "iam", "kms", "aws-api", "block-store", "catalog", "service"]),
];

/// Finds imports that the table does not allow, crates that it does not know, and crates without the workspace's
/// lints. Dependencies of tests are free.
pub(crate) fn check(files: &[TextFile], findings: &mut Vec<Finding>) {
    for file in files {
        let Some(folder) = folder_of_manifest(&file.path) else { continue };
        let mut find = |line: usize, message: String| {
            findings.push(Finding { path: file.path.clone(), line, message });
        };
        let Some(room) = ROOMS.iter().find(|room| room.folder == folder) else {
            find(
                0,
                format!("`{folder}` is not in the table of rooms: say who may import it, and whom it may"),
            );
            continue;
        };
        for (line, name) in dependencies(&file.text) {
            let ours = ROOMS.iter().map(|room| room.folder).find(|ours| *ours == room_name(&name));
            if let Some(ours) = ours.filter(|ours| !room.may_import.contains(ours)) {
                find(line, format!("`{folder}` may not import `{ours}`"));
            }
        }
        if !takes_workspace_lints(&file.text) {
            find(0, "`[lints] workspace = true` is missing".to_owned());
        }
    }
}

fn folder_of_manifest(path: &str) -> Option<&str> {
    path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml").filter(|folder| !folder.contains('/'))
}

/// Our packages are called `ebbstone-FOLDER`, and the binary `ebbstone`.
fn room_name(dependency: &str) -> &str {
    dependency.strip_prefix("ebbstone-").unwrap_or(dependency)
}

/// What is imported by the code itself or its build script: line and name, and the `package` where one is named.
fn dependencies(manifest: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut inside = false;
    for (index, line) in manifest.lines().enumerate() {
        let line = line.split('#').next().unwrap_or_default().trim();
        if let Some(section) = line.strip_prefix('[').map(|section| section.trim_end_matches(']')) {
            let table = section.rsplit_once("dependencies");
            inside = table.is_some_and(|(before, after)| after.is_empty() && !before.ends_with("dev-"));
            if let Some((before, name)) = section.rsplit_once("dependencies.")
                && !before.ends_with("dev-")
            {
                found.push((index + 1, name.trim_matches('"').to_owned()));
                inside = false;
            }
        } else if inside && let Some((key, value)) = line.split_once('=') {
            let name = key.trim().split('.').next().unwrap_or_default().trim_matches('"');
            found.push((index + 1, name.to_owned()));
            found.extend(renamed_package(value).map(|package| (index + 1, package.to_owned())));
        }
    }
    found
}

fn renamed_package(value: &str) -> Option<&str> {
    value.split_once("package")?.1.split('"').nth(1)
}

fn takes_workspace_lints(manifest: &str) -> bool {
    let lines: Vec<&str> = manifest.lines().map(str::trim).collect();
    lines.contains(&"lints.workspace = true")
        || lines.windows(2).any(|pair| pair == ["[lints]", "workspace = true"])
}

#[cfg(test)]
mod tests {
    use super::{ROOMS, check};
    use crate::files::TextFile;

    fn found(folder: &str, dependencies: &str) -> Vec<String> {
        let text = format!("[package]\nname = \"x\"\n{dependencies}\n[lints]\nworkspace = true\n");
        let mut findings = Vec::new();
        check(&[TextFile { path: format!("crates/{folder}/Cargo.toml"), text }], &mut findings);
        findings.into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn every_pair_that_the_table_does_not_allow_bites() {
        let mut refused = 0;
        for importer in &ROOMS {
            for imported in &ROOMS {
                let name = imported.folder;
                let allowed = importer.may_import.contains(&name);
                for text in [
                    format!("[dependencies]\n{name}.workspace = true"),
                    format!("[dependencies]\nx = {{ package = \"ebbstone-{name}\", path = \"../x\" }}"),
                    format!("[target.'cfg(unix)'.dependencies]\n{name} = {{ workspace = true }}"),
                    format!("[build-dependencies]\nebbstone-{name} = \"0.1\""),
                    format!("[dependencies.{name}]\nworkspace = true"),
                ] {
                    assert_eq!(
                        found(importer.folder, &text).is_empty(),
                        allowed,
                        "{}: {text}",
                        importer.folder
                    );
                }
                refused += usize::from(!allowed);
            }
        }
        assert_eq!(refused, 8 * 8 - 5 - 5 - 7);
    }

    #[test]
    fn tests_may_import_anything_and_other_crates_do_not_matter() {
        assert_eq!(found("ebs", "[dev-dependencies]\ncatalog.workspace = true"), [""; 0]);
        assert_eq!(found("ebs", "[dev-dependencies.catalog]\nworkspace = true"), [""; 0]);
        assert_eq!(found("ebs", "[dependencies]\nthiserror.workspace = true # catalog = 1"), [""; 0]);
    }

    #[test]
    fn unknown_rooms_and_missing_lints_bite() {
        assert_eq!(found("attic", "").len(), 1);
        let mut findings = Vec::new();
        let text = "[package]\n[dependencies]\n".to_owned();
        check(&[TextFile { path: "crates/ebs/Cargo.toml".to_owned(), text }], &mut findings);
        assert_eq!(findings.len(), 1);
    }
}
