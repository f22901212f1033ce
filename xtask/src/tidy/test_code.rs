//! Which Rust code is compiled for tests only.

use std::collections::BTreeSet;

use super::RustFile;
use super::rust_source::{RustSource, find_words, is_word};
use crate::files::TextFile;

/// Folders whose Rust files are tests, wherever they stand.
const TEST_FOLDERS: [&str; 3] = ["tests", "benches", "fuzz"];

/// The Rust files among `files`, each with its test lines marked.
pub(crate) fn read_all(files: &[TextFile]) -> Vec<RustFile> {
    let rust = files.iter().filter(|file| file.path.ends_with(".rs"));
    let mut read: Vec<RustFile> = rust
        .map(|file| {
            let source = RustSource::parse(&file.text);
            let test_lines = vec![false; source.code.lines().count()];
            RustFile { path: file.path.clone(), source, test_lines }
        })
        .collect();
    let mut test_modules = BTreeSet::new();
    for file in &mut read {
        mark_items(file, &mut test_modules);
    }
    for file in &mut read {
        if is_test_path(&file.path) || test_modules.iter().any(|module| is_of_module(&file.path, module)) {
            file.test_lines.fill(true);
        }
    }
    read
}

/// Where the item that begins at `from` ends: after its `;`, or after the brace that closes its body.
pub(crate) fn item_end(code: &str, from: usize) -> usize {
    match body_start(code, from) {
        Some(open) => body_end(code, open),
        None => code[from..].find(';').map_or(code.len(), |at| from + at + 1),
    }
}

/// Where the body of the item that begins at `from` opens, if it has one.
pub(crate) fn body_start(code: &str, from: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (at, byte) in code.bytes().enumerate().skip(from) {
        match byte {
            b'(' | b'[' => depth += 1,
            b')' | b']' => depth -= 1,
            b';' if depth == 0 => return None,
            b'{' if depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

/// Where the body that opens at `open` ends: after its closing brace.
pub(crate) fn body_end(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(open) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth <= 1 => return at + 1,
            b'}' => depth -= 1,
            _ => {}
        }
    }
    code.len()
}

/// Marks the test items of `file`, and adds test modules kept in files of their own to `modules`, as paths
/// without `.rs`.
fn mark_items(file: &mut RustFile, modules: &mut BTreeSet<String>) {
    let code = &file.source.code;
    let mut regions = Vec::new();
    for (at, _) in code.match_indices("#[") {
        let Some(close) = attribute_end(code, at) else { continue };
        if !is_test_attribute(&code[at + 2..close - 1]) {
            continue;
        }
        let item = skip_attributes(code, close);
        let end = item_end(code, item);
        if let Some(name) = out_of_line_module(&code[item..end]) {
            modules.insert(format!("{}{name}", module_folder(&file.path)));
        }
        regions.push((file.source.line_of(at), file.source.line_of(end.saturating_sub(1))));
    }
    for (first, last) in regions {
        let last = last.min(file.test_lines.len());
        if let Some(lines) = file.test_lines.get_mut(first - 1..last) {
            lines.fill(true);
        }
    }
}

fn attribute_end(code: &str, at: usize) -> Option<usize> {
    let mut depth = 0_i32;
    for (offset, byte) in code[at..].bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => depth -= 1,
            _ => continue,
        }
        if depth == 0 {
            return Some(at + offset + 1);
        }
    }
    None
}

fn is_test_attribute(inside: &str) -> bool {
    let text: String = inside.split_whitespace().collect();
    let path = text.split('(').next().unwrap_or_default();
    path == "test" || path.ends_with("::test") || text == "cfg(test)" || text.starts_with("cfg(all(test,")
}

fn skip_attributes(code: &str, mut at: usize) -> usize {
    loop {
        at += code[at..].len() - code[at..].trim_start().len();
        if !code[at..].starts_with("#[") {
            return at;
        }
        match attribute_end(code, at) {
            Some(end) => at = end,
            None => return at,
        }
    }
}

