//! `Limit` and `Marker` of listings, and the places that markers stand for.
//!
//! A marker goes on in the listing that gave it: that of the same account, region and action, with the same members
//! but for `Limit`.

use ebs::operation::kms::KeyPage;
use ebs::operation::kms::rotation::MaterialCursor;
use ebs::{AliasName, GrantId, KeyId, KeyRefusal, MaterialId, Timestamp};

use super::member::{Bounds, length, optional_number, optional_text, value};
use crate::token::TokenContext;
use crate::token::page::{Cursor, Listing};

/// Items of a page: the most, and as many as it has if the client does not say.
#[derive(Clone, Copy)]
pub(super) struct PageSize {
    pub(super) most: u32,
    pub(super) default: u32,
}

/// Amazon's bounds of `Limit` in every action. Where it documents a lower most, it gives shorter pages.
const LIMIT: Bounds = value!(1, 1000);
const MARKER: Bounds = length!(1, 1024);

/// The page that a request asks for.
pub(super) fn decode<C: Cursor>(
    limit: Option<i64>,
    marker: Option<String>,
    size: PageSize,
    listing: Listing,
    context: &TokenContext<'_>,
) -> Result<KeyPage<C>, KeyRefusal> {
    let limit = optional_number("limit", limit, LIMIT)?.map_or(size.default, |limit| limit.min(size.most));
    let marker = optional_text("marker", marker, MARKER)?;
    let after = marker
        .map(|marker| listing.open(context, &marker).map_err(|_| KeyRefusal::MarkerInvalid))
        .transpose()?;
    Ok(KeyPage { limit, after })
}

/// The marker after which `listing` goes on.
pub(super) fn marker<C: Cursor>(
    next: Option<&C>,
    listing: Listing,
    context: &TokenContext<'_>,
) -> Option<String> {
    next.map(|cursor| listing.seal(context, cursor))
}

impl Cursor for KeyId {
    fn to_bytes(&self) -> Vec<u8> {
        (*self).to_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self::from_bytes(bytes.try_into().ok()?))
    }
}

impl Cursor for AliasName {
    fn to_bytes(&self) -> Vec<u8> {
        self.as_str().as_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        std::str::from_utf8(bytes).ok()?.parse().ok()
    }
}

impl Cursor for GrantId {
    fn to_bytes(&self) -> Vec<u8> {
        self.0.to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Some(Self(bytes.try_into().ok()?))
    }
}

impl Cursor for String {
    fn to_bytes(&self) -> Vec<u8> {
        self.as_bytes().to_vec()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        Self::from_utf8(bytes.to_vec()).ok()
    }
}

impl Cursor for MaterialCursor {
    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = self.created.0.to_le_bytes().to_vec();
        bytes.extend(self.id.0);
        bytes
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (created, id) = bytes.split_first_chunk()?;
        let id = MaterialId(id.try_into().ok()?);
        Some(Self { created: Timestamp(i64::from_le_bytes(*created)), id })
    }
}
