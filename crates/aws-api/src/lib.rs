//! Amazon's wire protocols as functions over bytes.
//!
//! Requests come in as bytes and leave as the types of [`ebs::operation`]; answers and refusals go the other way.
//! Nothing here opens a socket, reads a clock or asks anybody whether a request is permitted.
//!
//! * [`sigv4`] says who signed a request.
//! * [`ec2_query`] and [`sts`] speak the Query protocols over a [`form`]; [`ebs_direct`] speaks REST-JSON, [`kms_json`] JSON 1.1.
//! * [`token`] seals page tokens, markers and block tokens.
//! * [`error_code`] gives every failure its status, code and sentence, once for each protocol.

pub mod answer;
pub mod ebs_direct;
pub mod ec2_query;
pub mod error;
pub mod error_code;
pub mod form;
pub mod iso8601;
pub mod kms_json;
pub mod limits;
pub mod sigv4;
pub mod sts;
pub mod token;
mod xml;

pub use answer::HttpAnswer;
pub use error::{ApiError, Throttle, WireError};
