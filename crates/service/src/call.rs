//! One call: who makes it, where, and when.

use std::sync::Arc;

use ebs::{AccountId, Timestamp};
use iam::Principal;

use crate::region::Region;
use crate::service::Service;

/// One call of an authenticated caller to one region.
#[derive(Clone, Debug)]
pub struct Call {
    pub(crate) service: Service,
    pub(crate) region: Arc<Region>,
    pub(crate) principal: Principal,
    pub(crate) now: Timestamp,
}

impl Call {
    pub(crate) fn account(&self) -> AccountId {
        self.principal.account
    }
}
