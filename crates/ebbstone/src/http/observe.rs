//! Metrics, health and readiness: a listener of its own, on loopback unless told otherwise.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;

use super::Api;

/// Answers `/metrics` (Prometheus text), `/health` (the process answers) and `/ready` (catalogs and stores answer
/// too).
pub(crate) async fn observe(api: Arc<Api>, request: Request<Incoming>) -> Response<Full<Bytes>> {
    let (status, content_type, body) = match (request.method(), request.uri().path()) {
        (&Method::GET, "/metrics") => match api.metrics.scrape(&api.service).await {
            Ok(text) => (StatusCode::OK, "application/openmetrics-text; version=1.0.0; charset=utf-8", text),
            Err(_) => {
                (StatusCode::INTERNAL_SERVER_ERROR, "text/plain", "metrics cannot be written\n".to_owned())
            }
        },
        (&Method::GET, "/health") => (StatusCode::OK, "text/plain", "ok\n".to_owned()),
        (&Method::GET, "/ready") => match api.readiness.is_ready(&api.service).await {
            true => (StatusCode::OK, "text/plain", "ready\n".to_owned()),
            false => (
                StatusCode::SERVICE_UNAVAILABLE,
                "text/plain",
                "not ready: a catalog or a store does not answer\n".to_owned(),
            ),
        },
        (_, "/metrics" | "/health" | "/ready") => {
            (StatusCode::METHOD_NOT_ALLOWED, "text/plain", "GET only\n".to_owned())
        }
        _ => (StatusCode::NOT_FOUND, "text/plain", "there are /metrics, /health and /ready\n".to_owned()),
    };
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static(content_type));
    response
}
