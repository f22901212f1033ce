//! From what went wrong to the answer that says so.

use std::sync::Arc;

use aws_api::ec2_query::Ec2Action;
use aws_api::error_code::ErrorCode;
use aws_api::sigv4::AuthError;
use aws_api::{ApiError, HttpAnswer, WireError, error_code};
use ebs::Refusal;
use service::{Causes, ServiceError};

use super::Protocol;
use super::body::AnswerBody;

/// Why a request gets no ordinary answer.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    error: ApiError,
    /// What is told to the log and to nobody else.
    cause: Option<Arc<dyn std::error::Error + Send + Sync>>,
    /// The action, whose name decides about some codes.
    action: Option<Ec2Action>,
}

impl Failure {
    /// The same failure, of this action.
    pub(crate) fn of_action(self, action: Ec2Action) -> Self {
        Self { action: Some(action), ..self }
    }

    /// Whether the fault is the server's, and its cause is known.
    pub(crate) fn has_cause(&self) -> bool {
        self.cause.is_some()
    }

    /// How it looks to a client of `protocol`.
    pub(crate) fn code(&self, protocol: Protocol) -> ErrorCode {
        match protocol {
            Protocol::Ec2 => error_code::ec2::code(&self.error, self.action),
            Protocol::EbsDirect => error_code::ebs_direct::code(&self.error),
            Protocol::Sts => error_code::sts::code(&self.error),
        }
    }

    /// The answer in the form of `protocol`; the cause goes to the log, under the request's id.
    pub(crate) fn answer(&self, protocol: Protocol, request_id: &str) -> HttpAnswer<AnswerBody> {
        if let Some(cause) = &self.cause {
            tracing::error!(request_id, error = %self.error, cause = %Causes(&**cause), "a request failed");
        }
        let answer = match (protocol, self.action) {
            (Protocol::Ec2, Some(action)) => error_code::ec2::answer(&self.error, Some(action), request_id),
            (protocol, _) => protocol.error_answer(&self.error, request_id),
        };
        HttpAnswer { status: answer.status, headers: answer.headers, body: answer.body.into() }
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self { error, cause: None, action: None }
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        ApiError::from(error).into()
    }
}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        ApiError::from(error).into()
    }
}

impl From<Refusal> for Failure {
    fn from(error: Refusal) -> Self {
        ApiError::from(error).into()
    }
}

impl From<ServiceError> for Failure {
    fn from(error: ServiceError) -> Self {
        let (error, cause) = match error {
            ServiceError::Refused(refusal) => (refusal.into(), None),
            ServiceError::KeyRefused(refusal) => (refusal.into(), None),
            ServiceError::Unavailable(cause) => (ApiError::Unavailable, Some(cause)),
            ServiceError::Internal(cause) => (ApiError::Internal, Some(cause)),
        };
        Self { error, cause, action: None }
    }
}
