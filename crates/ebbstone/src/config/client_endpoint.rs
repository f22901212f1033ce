//! The name under which clients reach the server.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

/// Longest name of a host, and longest part of one.
const HOST_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

/// A host, and a port if it is not the scheme's own: an endpoint as DescribeRegions tells it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientEndpoint(String);

/// What an endpoint is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an endpoint is HOST or HOST:PORT that clients can call, without http:// or a path, such as snapshots.example.org:8700"
)]
pub(crate) struct NotAnEndpoint;

impl ClientEndpoint {
    /// What clients can call of an address that is listened on: this machine's name, if it is one, where any of its
    /// addresses will do.
    pub(crate) fn of(listened: SocketAddr, machine: &str) -> Self {
        let named = || Self::from_str(&format!("{machine}:{}", listened.port())).ok();
        let name = if listened.ip().is_unspecified() { named() } else { None };
        name.unwrap_or_else(|| Self(listened.to_string()))
    }
}

impl FromStr for ClientEndpoint {
    type Err = NotAnEndpoint;

    fn from_str(text: &str) -> Result<Self, NotAnEndpoint> {
        let (host, port) = match text.strip_prefix('[') {
            Some(rest) => {
                let (host, port) = rest.split_once(']').ok_or(NotAnEndpoint)?;
                let host = IpAddr::V6(host.parse::<Ipv6Addr>().map_err(|_| NotAnEndpoint)?);
                (host.to_string(), port.strip_prefix(':').or(port.is_empty().then_some("443")))
            }
            None => {
                let (host, port) = text.split_once(':').unwrap_or((text, "443"));
                (host.to_owned(), Some(port))
            }
        };
        let is_port =
            |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse() != Ok(0_u16);
        let port_is_legal = port.is_some_and(|port| is_port(port) && port.parse::<u16>().is_ok());
        let host_is_legal = match host.parse::<IpAddr>() {
            Ok(address) => !address.is_unspecified(),
            Err(_) => is_name(&host),
        };
        (port_is_legal && host_is_legal).then(|| Self(text.to_owned())).ok_or(NotAnEndpoint)
    }
}

/// Whether a host may have this name. One of digits and dots alone is an address that is misspelt.
fn is_name(host: &str) -> bool {
    let is_label = |label: &str| {
        let inside = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        !label.is_empty()
            && label.len() <= LABEL_BYTES_MAX
            && label.bytes().all(inside)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    host.len() <= HOST_BYTES_MAX
        && host.split('.').all(is_label)
        && host.bytes().any(|byte| byte.is_ascii_alphabetic())
}

impl fmt::Display for ClientEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::ClientEndpoint;

    #[test]
    fn an_endpoint_is_a_host_that_can_be_called_and_perhaps_a_port() {
        for good in ["a", "a.b-c.d:8700", "a_b:1", "10.0.0.1", "10.0.0.1:65535", "[::1]", "[fd00::1]:80"] {
            assert_eq!(good.parse::<ClientEndpoint>().expect(good).to_string(), good);
        }
        let long =
            format!("{}:1", ["a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(62)].join("."));
        for bad in [
            "",
            ":1",
            "a:",
            "a:0",
            "a:65536",
            "a:+1",
            "a:1:2",
            "a:b",
            "http://a",
            "a/b",
            "a b",
            "u@a",
            "a..b",
            "-a",
            "a-",
            "1.2.3",
            "1.2.3.4.5",
            "::1",
            "[::1",
            "[a]",
            "[::1]x",
            "[::1]:",
            "a\n",
            "\u{e9}",
            "0.0.0.0",
            "0.0.0.0:80",
            "[::]:80",
            &"a".repeat(64),
            &long,
        ] {
            assert!(bad.parse::<ClientEndpoint>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn where_every_address_is_listened_on_clients_are_told_the_machines_name() {
        for (listened, machine, told) in [
            ("127.0.0.1:8700", "host", "127.0.0.1:8700"),
            ("[fd00::1]:8700", "host", "[fd00::1]:8700"),
            ("0.0.0.0:8700", "host", "host:8700"),
            ("[::]:8700", "host.example.org", "host.example.org:8700"),
            ("0.0.0.0:8700", "(none)", "0.0.0.0:8700"),
            ("0.0.0.0:8700", "", "0.0.0.0:8700"),
        ] {
            let listened = listened.parse().expect("an address");
            assert_eq!(ClientEndpoint::of(listened, machine).to_string(), told);
        }
    }
}
