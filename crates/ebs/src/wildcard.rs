//! Matching text against patterns with wildcards, for languages that write their patterns differently.

/// What a piece of a pattern stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wildcard {
    /// Any characters, or none.
    Any,
    /// Any one character.
    One,
    /// This character.
    Literal(char),
}

/// Whether `text` matches `pattern`, of which `wildcard` tells what a piece stands for (a piece that stands for nothing
/// matches nothing), and how many steps it took to tell: at most
/// (length of the pattern + 1) x (length of the text + 1), whatever the pattern, as only the last `*` is tried again.
pub fn matches<Piece>(
    pattern: &[Piece],
    wildcard: impl Fn(&Piece) -> Option<Wildcard>,
    text: &str,
) -> (bool, usize) {
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t, mut steps) = (0, 0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while t < text.len() {
        steps += 1;
        match pattern.get(p).and_then(&wildcard) {
            Some(Wildcard::Any) => {
                retry = Some((p, t));
                p += 1;
            }
            Some(Wildcard::One) => (p, t) = (p + 1, t + 1),
            Some(Wildcard::Literal(character)) if character == text[t] => (p, t) = (p + 1, t + 1),
            _ => {
                let Some((star, from)) = retry else { return (false, steps) };
                retry = Some((star, from + 1));
                (p, t) = (star + 1, from + 1);
            }
        }
    }
    (pattern[p..].iter().all(|piece| wildcard(piece) == Some(Wildcard::Any)), steps)
}
