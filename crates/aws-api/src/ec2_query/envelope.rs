//! What every answer of the EC2 API has around it.

use crate::HttpAnswer;
use crate::ec2_query::Ec2Action;
use crate::xml::Xml;

/// The namespace of answers, with the slash that Amazon's have.
const NAMESPACE: &str = "http://ec2.amazonaws.com/doc/2016-11-15/";

const CONTENT_TYPE: &str = "text/xml;charset=UTF-8";

/// The name of the server that answers of Amazon's carry.
const SERVER: &str = "AmazonEC2";

/// An answer of the EC2 API, be it a success or a failure.
pub(crate) fn answer(status: u16, request_id: &str, body: Vec<u8>) -> HttpAnswer {
    let mut answer = HttpAnswer::new(status, request_id, CONTENT_TYPE, body);
    answer.headers.push(("server", SERVER.to_owned()));
    answer
}

/// The answer of an action, with what `content` writes after the request id.
pub(super) fn success(action: Ec2Action, request_id: &str, content: impl FnOnce(&mut Xml)) -> HttpAnswer {
    let root = format!("{}Response", action.name());
    let body = Xml::document(&root, Some(NAMESPACE), |xml| {
        xml.text("requestId", request_id);
        content(xml);
    });
    answer(200, request_id, body)
}

/// The answer of an action up to the members of its set, which follow it in parts.
pub(super) fn begin_set(action: Ec2Action, request_id: &str, set: &str) -> HttpAnswer {
    let root = format!("{}Response", action.name());
    let body = Xml::open(&root, Some(NAMESPACE), set, |xml| xml.text("requestId", request_id));
    answer(200, request_id, body)
}

/// The end of an answer that [`begin_set`] began, with the token of the page that follows, if there is one.
pub(super) fn end_set(action: Ec2Action, set: &str, next: Option<String>) -> Vec<u8> {
    Xml::close(&format!("{}Response", action.name()), set, |xml| xml.optional("nextToken", next))
}

/// The answer of an action that answers nothing but that it is done.
pub(super) fn done(action: Ec2Action, request_id: &str) -> HttpAnswer {
    success(action, request_id, |xml| xml.text("return", true))
}
