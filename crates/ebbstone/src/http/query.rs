//! The Query protocols: EC2 and STS.

use aws_api::ec2_query::{self, Ec2Action, Ec2Reply, Ec2Request, describe_snapshots, describe_tags};
use aws_api::form::Form;
use aws_api::limits::FORM_BYTES_MAX;
use aws_api::sts::{self, StsRequest};
use aws_api::{HttpAnswer, WireError};
use hyper::body::Incoming;

use super::body::AnswerBody;
use super::described;
use super::failure::Failure;
use super::request::Head;
use super::{Context, Signed, unknown_path};

/// Answers a request of the EC2 API.
pub(super) async fn ec2(
    context: &Context<'_>,
    head: &Head<'_>,
    signed: &Signed,
    incoming: &mut Incoming,
) -> Result<HttpAnswer<AnswerBody>, Failure> {
    let form = signed_form(context, head, signed, incoming).await?;
    let action = Ec2Action::of(&form)?;
    context.asks_for(action.name());
    let unknown = ec2_query::unknown_parameters(&form, action);
    if !unknown.is_empty() {
        tracing::info!(
            request_id = context.request_id,
            action = action.name(),
            ?unknown,
            "unknown parameters"
        );
    }
    let answered = Box::pin(ec2_action(context, &form, signed)).await;
    answered.map_err(|failure| failure.of_action(action))
}

/// Answers a request of the STS API.
pub(super) async fn sts(
    context: &Context<'_>,
    head: &Head<'_>,
    signed: &Signed,
    incoming: &mut Incoming,
) -> Result<HttpAnswer<AnswerBody>, Failure> {
    let form = signed_form(context, head, signed, incoming).await?;
    let answer = match sts::decode(&form)? {
        StsRequest::GetCallerIdentity => {
            context.asks_for("GetCallerIdentity");
            sts::encode_get_caller_identity(&context.call.get_caller_identity(), context.request_id)
        }
    };
    Ok(with_body(answer))
}

async fn ec2_action(
    context: &Context<'_>,
    form: &Form,
    signed: &Signed,
) -> Result<HttpAnswer<AnswerBody>, Failure> {
    let tokens = context.tokens(&signed.principal)?;
    let call = &context.call;
    let encode = |reply: &Ec2Reply<'_>| Ok(with_body(ec2_query::encode(reply, context.request_id)));
    match ec2_query::decode(form, &tokens)? {
        Ec2Request::CopySnapshot(request) => {
            encode(&Ec2Reply::CopySnapshot(&call.copy_snapshot(&request).await?))
        }
        Ec2Request::CreateTags(request) => {
            call.create_tags(&request).await?;
            encode(&Ec2Reply::CreateTags)
        }
        Ec2Request::DeleteSnapshot(request) => {
            call.delete_snapshot(&request).await?;
            encode(&Ec2Reply::DeleteSnapshot)
        }
        Ec2Request::DeleteTags(request) => {
            call.delete_tags(&request).await?;
            encode(&Ec2Reply::DeleteTags)
        }
        Ec2Request::DescribeAvailabilityZones(request) => {
            let reply = call.describe_availability_zones(&request).await?;
            encode(&Ec2Reply::DescribeAvailabilityZones(&reply))
        }
        Ec2Request::DescribeRegions(request) => {
            encode(&Ec2Reply::DescribeRegions(&call.describe_regions(&request).await?))
        }
        Ec2Request::DescribeSnapshots(request) => {
            let listing = call.describe_snapshots(request).await?;
            let begun = describe_snapshots::begin(context.request_id);
            Box::pin(described::answer(context, signed, begun, listing)).await
        }
        Ec2Request::DescribeTags(request) => {
            let listing = call.describe_tags(request)?;
            let begun = describe_tags::begin(context.request_id);
            Box::pin(described::answer(context, signed, begun, listing)).await
        }
    }
}

/// The form of a request, in its body (POST) or its query string (GET).
async fn signed_form(
    context: &Context<'_>,
    head: &Head<'_>,
    signed: &Signed,
    incoming: &mut Incoming,
) -> Result<Form, Failure> {
    if head.path != "/" {
        return Err(unknown_path());
    }
    let body = context.api.signed_body(head, signed, incoming, FORM_BYTES_MAX).await?;
    match head.method {
        "POST" if body.is_empty() => Ok(Form::parse(head.query.as_bytes())?),
        "POST" => Ok(Form::parse(&body)?),
        "GET" => Ok(Form::parse(head.query.as_bytes())?),
        _ => Err(WireError::MethodNotAllowed { allowed: "GET, POST" }.into()),
    }
}

fn with_body(answer: HttpAnswer) -> HttpAnswer<AnswerBody> {
    HttpAnswer { status: answer.status, headers: answer.headers, body: answer.body.into() }
}
