//! The parameter `PresignedUrl` of CopySnapshot: a statement that the client makes a second time, in the form of a
//! signed request to the source region. It is read, never fetched, and its host is not looked at.

use ebs::Refusal;
use ebs::operation::copy_snapshot::PresignedCopy;
use percent_encoding::percent_decode_str;

use crate::form::Form;
use crate::limits::PRESIGNED_URL_BYTES_MAX;

/// What `url` states. A URL that some old clients percent-encoded a second time is read as they meant it. One whose
/// query cannot be read, be it that it names a parameter twice, is none.
pub(super) fn decode(url: &str) -> Result<PresignedCopy, Refusal> {
    if url.len() > PRESIGNED_URL_BYTES_MAX {
        return Err(Refusal::InvalidParameterValue {
            parameter: "PresignedUrl",
            value: "not shown".to_owned(),
            expected: "a URL of at most 8192 bytes",
        });
    }
    Ok(statement(url)
        .or_else(|| statement(&percent_decode_str(url).decode_utf8().ok()?))
        .unwrap_or(PresignedCopy::NotHttp))
}

fn statement(url: &str) -> Option<PresignedCopy> {
    let (scheme, rest) = url.split_once("://")?;
    if !["http", "https"].iter().any(|legal| scheme.eq_ignore_ascii_case(legal)) {
        return None;
    }
    let before_fragment = rest.split('#').next().unwrap_or(rest);
    let (place, query) = before_fragment.split_once('?').unwrap_or((before_fragment, ""));
    if place.split('/').next().is_none_or(str::is_empty) {
        return None;
    }
    let form = Form::parse(query.as_bytes()).ok()?;
    let fields = form.fields();
    Some(PresignedCopy::Statement {
        source_region: fields.owned("SourceRegion"),
        source_snapshot: fields.owned("SourceSnapshotId"),
        destination_region: fields.owned("DestinationRegion"),
    })
}

#[cfg(test)]
mod tests {
    use super::decode;
    use ebs::operation::copy_snapshot::PresignedCopy;

    fn statement(region: &str, snapshot: &str, destination: &str) -> PresignedCopy {
        PresignedCopy::Statement {
            source_region: Some(region.into()),
            source_snapshot: Some(snapshot.into()),
            destination_region: Some(destination.into()),
        }
    }

    #[test]
    fn what_clients_send_is_read() {
        let query = "Action=CopySnapshot&Version=2016-11-15&SourceRegion=us-east-1\
            &SourceSnapshotId=snap-0123456789abcdef0&DestinationRegion=us-west-2\
            &Description=a%20b&TagSpecification.1.Tag.1.Key=k\
            &X-Amz-Credential=AKID%2F20260101%2Fus-east-1%2Fec2%2Faws4_request&X-Amz-Signature=00";
        let expected = statement("us-east-1", "snap-0123456789abcdef0", "us-west-2");
        for url in [
            format!("https://ec2.us-east-1.amazonaws.com/?{query}"),
            format!("HTTP://127.0.0.1:9999/?{query}#fragment&SourceRegion=x"),
            format!("http://[::1]:1?{query}"),
        ] {
            assert_eq!(decode(&url), Ok(expected.clone()), "{url}");
            let twice = percent_encoding::utf8_percent_encode(&url, percent_encoding::NON_ALPHANUMERIC);
            assert_eq!(decode(&twice.to_string()), Ok(expected.clone()), "{twice}");
        }
        let bare =
            PresignedCopy::Statement { source_region: None, source_snapshot: None, destination_region: None };
        assert_eq!(decode("https://host"), Ok(bare));
    }

    #[test]
    fn other_schemes_and_riddles_are_no_urls() {
        for url in [
            "",
            "x",
            "ftp://host/?SourceRegion=a",
            "file:///etc/passwd",
            "gopher://host/",
            "javascript://host/",
            "http:/host",
            "http://",
            "https:///?SourceRegion=a",
            " https://host",
            "https%3A//%ff",
            "https://host/?SourceRegion=a&SourceRegion=b",
            "https://host/?SourceRegion=%ff",
            "https://host/?SourceRegion=%0",
            "https://host/?Filter.2147483648.Name=x",
        ] {
            assert_eq!(decode(url), Ok(PresignedCopy::NotHttp), "{url}");
        }
    }

    #[test]
    fn the_longest_url_is_read_and_a_longer_one_refused_unseen() {
        let url = format!("https://host/?SourceRegion={}", "a".repeat(8192 - 27));
        assert_eq!(url.len(), 8192);
        assert!(matches!(decode(&url), Ok(PresignedCopy::Statement { .. })));
        let refusal = decode(&(url + "a")).expect_err("too long");
        assert!(!format!("{refusal} {refusal:?}").contains("aaa"), "{refusal:?}");
    }
}
