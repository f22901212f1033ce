//! EC2's Query API: forms out, XML in.
//!
//! Source: Amazon EC2 API Reference, version 2016-11-15.

mod copy_snapshot;
mod create_tags;
mod delete_snapshot;
mod describe_snapshots;
mod form;

pub(crate) use copy_snapshot::CopyOrder;
pub(crate) use describe_snapshots::{DescribeOrder, SnapshotDescription, TagDescription};
pub(super) use form::{Form, RESERVED};

use bytes::Bytes;
use http::Method;

use super::endpoint::Service;
use super::error::ClientError;
use super::transport::{Call, Payload, Repeat};
use super::xml_element::Element;

const VERSION: &str = "2016-11-15";
const CONTENT_TYPE: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// A Query call with this form as its body.
pub(super) fn call(service: Service, operation: &'static str, form: Form, repeat: Repeat) -> Call {
    Call {
        service,
        operation,
        method: Method::POST,
        path: "/".to_owned(),
        query: String::new(),
        headers: vec![("content-type", CONTENT_TYPE.to_owned())],
        body: Bytes::from(form.into_text()),
        payload: Payload::Signed,
        repeat,
    }
}

/// The root of an answer's body.
pub(super) fn root(operation: &'static str, body: &[u8]) -> Result<Element, ClientError> {
    Element::parse(body).ok_or(ClientError::Answer { operation, problem: "it is not XML" })
}

/// Code and message of a refusal in the envelope of EC2 or in that of STS; a reason there never is.
pub(super) fn refusal(body: &[u8]) -> (Option<String>, Option<String>, Option<String>) {
    let Some(root) = Element::parse(body) else {
        return (None, None, None);
    };
    let parent = if root.name() == "ErrorResponse" { Some(&root) } else { root.child("Errors") };
    let error = parent.and_then(|parent| parent.child("Error"));
    let text = |name| error.and_then(|error| error.text(name)).map(str::to_owned);
    (text("Code"), None, text("Message"))
}

#[cfg(test)]
mod tests {
    use super::refusal;

    #[test]
    fn both_envelopes_are_read() {
        let ec2 = b"<Response><Errors><Error><Code>A</Code><Message>b &amp; c</Message></Error></Errors>\
            <RequestID>r</RequestID></Response>";
        let sts = b"<ErrorResponse xmlns=\"n\"><Error><Type>Sender</Type><Code>A</Code><Message>b &amp; c</Message>\
            </Error></ErrorResponse>";
        for body in [ec2.as_slice(), sts.as_slice()] {
            assert_eq!(refusal(body), (Some("A".to_owned()), None, Some("b & c".to_owned())));
        }
        assert_eq!(refusal(b"<html>no</html>"), (None, None, None));
    }
}
