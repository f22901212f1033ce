//! The shared configuration and credentials files: sections of settings.
//!
//! Source: AWS SDKs and Tools Reference Guide, "Using shared config and credentials files".

use std::fmt;

use zeroize::Zeroizing;

/// Longest file that is read, in bytes.
pub(crate) const PROFILE_FILE_BYTES_MAX: u64 = 1024 * 1024;

/// How the sections of a file are named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FileKind {
    /// `config`: profiles are `[default]` and `[profile NAME]`.
    Config,
    /// `credentials`: profiles are `[NAME]`.
    Credentials,
}

/// The settings of one profile in one file. Names are in lower case; nothing prints the values, and their memory
/// is overwritten when they are dropped.
#[derive(Default)]
pub(crate) struct ProfileSettings(Vec<(String, Zeroizing<String>)>);

impl ProfileSettings {
    /// The settings that `text` has for `profile`, or nothing if it does not have the profile. Of a setting that
    /// stands twice the last one counts. Lines that are no settings, and settings within settings, are passed over.
    pub(crate) fn find(text: &str, kind: FileKind, profile: &str) -> Option<Self> {
        let mut found: Option<Self> = None;
        let mut inside = false;
        for line in text.lines() {
            if let Some(header) = line.trim().strip_prefix('[') {
                inside = is_profile(header, kind, profile);
                if inside {
                    found.get_or_insert_default();
                }
                continue;
            }
            let indented = line.starts_with([' ', '\t']);
            let Some(settings) = found.as_mut().filter(|_| inside && !indented) else {
                continue;
            };
            settings.read_line(line);
        }
        found
    }

    /// The value of the setting `name`, unless it is absent or empty.
    pub(crate) fn get(&self, name: &str) -> Option<&Zeroizing<String>> {
        let named = self.0.iter().rev().find(|(other, _)| other == name);
        named.map(|(_, value)| value).filter(|value| !value.is_empty())
    }

    fn read_line(&mut self, line: &str) {
        if line.trim_start().starts_with(['#', ';']) {
            return;
        }
        if let Some((name, value)) = line.split_once('=') {
            let value = value.split(" #").next().unwrap_or_default();
            let value = value.split(" ;").next().unwrap_or_default().trim();
            self.0.push((name.trim().to_ascii_lowercase(), Zeroizing::new(value.to_owned())));
        }
    }
}

impl fmt::Debug for ProfileSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.iter().map(|(name, _)| name)).finish()
    }
}

/// Whether the section header `header` (without its opening bracket) is that of `profile`.
fn is_profile(header: &str, kind: FileKind, profile: &str) -> bool {
    let Some((name, _)) = header.split_once(']') else {
        return false;
    };
    let name = name.trim();
    match kind {
        FileKind::Credentials => name == profile,
        FileKind::Config => match name.strip_prefix("profile").filter(|rest| rest.starts_with([' ', '\t'])) {
            Some(named) => named.trim().trim_matches('"') == profile,
            None => name == "default" && profile == "default",
        },
    }
}

#[cfg(test)]
mod tests {
    use super::{FileKind, ProfileSettings};

    const CONFIG: &str = "\
# a comment\n\
[default]\n\
region = us-east-1\n\
s3 =\n  endpoint_url = http://nested\n\
[profile lab]\n\
Region=eu-west-1 # where the lab is\n\
endpoint_url = http://lab:8080/a=b\n\
output =\n\
[other]\n\
region = never\n\
[profile \"two words\"]\n\
region = us-west-2\n\
broken line\n\
region = us-west-1\n";

    fn value(text: &str, kind: FileKind, profile: &str, name: &str) -> Option<String> {
        ProfileSettings::find(text, kind, profile)?.get(name).map(|value| value.to_string())
    }

    #[test]
    fn sections_are_told_apart() {
        let config = |profile, name| value(CONFIG, FileKind::Config, profile, name);
        assert_eq!(config("default", "region").as_deref(), Some("us-east-1"));
        assert_eq!(
            config("default", "endpoint_url"),
            None,
            "a setting within a setting is not the profile's"
        );
        assert_eq!(config("lab", "region").as_deref(), Some("eu-west-1"));
        assert_eq!(config("lab", "endpoint_url").as_deref(), Some("http://lab:8080/a=b"));
        assert_eq!(config("lab", "output"), None, "an empty setting is none");
        assert_eq!(config("two words", "region").as_deref(), Some("us-west-1"), "the last one counts");
        assert!(ProfileSettings::find(CONFIG, FileKind::Config, "other").is_none());
        assert_eq!(value(CONFIG, FileKind::Credentials, "other", "region").as_deref(), Some("never"));
    }

    #[test]
    fn broken_files_have_no_profiles() {
        for text in ["", "[", "[]", "]", "[default", "=", "a=b\n[profile]\n", "[profile ]\nx=y"] {
            assert!(ProfileSettings::find(text, FileKind::Config, "default").is_none(), "{text:?}");
        }
    }

    #[test]
    fn secrets_do_not_show() {
        let text = "[default]\naws_secret_access_key = hush";
        let settings = ProfileSettings::find(text, FileKind::Credentials, "default").expect("a profile");
        let shown = format!("{settings:?}");
        assert!(shown.contains("aws_secret_access_key") && !shown.contains("hush"), "{shown}");
    }
}
