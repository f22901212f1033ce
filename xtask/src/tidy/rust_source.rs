//! Rust text taken apart: code, comments and literals, as far as rules about text need it.

/// The code of a Rust file with comments and the content of literals blanked out.
pub(crate) struct RustSource {
    /// As long as the file and with the same line ends; everything but code is spaces. Quotes of literals stay.
    pub(crate) code: String,
    /// The string literals, in order.
    pub(crate) strings: Vec<StringLiteral>,
}

/// A string literal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct StringLiteral {
    /// The line it begins on, from 1.
    pub(crate) line: usize,
    /// What stands between its quotes, escapes as written.
    pub(crate) content: String,
}

impl RustSource {
    /// Takes `text` apart. Text that is not Rust gives some code, never a failure.
    pub(crate) fn parse(text: &str) -> Self {
        let mut reader =
            Reader { text: text.as_bytes(), at: 0, line: 1, code: Vec::new(), strings: Vec::new() };
        while reader.at < reader.text.len() {
            reader.step();
        }
        Self { code: String::from_utf8_lossy(&reader.code).into_owned(), strings: reader.strings }
    }

    /// The line, from 1, of the byte at `offset` of the code.
    pub(crate) fn line_of(&self, offset: usize) -> usize {
        self.code.as_bytes().iter().take(offset).filter(|byte| **byte == b'\n').count() + 1
    }
}

/// Whether `byte` can stand in an identifier. Bytes of non-ASCII characters count as such.
pub(crate) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

/// Where `word` stands in `code` with no identifier character on either side.
pub(crate) fn find_words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let bytes = code.as_bytes();
    code.match_indices(word).map(|(at, _)| at).filter(move |at| {
        let before = at.checked_sub(1).and_then(|before| bytes.get(before));
        let after = bytes.get(at + word.len());
        !before.copied().is_some_and(is_word) && !after.copied().is_some_and(is_word)
    })
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
    code: Vec<u8>,
    strings: Vec<StringLiteral>,
}

impl Reader<'_> {
    fn step(&mut self) {
        let rest = &self.text[self.at..];
        if rest.starts_with(b"//") {
            let end = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
            self.blank(end);
        } else if rest.starts_with(b"/*") {
            self.blank(block_comment_length(rest));
        } else if rest[0] == b'"' {
            self.string(0, 0);
        } else if let Some((prefix, hashes)) = raw_string_start(rest).filter(|_| self.at_word_start()) {
            self.string(prefix, hashes);
        } else if rest[0] == b'\'' {
            self.quote(rest);
        } else {
            self.keep(1);
        }
    }

    fn at_word_start(&self) -> bool {
        !self.at.checked_sub(1).is_some_and(|before| is_word(self.text[before]))
    }

    fn keep(&mut self, length: usize) {
        for byte in &self.text[self.at..self.at + length] {
            self.line += usize::from(*byte == b'\n');
            self.code.push(*byte);
        }
        self.at += length;
    }

    fn blank(&mut self, length: usize) {
        for byte in &self.text[self.at..self.at + length] {
            self.line += usize::from(*byte == b'\n');
            self.code.push(if *byte == b'\n' { b'\n' } else { b' ' });
        }
        self.at += length;
    }

    /// A string literal whose quote stands `prefix` bytes on; raw if `prefix` is not 0.
    fn string(&mut self, prefix: usize, hashes: usize) {
        let line = self.line;
        self.keep(prefix + 1);
        let rest = &self.text[self.at..];
        let length = if prefix == 0 { plain_string_length(rest) } else { raw_string_length(rest, hashes) };
        let content = String::from_utf8_lossy(&rest[..length]).into_owned();
        self.strings.push(StringLiteral { line, content });
        self.blank(length);
        self.keep((1 + hashes).min(self.text.len() - self.at));
    }

    /// A character literal, or the tick of a lifetime.
    fn quote(&mut self, rest: &[u8]) {
        let length = match rest.get(1) {
            Some(b'\\') => rest.iter().skip(3).position(|byte| *byte == b'\'').map(|at| at + 4),
            Some(first) => {
                let width = match first {
                    0..=0x7f => 1,
                    0x80..=0xdf => 2,
                    0xe0..=0xef => 3,
                    _ => 4,
                };
                (rest.get(1 + width) == Some(&b'\'')).then_some(width + 2)
            }
            None => None,
        };
        match length {
            Some(length) => {
                self.keep(1);
                self.blank(length - 2);
                self.keep(1);
            }
            None => self.keep(1),
        }
    }
}

