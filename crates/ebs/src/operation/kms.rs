//! What each action of KMS takes and gives back, one file per subject.
//!
//! Keys are named in requests as clients write them, since an alias means what it means when the request is served;
//! answers name them in full. Lengths and forms of texts have been judged where a request was decoded. Whether tags,
//! policies, aliases and principals are legal has not.

pub mod aliases;
pub mod cryptography;
pub mod grants;
pub mod keys;
pub mod plaintext;
pub mod policies;
pub mod rotation;
pub mod tags;

pub use plaintext::Plaintext;

/// Which part of a listing is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPage<Cursor> {
    /// Most items to answer with. A page may be shorter.
    pub limit: u32,
    /// The last item of the page before, if there is one.
    pub after: Option<Cursor>,
}
