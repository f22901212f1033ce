//! The files of the project.

use std::fs;
use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// Names that hold no source of ours. `.git` is a folder, or a file in a tree that shares its repository with another.
const SKIPPED: [&str; 6] = ["target", ".git", ".venv", "__pycache__", ".pytest_cache", "node_modules"];
/// Deepest folder that is looked into; a cycle of links ends here.
const DEPTH_MAX: usize = 16;

/// A text file of the project.
pub(crate) struct TextFile {
    /// Its path below the root, with `/` between the parts.
    pub(crate) path: String,
    /// What it says.
    pub(crate) text: String,
}

/// The folder of the workspace: where this package's folder stands.
///
/// # Errors
/// [`Failure::Missing`] if this package is not inside a workspace.
pub(crate) fn workspace_root() -> Result<PathBuf, Failure> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package
        .parent()
        .filter(|root| root.join("Cargo.toml").is_file())
        .map(Path::to_path_buf)
        .ok_or(Failure::Missing { what: "the workspace", remedy: "run `cargo xtask` inside the repository" })
}

/// Every text file below `root`, sorted by path; files that are not UTF-8 are left out.
///
/// # Errors
/// [`Failure::File`] if a folder or file cannot be read.
pub(crate) fn text_files(root: &Path) -> Result<Vec<TextFile>, Failure> {
    let mut found = Vec::new();
    collect(root, root, 0, &mut found)?;
    found.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

/// What the file at `path` says.
///
/// # Errors
/// [`Failure::File`] if it cannot be read.
pub(crate) fn read(path: &Path) -> Result<String, Failure> {
    fs::read_to_string(path).map_err(|source| Failure::File { path: path.to_path_buf(), source })
}

fn collect(root: &Path, folder: &Path, depth: usize, found: &mut Vec<TextFile>) -> Result<(), Failure> {
    if depth > DEPTH_MAX {
        return Ok(());
    }
    let fail = |source| Failure::File { path: folder.to_path_buf(), source };
    for entry in fs::read_dir(folder).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let kind = entry.file_type().map_err(fail)?;
        let path = entry.path();
        if SKIPPED.contains(&entry.file_name().to_string_lossy().as_ref()) {
            continue;
        }
        if kind.is_dir() {
            collect(root, &path, depth + 1, found)?;
        } else if kind.is_file() {
            let bytes = fs::read(&path).map_err(|source| Failure::File { path: path.clone(), source })?;
            if let Ok(text) = String::from_utf8(bytes) {
                found.push(TextFile { path: relative(root, &path), text });
            }
        }
    }
    Ok(())
}

fn relative(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    below.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::text_files;

    #[test]
    fn the_repository_is_no_source_whether_it_is_a_folder_or_a_file() {
        let root = tempfile::tempdir().expect("a folder");
        let write = |path: &str| fs::write(root.path().join(path), "gitdir: elsewhere\n").expect("writes");
        for folder in ["one", "one/.git", "other"] {
            fs::create_dir(root.path().join(folder)).expect("makes");
        }
        for file in ["one/.git/config", "one/.gitignore", "other/.git", "other/a.md"] {
            write(file);
        }
        let found = text_files(root.path()).expect("reads");
        let paths: Vec<_> = found.iter().map(|file| file.path.as_str()).collect();
        assert_eq!(paths, ["one/.gitignore", "other/a.md"]);
    }
}
