//! How the EBS direct APIs refuse.

use http::HeaderMap;
use serde::Deserialize;

#[derive(Deserialize)]
struct Envelope {
    #[serde(alias = "message")]
    #[serde(rename = "Message")]
    message: Option<String>,
    #[serde(rename = "Reason")]
    reason: Option<String>,
    #[serde(rename = "__type")]
    kind: Option<String>,
}

/// Exception, reason and message of a refusal, as far as it has them.
pub(super) fn refusal(headers: &HeaderMap, body: &[u8]) -> (Option<String>, Option<String>, Option<String>) {
    let envelope: Option<Envelope> = serde_json::from_slice(body).ok();
    let header = headers.get("x-amzn-errortype").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (kind, reason, message) =
        envelope.map_or((None, None, None), |envelope| (envelope.kind, envelope.reason, envelope.message));
    (header.or(kind).as_deref().map(exception).filter(|name| !name.is_empty()), reason, message)
}

/// The name of an exception, which may stand between a namespace and an address: `ns#Name:http://...`.
fn exception(text: &str) -> String {
    let name = text.split(':').next().unwrap_or_default();
    name.rsplit('#').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::refusal;
    use http::HeaderMap;

    #[test]
    fn header_and_body_are_read() {
        let mut headers = HeaderMap::new();
        headers.insert("x-amzn-errortype", "ValidationException:http://x/".parse().expect("a value"));
        let body = br#"{"Message":"The block token x is invalid.","Reason":"INVALID_BLOCK_TOKEN"}"#;
        let [code, reason, message] =
            ["ValidationException", "INVALID_BLOCK_TOKEN", "The block token x is invalid."]
                .map(str::to_owned);
        assert_eq!(refusal(&headers, body), (Some(code), Some(reason), Some(message)));
        let typed = br##"{"__type":"a.b#AccessDeniedException","message":"no"}"##;
        let [code, message] = ["AccessDeniedException", "no"].map(str::to_owned);
        assert_eq!(refusal(&HeaderMap::new(), typed), (Some(code), None, Some(message)));
        assert_eq!(refusal(&HeaderMap::new(), b"<html>"), (None, None, None));
    }
}
