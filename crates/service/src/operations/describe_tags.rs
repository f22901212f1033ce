//! DescribeTags.

use ebs::Filter;
use ebs::limits::DESCRIBE_ROWS_SCANNED_MAX;
use ebs::operation::describe_tags::{DescribeTagsReply, DescribeTagsRequest, ResourceTag, TagCursor};

use super::{check_filters, dry_run, is_tag_filter};
use crate::{Call, ServiceError};

/// Rows read at once.
const ROWS_AT_ONCE: u32 = 1_000;

impl Call {
    /// The caller's tags, by resource and key, as far as filters let through. A paged call looks at a bounded number
    /// of rows and may answer with a short page and a token.
    ///
    /// # Errors
    /// [`ebs::Refusal::UnknownFilter`] for a filter that tags do not have.
    ///
    /// Source: EC2 API 2016-11-15, DescribeTags.
    pub async fn describe_tags(
        &self,
        request: &DescribeTagsRequest,
    ) -> Result<DescribeTagsReply, ServiceError> {
        let known = |name: &str| {
            matches!(name, "key" | "value" | "resource-id" | "resource-type") || is_tag_filter(name)
        };
        check_filters(&request.filters, known)?;
        dry_run(request.dry_run)?;
        let wanted = request.page.max_results.map(|most| most as usize);
        let scan_most = wanted.map_or(u32::MAX, |_| DESCRIBE_ROWS_SCANNED_MAX);
        let (mut tags, mut cursor, mut scanned) = (Vec::new(), request.page.after.clone(), 0);
        while scanned < scan_most {
            let rows = self.region.catalog.tags_page(self.account(), cursor.as_ref(), ROWS_AT_ONCE).await?;
            let is_last = rows.len() < ROWS_AT_ONCE as usize;
            scanned += ROWS_AT_ONCE;
            for tag in rows {
                if wanted.is_some_and(|wanted| tags.len() == wanted) {
                    return Ok(DescribeTagsReply { tags, next: cursor });
                }
                cursor = Some(TagCursor { resource: tag.resource, key: tag.tag.key.clone() });
                tags.extend(Some(tag).filter(|tag| matches(tag, &request.filters)));
            }
            if is_last {
                return Ok(DescribeTagsReply { tags, next: None });
            }
        }
        Ok(DescribeTagsReply { tags, next: cursor })
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
