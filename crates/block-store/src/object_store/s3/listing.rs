//! Listing a bucket.

use object_store::aws::AmazonS3;
use object_store::list::{PaginatedListOptions, PaginatedListStore};

use super::problem::{Operation, S3Problem};
use crate::object_store::ObjectName;

/// Most keys that a server gives at once.
const PAGE_KEYS_MAX: usize = 1000;
/// This many pages without a key are not believed to lead to one.
const EMPTY_PAGES_MAX: u32 = 100;

/// At most `limit` names whose keys begin with `begin` and come after `after`, without `strip` before them. Keys
/// that are no names of objects are passed over.
pub(super) async fn list(
    client: &AmazonS3,
    begin: &str,
    strip: &str,
    after: Option<String>,
    limit: usize,
) -> Result<Vec<ObjectName>, S3Problem> {
    let (mut names, mut page_token, mut empty_pages) = (Vec::new(), None, 0);
    let mut last: Option<String> = None;
    while names.len() < limit {
        let options = PaginatedListOptions {
            offset: after.clone(),
            max_keys: Some(PAGE_KEYS_MAX.min(limit - names.len())),
            page_token: page_token.take(),
            ..PaginatedListOptions::default()
        };
        let page = client
            .list_paginated(Some(begin), options)
            .await
            .map_err(|error| S3Problem::new(Operation::List, error))?;
        empty_pages = if page.result.objects.is_empty() { empty_pages + 1 } else { 0 };
        for object in page.result.objects {
            let key = object.location.as_ref();
            if last.as_deref().is_some_and(|last| key <= last) {
                return Err(S3Problem::Disorder);
            }
            last = Some(key.to_owned());
            let is_wanted = key.starts_with(begin) && after.as_deref().is_none_or(|after| key > after);
            if let Some(name) = key.strip_prefix(strip).and_then(ObjectName::from_listing)
                && is_wanted
                && names.len() < limit
            {
                names.push(name);
            }
        }
        match page.page_token {
            Some(_) if empty_pages > EMPTY_PAGES_MAX => return Err(S3Problem::EndlessListing),
            Some(token) => page_token = Some(token),
            None => break,
        }
    }
    Ok(names)
}
