//! The STS API: forms in, XML out.
//!
//! Source: AWS Security Token Service API reference, version 2011-06-15.

use ebs::Refusal;
use ebs::operation::get_caller_identity::GetCallerIdentityReply;

use crate::form::Form;
use crate::xml::Xml;
use crate::{ApiError, HttpAnswer, WireError};

/// The API version that is served.
pub const VERSION: &str = "2011-06-15";

/// The namespace of answers.
pub(crate) const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

/// Content type of answers, errors included.
pub(crate) const CONTENT_TYPE: &str = "text/xml";

/// A decoded request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StsRequest {
    /// Who am I.
    GetCallerIdentity,
}

/// The request that `form` makes.
///
/// # Errors
/// [`WireError`] if it names no action, or an action or version that is not served; [`Refusal::MissingParameter`] if
/// it names no version.
pub fn decode(form: &Form) -> Result<StsRequest, ApiError> {
    let request = match form.text("Action") {
        Some("GetCallerIdentity") => StsRequest::GetCallerIdentity,
        None | Some("") => return Err(WireError::MissingAction.into()),
        Some(other) => return Err(WireError::UnknownAction(other.to_owned()).into()),
    };
    match form.text("Version") {
        Some(VERSION) => Ok(request),
        Some(other) => Err(WireError::UnknownVersion(other.to_owned(), VERSION).into()),
        None => Err(Refusal::MissingParameter("Version").into()),
    }
}

/// The answer that says who the caller is.
pub fn encode_get_caller_identity(reply: &GetCallerIdentityReply, request_id: &str) -> HttpAnswer {
    let body = Xml::document("GetCallerIdentityResponse", Some(NAMESPACE), |xml| {
        xml.element("GetCallerIdentityResult", |xml| {
            xml.text("Arn", &reply.arn);
            xml.text("UserId", &reply.user_id);
            xml.text("Account", reply.account);
        });
        xml.element("ResponseMetadata", |xml| xml.text("RequestId", request_id));
    });
    HttpAnswer::new(200, request_id, CONTENT_TYPE, body)
}

#[cfg(test)]
mod tests {
    use super::{StsRequest, decode, encode_get_caller_identity};
    use crate::form::Form;
    use crate::{ApiError, WireError};
    use ebs::Refusal;
    use ebs::operation::get_caller_identity::GetCallerIdentityReply;

    fn decoded(encoded: &str) -> Result<StsRequest, ApiError> {
        decode(&Form::parse(encoded.as_bytes()).expect("a form"))
    }

    #[test]
    fn actions_and_versions() {
        let legal = "Action=GetCallerIdentity&Version=2011-06-15";
        assert_eq!(decoded(legal), Ok(StsRequest::GetCallerIdentity));
        for (encoded, error) in [
            ("", WireError::MissingAction.into()),
            ("Action=&Version=2011-06-15", WireError::MissingAction.into()),
            ("Action=AssumeRol&Version=2011-06-15", WireError::UnknownAction("AssumeRol".into()).into()),
            ("Action=GetCallerIdentity", Refusal::MissingParameter("Version").into()),
            (
                "Action=GetCallerIdentity&Version=2016-11-15",
                WireError::UnknownVersion("2016-11-15".into(), "2011-06-15").into(),
            ),
        ] {
            assert_eq!(decoded(encoded), Err(error), "{encoded}");
        }
    }

    #[test]
    fn the_caller_is_named() {
        let reply = GetCallerIdentityReply {
            arn: "arn:aws:iam::111122223333:user/a<b".into(),
            user_id: "AIDAEXAMPLE".into(),
            account: "111122223333".parse().expect("an account"),
        };
        let answer = encode_get_caller_identity(&reply, "r-1");
        assert_eq!((answer.status, answer.header("x-amzn-requestid")), (200, Some("r-1")));
        assert_eq!(
            String::from_utf8(answer.body).expect("UTF-8"),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
            <GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
            <GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/a&lt;b</Arn>\
            <UserId>AIDAEXAMPLE</UserId><Account>111122223333</Account></GetCallerIdentityResult>\
            <ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
        );
    }
}
