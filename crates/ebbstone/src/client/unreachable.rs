//! What to do about an endpoint that gives no answer, where that can be told.

use std::error::Error;
use std::io;

/// A remark in brackets on why `endpoint` gave no answer and what to do, with a space before it; nothing where the error
/// itself is all there is to say.
pub(super) fn advice(endpoint: &str, error: &(dyn Error + 'static)) -> String {
    match cause(error) {
        Some(Cause::NobodyListens) => {
            " (nobody listens there: is the server running, and is the port right?)".to_owned()
        }
        Some(Cause::NoTls) => {
            format!(" (it does not speak TLS: try http{})", endpoint.trim_start_matches("https"))
        }
        Some(Cause::NoHttp) => {
            format!(" (it does not speak plain HTTP: try https{})", endpoint.trim_start_matches("http"))
        }
        Some(Cause::Certificate) => {
            " (its certificate is not trusted: AWS_CA_BUNDLE names a file of certificates to trust)"
                .to_owned()
        }
        None => String::new(),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    NobodyListens,
    NoTls,
    NoHttp,
    Certificate,
}

/// The first cause in the chain that tells what to do.
fn cause(error: &(dyn Error + 'static)) -> Option<Cause> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(known) = known(error) {
            return Some(known);
        }
        // An I/O error that wraps another one gives that one's source as its own.
        let wrapped = error.downcast_ref::<io::Error>().and_then(|error| error.get_ref());
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}

fn known(error: &(dyn Error + 'static)) -> Option<Cause> {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return (error.kind() == io::ErrorKind::ConnectionRefused).then_some(Cause::NobodyListens);
    }
    if let Some(error) = error.downcast_ref::<hyper::Error>() {
        // A TLS server answers plain HTTP with an alert, which is no HTTP.
        return error.is_parse().then_some(Cause::NoHttp);
    }
    match error.downcast_ref::<rustls::Error>()? {
        rustls::Error::InvalidMessage(_) => Some(Cause::NoTls),
        rustls::Error::InvalidCertificate(_) => Some(Cause::Certificate),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::advice;
    use std::io;

    #[test]
    fn what_can_be_told_is_told() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert!(advice("http://x:1", &refused).contains("is the server running"));
        let message = rustls::Error::InvalidMessage(rustls::InvalidMessage::InvalidContentType);
        let wrapped = io::Error::other(message);
        assert!(advice("https://x:1", &wrapped).contains("try http://x:1"));
        let untrusted = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        assert!(advice("https://x:1", &io::Error::other(untrusted)).contains("AWS_CA_BUNDLE"));
        assert_eq!(advice("http://x:1", &io::Error::from(io::ErrorKind::TimedOut)), "");
    }
}