/// The name of the module that `item` declares, if its body is in another file.
fn out_of_line_module(item: &str) -> Option<&str> {
    let declaration = item.trim_end().strip_suffix(';')?;
    let at = find_words(declaration, "mod").next()?;
    let name = declaration[at + 3..].trim();
    (!name.is_empty() && name.bytes().all(is_word)).then_some(name)
}

/// The folder of the modules that the file at `path` declares, with a `/` at its end.
fn module_folder(path: &str) -> String {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let (folder, name) = stem.rsplit_once('/').unwrap_or(("", stem));
    if matches!(name, "lib" | "main" | "mod") { format!("{folder}/") } else { format!("{stem}/") }
}

fn is_of_module(path: &str, module: &str) -> bool {
    path.strip_prefix(module).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

fn is_test_path(path: &str) -> bool {
    path.ends_with("/tests.rs") || path.split('/').any(|part| TEST_FOLDERS.contains(&part))
}

#[cfg(test)]
mod tests {
    use super::read_all;
    use crate::files::TextFile;

    fn test_lines(files: &[(&str, &str)], path: &str) -> Vec<usize> {
        let files: Vec<TextFile> = files
            .iter()
            .map(|(path, text)| TextFile { path: (*path).to_owned(), text: (*text).to_owned() })
            .collect();
        let read = read_all(&files);
        let file = read.iter().find(|file| file.path == path).expect("the file was given");
        (1..=file.test_lines.len()).filter(|line| file.is_test(*line)).collect()
    }

    #[test]
    fn test_modules_and_functions_are_marked_whole() {
        let text = "fn a() {}\n#[cfg(test)]\n#[rustfmt::skip]\nmod tests {\n  fn b() { {} }\n}\nfn c() {}\n";
        assert_eq!(test_lines(&[("a.rs", text)], "a.rs"), [2, 3, 4, 5, 6]);
        let text = "#[tokio::test(flavor = \"x\")]\nasync fn a() {\n}\n#[test]\nfn b() {}\nfn c() {}";
        assert_eq!(test_lines(&[("a.rs", text)], "a.rs"), [1, 2, 3, 4, 5]);
    }

    #[test]
    fn code_for_production_is_not_marked() {
        let text = "#[cfg(not(test))]\nfn a() {}\n#[cfg(any(test, unix))]\nfn b() {}\n#[latest]\nfn c() {}\n";
        assert_eq!(test_lines(&[("a.rs", text)], "a.rs"), [0_usize; 0]);
    }

    #[test]
    fn an_array_in_a_signature_is_not_its_end() {
        let text = "#[test]\nfn a(x: [u8; 2]) -> [u8; 2] {\n  x\n}\nfn b() {}\n";
        assert_eq!(test_lines(&[("a.rs", text)], "a.rs"), [1, 2, 3, 4]);
    }

    #[test]
    fn modules_in_other_files_follow_their_declaration() {
        let files = [
            ("crates/x/src/lib.rs", "#[cfg(test)]\nmod oracle;\nmod real;\n"),
            ("crates/x/src/oracle.rs", "fn a() {}\n"),
            ("crates/x/src/oracle/deep.rs", "fn a() {}\n"),
            ("crates/x/src/oracle_of_note.rs", "fn a() {}\n"),
            ("crates/x/src/real.rs", "#[cfg(test)] mod model;\n"),
            ("crates/x/src/real/model.rs", "fn a() {}\n"),
            ("crates/x/tests/black.rs", "fn a() {}\n"),
        ];
        for (path, lines) in [
            ("crates/x/src/oracle.rs", 1),
            ("crates/x/src/oracle/deep.rs", 1),
            ("crates/x/src/oracle_of_note.rs", 0),
            ("crates/x/src/real/model.rs", 1),
            ("crates/x/tests/black.rs", 1),
        ] {
            assert_eq!(test_lines(&files, path).len(), lines, "{path}");
        }
    }
}
