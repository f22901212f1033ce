use crate::error_code::{ebs_direct, ec2, sts};
use crate::{ApiError, HttpAnswer, WireError};
use ebs::Refusal;

fn text(answer: &HttpAnswer) -> &str {
    std::str::from_utf8(&answer.body).expect("UTF-8")
}

#[test]
fn ec2_errors_are_xml_with_an_upper_case_request_id() {
    let error = ApiError::from(WireError::UnknownAction("<b>\u{1}".into()));
    let answer = ec2::answer(&error, None, "r-1");
    assert_eq!(answer.status, 400);
    assert_eq!(answer.header("content-type"), Some("text/xml;charset=UTF-8"));
    assert_eq!(answer.header("x-amzn-requestid"), Some("r-1"));
    assert_eq!(
        text(&answer),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Response><Errors><Error><Code>InvalidAction</Code>\
        <Message>The action &lt;b&gt;\u{fffd} is not valid for this web service.</Message></Error></Errors>\
        <RequestID>r-1</RequestID></Response>"
    );
    assert_eq!(ec2::answer(&Refusal::DryRun.into(), None, "r").status, 412);
}

#[test]
fn direct_errors_are_json_with_the_exception_in_a_header() {
    let answer = ebs_direct::answer(&Refusal::BlockLength.into(), "r-1");
    assert_eq!(answer.status, 400);
    assert_eq!(answer.header("x-amzn-errortype"), Some("ValidationException"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("allow"), None);
    assert_eq!(text(&answer), r#"{"Message":"A block has 524288 bytes.","Reason":"INVALID_BLOCK"}"#);

    let answer = ebs_direct::answer(&Refusal::ClientTokenReused.into(), "r-1");
    assert_eq!(answer.status, 409);
    assert_eq!(
        text(&answer),
        r#"{"Message":"Current request does not match request stored with this token."}"#
    );
    let answer = ebs_direct::answer(&WireError::MethodNotAllowed { allowed: "GET, PUT" }.into(), "r-1");
    assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, PUT")));
}

#[test]
fn sts_errors_say_whose_fault_it_is() {
    let answer = sts::answer(&Refusal::NotAuthorized.into(), "r-1");
    assert_eq!((answer.status, answer.header("content-type")), (403, Some("text/xml")));
    assert_eq!(
        text(&answer),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
        <ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type>\
        <Code>AccessDenied</Code><Message>The principal may not do this.</Message></Error>\
        <RequestId>r-1</RequestId></ErrorResponse>"
    );
    assert!(text(&sts::answer(&ApiError::Internal, "r-1")).contains("<Type>Receiver</Type>"));
}