fn block_comment_length(rest: &[u8]) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with(b"/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if rest[at..].starts_with(b"*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                break;
            }
        } else {
            at += 1;
        }
    }
    at
}

/// The bytes before the quote and the number of hashes, if a raw string begins here.
fn raw_string_start(rest: &[u8]) -> Option<(usize, usize)> {
    let letters = [&b"br"[..], b"cr", b"r"].into_iter().find(|letters| rest.starts_with(letters))?.len();
    let hashes = rest[letters..].iter().take_while(|byte| **byte == b'#').count();
    (rest.get(letters + hashes) == Some(&b'"')).then_some((letters + hashes, hashes))
}

fn plain_string_length(rest: &[u8]) -> usize {
    let mut at = 0;
    while at < rest.len() && rest[at] != b'"' {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    at.min(rest.len())
}

fn raw_string_length(rest: &[u8], hashes: usize) -> usize {
    let closes = |at: usize| {
        rest[at] == b'"' && rest.len() > at + hashes && rest[at + 1..=at + hashes].iter().all(|b| *b == b'#')
    };
    (0..rest.len()).find(|at| closes(*at)).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::{RustSource, find_words};

    fn code(text: &str) -> String {
        let code = RustSource::parse(text).code;
        assert_eq!(code.len(), text.len(), "{text:?}");
        code.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn comments_are_not_code() {
        assert_eq!(code("a // { \" \n b /* { /* } */ ' */ c"), "a b c");
        assert_eq!(code("a /* never closed"), "a");
        assert_eq!(code("a /// it's\nb"), "a b");
    }

    #[test]
    fn literals_are_not_code() {
        assert_eq!(code(r#"f("{ \" // ", b"}", c)"#), r#"f(" ", b" ", c)"#);
        assert_eq!(code(r###"f(r#"{ " "#, br"\", x)"###), r###"f(r#" "#, br" ", x)"###);
        assert_eq!(
            code(r"f('{', '\'', '\u{7b}', '\\', b'{', 'é', '𝄞')"),
            "f(' ', ' ', ' ', ' ', b' ', ' ', ' ')"
        );
    }

    #[test]
    fn lifetimes_labels_and_raw_names_are_code() {
        assert_eq!(code("fn f<'a>(x: &'a str) { 'l: loop {} }"), "fn f<'a>(x: &'a str) { 'l: loop {} }");
        assert_eq!(code("r#fn; bar\"{\""), "r#fn; bar\" \"");
    }

    #[test]
    fn strings_know_their_line_and_content() {
        let source = RustSource::parse("a\n\"one\ntwo\" /* \n */ r\"three\"");
        let found: Vec<_> = source.strings.iter().map(|s| (s.line, s.content.as_str())).collect();
        assert_eq!(found, [(2, "one\ntwo"), (4, "three")]);
    }

    #[test]
    fn broken_text_ends() {
        for text in ["\"", "\"\\", "r#\"", "'", "'\\", "/*", "b'", "br##\"x\"#", "\u{fe0f}'"] {
            assert_eq!(RustSource::parse(text).code.len(), text.len(), "{text:?}");
        }
    }

    #[test]
    fn words_stand_alone() {
        assert_eq!(find_words("fn fnord a_fn fn", "fn").collect::<Vec<_>>(), [0, 14]);
    }
}
