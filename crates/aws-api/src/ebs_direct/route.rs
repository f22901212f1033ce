//! Which action a method and a path ask for.

use ebs::{Refusal, SnapshotId};

use super::EbsAction;
use crate::{ApiError, WireError};

/// An action and what its path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EbsRoute {
    /// `POST /snapshots`
    StartSnapshot,
    /// `PUT /snapshots/{snapshot}/blocks/{index}`
    PutSnapshotBlock {
        /// The upload.
        snapshot: SnapshotId,
        /// The block's index.
        index: u64,
    },
    /// `POST /snapshots/completion/{snapshot}`
    CompleteSnapshot {
        /// The upload.
        snapshot: SnapshotId,
    },
    /// `GET /snapshots/{snapshot}/blocks/{index}`
    GetSnapshotBlock {
        /// The snapshot.
        snapshot: SnapshotId,
        /// The block's index.
        index: u64,
    },
    /// `GET /snapshots/{snapshot}/blocks`
    ListSnapshotBlocks {
        /// The snapshot.
        snapshot: SnapshotId,
    },
    /// `GET /snapshots/{second}/changedblocks`
    ListChangedBlocks {
        /// The later of the two snapshots; the earlier stands in the query.
        second: SnapshotId,
    },
}

impl EbsRoute {
    /// The action.
    pub fn action(&self) -> EbsAction {
        match self {
            Self::StartSnapshot => EbsAction::StartSnapshot,
            Self::PutSnapshotBlock { .. } => EbsAction::PutSnapshotBlock,
            Self::CompleteSnapshot { .. } => EbsAction::CompleteSnapshot,
            Self::GetSnapshotBlock { .. } => EbsAction::GetSnapshotBlock,
            Self::ListSnapshotBlocks { .. } => EbsAction::ListSnapshotBlocks,
            Self::ListChangedBlocks { .. } => EbsAction::ListChangedBlocks,
        }
    }
}

/// The action that `method` on `path` asks for. `path` is as in the request line, without the query. Ids and
/// indexes have no characters that are ever percent-encoded, so that nothing is decoded.
///
/// # Errors
/// [`WireError::UnknownOperation`] and [`WireError::MethodNotAllowed`]; [`Refusal::SnapshotIdMalformed`] and
/// [`Refusal::InvalidParameterValue`] if the path is an action's and what it names has not the form it must have.
pub fn route(method: &str, path: &str) -> Result<EbsRoute, ApiError> {
    let parts: Vec<&str> = path.strip_prefix('/').unwrap_or(path).splitn(6, '/').collect();
    Ok(match (parts.as_slice(), method) {
        (["snapshots"], "POST") => EbsRoute::StartSnapshot,
        (["snapshots", "completion", id], "POST") => EbsRoute::CompleteSnapshot { snapshot: snapshot(id)? },
        (["snapshots", id, "blocks"], "GET") => EbsRoute::ListSnapshotBlocks { snapshot: snapshot(id)? },
        (["snapshots", id, "changedblocks"], "GET") => EbsRoute::ListChangedBlocks { second: snapshot(id)? },
        (["snapshots", id, "blocks", index], "GET") => {
            EbsRoute::GetSnapshotBlock { snapshot: snapshot(id)?, index: block_index(index)? }
        }
        (["snapshots", id, "blocks", index], "PUT") => {
            EbsRoute::PutSnapshotBlock { snapshot: snapshot(id)?, index: block_index(index)? }
        }
        (["snapshots"] | ["snapshots", "completion", _], _) => {
            return Err(WireError::MethodNotAllowed { allowed: "POST" }.into());
        }
        (["snapshots", _, "blocks" | "changedblocks"], _) => {
            return Err(WireError::MethodNotAllowed { allowed: "GET" }.into());
        }
        (["snapshots", _, "blocks", _], _) => {
            return Err(WireError::MethodNotAllowed { allowed: "GET, PUT" }.into());
        }
        _ => return Err(WireError::UnknownOperation.into()),
    })
}

