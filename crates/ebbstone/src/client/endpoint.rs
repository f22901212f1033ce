//! Where services are: Amazon's hosts, or a URL of one's own.

use ebs::RegionName;
use reqwest::Url;

use super::settings::SettingsError;

/// A service that is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    /// EC2, over the Query protocol.
    Ec2,
    /// The EBS direct APIs, over REST-JSON.
    Ebs,
    /// STS, over the Query protocol.
    Sts,
}

impl Service {
    /// The name that signatures and Amazon's hosts have for it.
    pub(crate) fn signing_name(self) -> &'static str {
        match self {
            Self::Ec2 => "ec2",
            Self::Ebs => "ebs",
            Self::Sts => "sts",
        }
    }

    /// The environment variable that names an endpoint for this service only.
    pub(crate) fn endpoint_variable(self) -> &'static str {
        match self {
            Self::Ec2 => "AWS_ENDPOINT_URL_EC2",
            Self::Ebs => "AWS_ENDPOINT_URL_EBS",
            Self::Sts => "AWS_ENDPOINT_URL_STS",
        }
    }
}

/// An address that requests go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    scheme_and_host: String,
    host: String,
    base_path: String,
}

impl Endpoint {
    /// The endpoint at `url`: http or https, a host, a port if it is not the scheme's own, and perhaps a path.
    ///
    /// # Errors
    ///
    /// [`SettingsError::Endpoint`] if it is not such a URL, or has a user, a query or a fragment.
    pub(crate) fn parse(url: &str) -> Result<Self, SettingsError> {
        let refused = || SettingsError::Endpoint { url: url.to_owned() };
        let parsed = Url::parse(url).map_err(|_| refused())?;
        let host = parsed.host_str().filter(|host| !host.is_empty()).ok_or_else(refused)?;
        let legal = matches!(parsed.scheme(), "http" | "https")
            && parsed.username().is_empty()
            && parsed.password().is_none()
            && parsed.query().is_none()
            && parsed.fragment().is_none();
        if !legal {
            return Err(refused());
        }
        // `port` is what stands there, unless it is the scheme's own: what HTTP clients send as Host.
        let host = parsed.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Ok(Self {
            scheme_and_host: format!("{}://{host}", parsed.scheme()),
            host,
            base_path: parsed.path().trim_end_matches('/').to_owned(),
        })
    }

    /// Amazon's endpoint of `service` in `region`.
    pub(crate) fn amazon(service: Service, region: &RegionName) -> Self {
        let domain = if region.as_str().starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        let host = format!("{}.{region}.{domain}", service.signing_name());
        Self { scheme_and_host: format!("https://{host}"), host, base_path: String::new() }
    }

    /// The value of the `Host` header.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The path, on the wire, of the resource that the API calls `path`.
    pub(crate) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.base_path)
    }

    /// The whole URL of a path as [`Endpoint::path`] gives it, and a query, which may be empty.
    pub(crate) fn url(&self, path: &str, query: &str) -> String {
        let mark = if query.is_empty() { "" } else { "?" };
        format!("{}{path}{mark}{query}", self.scheme_and_host)
    }

    /// This endpoint with every `from` in its address replaced by `to`: how SDKs find the endpoint of the source
    /// region of a copy.
    pub(crate) fn with_region(&self, from: &RegionName, to: &RegionName) -> Self {
        let replaced = |text: &str| text.replace(from.as_str(), to.as_str());
        Self {
            scheme_and_host: replaced(&self.scheme_and_host),
            host: replaced(&self.host),
            base_path: replaced(&self.base_path),
        }
    }

    /// The address without a path, for messages.
    pub(crate) fn address(&self) -> &str {
        &self.scheme_and_host
    }
}

/// The endpoint of each service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoints {
    /// Of EC2.
    pub(crate) ec2: Endpoint,
    /// Of the EBS direct APIs.
    pub(crate) ebs: Endpoint,
    /// Of STS.
    pub(crate) sts: Endpoint,
}

impl Endpoints {
    /// One address for all services.
    pub(crate) fn single(endpoint: Endpoint) -> Self {
        Self { ec2: endpoint.clone(), ebs: endpoint.clone(), sts: endpoint }
    }

    /// The endpoint of `service`.
    pub(crate) fn of(&self, service: Service) -> &Endpoint {
        match service {
            Service::Ec2 => &self.ec2,
            Service::Ebs => &self.ebs,
            Service::Sts => &self.sts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Endpoint, Service};

    #[test]
    fn hosts_have_the_port_that_clients_send() {
        for (url, host, whole) in [
            ("http://127.0.0.1:8080", "127.0.0.1:8080", "http://127.0.0.1:8080/snapshots?a=b"),
            ("https://blocks.example/", "blocks.example", "https://blocks.example/snapshots?a=b"),
            ("https://blocks.example:443", "blocks.example", "https://blocks.example/snapshots?a=b"),
            ("http://[::1]:9/base/", "[::1]:9", "http://[::1]:9/base/snapshots?a=b"),
        ] {
            let endpoint = Endpoint::parse(url).expect(url);
            assert_eq!(endpoint.host(), host);
            assert_eq!(endpoint.url(&endpoint.path("/snapshots"), "a=b"), whole);
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for url in
            ["", "127.0.0.1:80", "ftp://host", "http://user@host", "http://host/?a", "http://", "unix:/x"]
        {
            assert!(Endpoint::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn amazons_hosts_are_those_of_the_region() {
        let region = "us-west-2".parse().expect("a region");
        assert_eq!(Endpoint::amazon(Service::Ebs, &region).host(), "ebs.us-west-2.amazonaws.com");
        let china = "cn-north-1".parse().expect("a region");
        assert_eq!(Endpoint::amazon(Service::Ec2, &china).host(), "ec2.cn-north-1.amazonaws.com.cn");
    }

    #[test]
    fn the_source_region_takes_the_place_of_the_destination() {
        let [west, east] = ["us-west-2", "us-east-1"].map(|name| name.parse().expect("a region"));
        let moved = Endpoint::parse("http://ec2.us-west-2.blocks.local:8080")
            .expect("a URL")
            .with_region(&west, &east);
        assert_eq!(moved.url("/", "x"), "http://ec2.us-east-1.blocks.local:8080/?x");
    }
}
