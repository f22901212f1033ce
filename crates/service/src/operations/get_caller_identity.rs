//! GetCallerIdentity.

use ebs::operation::get_caller_identity::GetCallerIdentityReply;

use crate::Call;

impl Call {
    /// Who the caller is. Needs no permission.
    ///
    /// Source: STS API 2011-06-15, GetCallerIdentity.
    pub fn get_caller_identity(&self) -> GetCallerIdentityReply {
        let principal = &self.principal;
        GetCallerIdentityReply {
            arn: principal.arn.clone(),
            user_id: principal.user_id.clone(),
            account: principal.account,
        }
    }
}