fn snapshot(text: &str) -> Result<SnapshotId, Refusal> {
    text.parse().map_err(|_| Refusal::SnapshotIdMalformed(text.to_owned()))
}

fn block_index(text: &str) -> Result<u64, Refusal> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| digits).ok_or_else(|| Refusal::InvalidParameterValue {
        parameter: "BlockIndex",
        value: text.to_owned(),
        expected: "a block's number",
    })
}

#[cfg(test)]
mod tests {
    use super::{EbsRoute, route};
    use crate::{ApiError, WireError};
    use ebs::Refusal;
    use proptest::prelude::*;

    #[test]
    fn every_action_has_its_path() {
        let snapshot = "snap-0123456789abcdef0".parse().expect("a snapshot id");
        for (method, path, expected) in [
            ("POST", "/snapshots", EbsRoute::StartSnapshot),
            (
                "PUT",
                "/snapshots/snap-0123456789abcdef0/blocks/7",
                EbsRoute::PutSnapshotBlock { snapshot, index: 7 },
            ),
            ("POST", "/snapshots/completion/snap-0123456789abcdef0", EbsRoute::CompleteSnapshot { snapshot }),
            (
                "GET",
                "/snapshots/snap-0123456789abcdef0/blocks/18446744073709551615",
                EbsRoute::GetSnapshotBlock { snapshot, index: u64::MAX },
            ),
            ("GET", "/snapshots/snap-0123456789abcdef0/blocks", EbsRoute::ListSnapshotBlocks { snapshot }),
            (
                "GET",
                "/snapshots/snap-0123456789abcdef0/changedblocks",
                EbsRoute::ListChangedBlocks { second: snapshot },
            ),
        ] {
            assert_eq!(route(method, path), Ok(expected), "{method} {path}");
        }
    }

    #[test]
    fn other_paths_and_methods_are_refused() {
        let id = "snap-0123456789abcdef0";
        let allow = |allowed| ApiError::from(WireError::MethodNotAllowed { allowed });
        let index = |value: &str| {
            ApiError::from(Refusal::InvalidParameterValue {
                parameter: "BlockIndex",
                value: value.into(),
                expected: "a block's number",
            })
        };
        for (method, path, error) in [
            ("GET", "/", WireError::UnknownOperation.into()),
            ("POST", "/snapshots/", WireError::UnknownOperation.into()),
            ("POST", "/Snapshots", WireError::UnknownOperation.into()),
            ("GET", &format!("/snapshots/{id}/blocks/1/2"), WireError::UnknownOperation.into()),
            ("GET", &"/".repeat(1000), WireError::UnknownOperation.into()),
            ("GET", "/snapshots", allow("POST")),
            ("post", "/snapshots", allow("POST")),
            ("GET", &format!("/snapshots/completion/{id}"), allow("POST")),
            ("POST", &format!("/snapshots/{id}/blocks"), allow("GET")),
            ("DELETE", &format!("/snapshots/{id}/changedblocks"), allow("GET")),
            ("POST", &format!("/snapshots/{id}/blocks/1"), allow("GET, PUT")),
            ("GET", "/snapshots/vol-1/blocks", Refusal::SnapshotIdMalformed("vol-1".into()).into()),
            ("POST", "/snapshots/completion/", Refusal::SnapshotIdMalformed(String::new()).into()),
            ("GET", &format!("/snapshots/{id}/blocks/-1"), index("-1")),
            ("GET", &format!("/snapshots/{id}/blocks/+1"), index("+1")),
            ("GET", &format!("/snapshots/{id}/blocks/"), index("")),
            ("PUT", &format!("/snapshots/{id}/blocks/18446744073709551616"), index("18446744073709551616")),
        ] {
            assert_eq!(route(method, path), Err(error), "{method} {path}");
        }
    }

    proptest! {
        #[test]
        fn no_path_panics(method in "GET|PUT|POST", path in "(/?(snapshots|completion|blocks|snap-[0-9a-f]{8}|.{0,9})){0,7}") {
            let _ = route(&method, &path);
        }
    }
}
