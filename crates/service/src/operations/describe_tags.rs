//! DescribeTags.

use ebs::Filter;
use ebs::operation::describe_tags::{DescribeTagsRequest, ResourceTag, TagCursor};

use super::pager::Pager;
use super::{check_filters, dry_run, is_tag_filter};
use crate::{Call, ServiceError};

/// Rows read at once.
const ROWS_AT_ONCE: u32 = 256;

/// What DescribeTags answers, part by part: never more is in memory than a part.
pub struct TagListing {
    call: Call,
    request: DescribeTagsRequest,
    pager: Pager<TagCursor>,
}

impl Call {
    /// The caller's tags, by resource and key, as far as filters let through. A paged call looks at a bounded number
    /// of rows and may answer with a short page and a token.
    ///
    /// # Errors
    /// [`ebs::Refusal::UnknownFilter`] for a filter that tags do not have.
    ///
    /// Source: EC2 API 2016-11-15, DescribeTags.
    pub fn describe_tags(&self, request: DescribeTagsRequest) -> Result<TagListing, ServiceError> {
        let known = |name: &str| {
            matches!(name, "key" | "value" | "resource-id" | "resource-type") || is_tag_filter(name)
        };
        check_filters(&request.filters, known)?;
        dry_run(request.dry_run)?;
        let pager = Pager::new(&request.page);
        Ok(TagListing { call: self.clone(), request, pager })
    }
}

impl TagListing {
    /// The next of the tags, at least one; nothing once all have been told.
    ///
    /// # Errors
    /// [`ServiceError`] if the catalog cannot be read.
    pub async fn next_part(&mut self) -> Result<Option<Vec<ResourceTag>>, ServiceError> {
        let (catalog, account) = (&self.call.region.catalog, self.call.account());
        while !self.pager.is_over() {
            let most = self.pager.reads(ROWS_AT_ONCE, self.request.filters.is_empty());
            let rows = catalog.tags_page(account, self.pager.cursor(), most).await?;
            let place = |tag: &ResourceTag| TagCursor { resource: tag.resource, key: tag.tag.key.clone() };
            let tags = self.pager.take(rows, place, |tag| matches(tag, &self.request.filters));
            if !tags.is_empty() {
                return Ok(Some(tags));
            }
        }
        Ok(None)
    }

    /// What was asked.
    pub fn request(&self) -> &DescribeTagsRequest {
        &self.request
    }

    /// Where the next page begins, if there is one; not known before all parts of this one were told.
    pub fn next_page(&self) -> Option<&TagCursor> {
        self.pager.next()
    }
}

fn matches(tag: &ResourceTag, filters: &[Filter]) -> bool {
    filters.iter().all(|filter| match filter.name.as_str() {
        "key" => filter.matches(&tag.tag.key),
        "value" => filter.matches(&tag.tag.value),
        "resource-id" => filter.matches(&tag.resource.to_string()),
        "resource-type" => filter.matches("snapshot"),
        name => {
            name.strip_prefix("tag:").is_some_and(|key| tag.tag.key == key && filter.matches(&tag.tag.value))
        }
    })
}
