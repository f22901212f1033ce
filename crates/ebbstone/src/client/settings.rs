//! Which credentials, which region and which endpoints: from options, the environment and profiles, in the order
//! in which Amazon's own tools look.
//!
//! Source: AWS SDKs and Tools Reference Guide, "Settings reference".

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use aws_api::sigv4::{Credentials, SecretAccessKey};
use ebs::RegionName;
use zeroize::Zeroizing;

use super::endpoint::{Endpoint, Endpoints, Service};
use super::profile::{FileKind, PROFILE_FILE_BYTES_MAX, ProfileSettings};

/// What of the settings is missing or cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    /// Nothing names credentials.
    #[error(
        "no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile that has them (--profile, AWS_PROFILE)"
    )]
    NoCredentials,
    /// Half of a key pair is there.
    #[error("{present} is set but {missing} is not")]
    HalfAKey {
        /// The setting that is there.
        present: &'static str,
        /// The setting that it needs.
        missing: &'static str,
    },
    /// The profile that was named is in neither file.
    #[error("there is no profile named `{profile}` in the shared config and credentials files")]
    NoProfile {
        /// The profile.
        profile: String,
    },
    /// The profile's credentials are of a kind that is not supported.
    #[error(
        "the profile `{profile}` gets its credentials by {setting}, which is not supported: export keys into the environment instead"
    )]
    Unsupported {
        /// The profile.
        profile: String,
        /// The setting that says so.
        setting: &'static str,
    },
    /// Nothing names a region.
    #[error("no region: give --region, set AWS_REGION, or name a profile that has one")]
    NoRegion,
    /// The region's name has not the form of one.
    #[error("`{region}` is not a region name")]
    Region {
        /// The name.
        region: String,
    },
    /// The endpoint is not a URL that requests can be sent to.
    #[error("`{url}` is not an endpoint URL: it must be http://HOST[:PORT] or https://HOST[:PORT]")]
    Endpoint {
        /// The text.
        url: String,
    },
    /// A file that the settings name cannot be read.
    #[error("cannot read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The certificates of AWS_CA_BUNDLE cannot be used.
    #[error("the certificates in {} cannot be used", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: reqwest::Error,
    },
    /// No HTTP client can be set up.
    #[error("the HTTP client cannot be set up")]
    Http {
        /// What is wrong.
        source: reqwest::Error,
    },
}

/// What the user says on the command line; it goes before everything else.
#[derive(Clone, Debug, Default)]
pub(crate) struct Choices {
    /// The endpoint of all services.
    pub(crate) endpoint_url: Option<String>,
    /// The region.
    pub(crate) region: Option<String>,
    /// The profile. If it is named here, keys in the environment do not count.
    pub(crate) profile: Option<String>,
    /// Whether endpoints, regions and profiles in the environment are passed over: for the other side of a transfer,
    /// which the environment does not speak of.
    pub(crate) ignore_environment: bool,
}

/// Everything a client needs to know.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// What it signs with.
    pub(crate) credentials: Credentials,
    /// The region it works in.
    pub(crate) region: RegionName,
    /// Where the services are.
    pub(crate) endpoints: Endpoints,
    /// A file of certificates to trust beside the system's.
    pub(crate) ca_bundle: Option<PathBuf>,
}

/// Looks up variables of the environment.
pub(crate) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

const UNSUPPORTED: [&str; 6] = [
    "role_arn",
    "credential_process",
    "credential_source",
    "sso_session",
    "sso_start_url",
    "web_identity_token_file",
];

impl Settings {
    /// The settings that `choices`, the environment and the profile make together.
    ///
    /// # Errors
    ///
    /// [`SettingsError`] if there are no credentials or no region, or if one of the settings cannot be used.
    pub(crate) fn resolve(choices: &Choices, environment: Environment<'_>) -> Result<Self, SettingsError> {
        let sources = Sources::read(choices, environment)?;
        let region = sources.region()?;
        Ok(Self {
            credentials: sources.credentials()?,
            endpoints: sources.endpoints(&region)?,
            region,
            ca_bundle: sources.variable("AWS_CA_BUNDLE").map(PathBuf::from),
        })
    }
}

struct Sources<'a> {
    choices: &'a Choices,
    environment: Environment<'a>,
    profile_name: String,
    config: Option<ProfileSettings>,
    credentials: Option<ProfileSettings>,
}

impl<'a> Sources<'a> {
    fn read(choices: &'a Choices, environment: Environment<'a>) -> Result<Self, SettingsError> {
        let variable = |name| environment(name).filter(|value| !value.is_empty());
        let from_environment = || if choices.ignore_environment { None } else { variable("AWS_PROFILE") };
        let named = choices.profile.clone().or_else(from_environment);
        let profile_name = named.clone().unwrap_or_else(|| "default".to_owned());
        let home = variable("HOME").map(PathBuf::from);
        let path = |name, file| {
            variable(name)
                .map(PathBuf::from)
                .or_else(|| home.as_ref().map(|home| home.join(".aws").join(file)))
        };
        let config_path = path("AWS_CONFIG_FILE", "config");
        let credentials_path = path("AWS_SHARED_CREDENTIALS_FILE", "credentials");
        let find = |path: Option<PathBuf>, kind| -> Result<Option<ProfileSettings>, SettingsError> {
            let text = path.map(|path| read_if_there(&path)).transpose()?.flatten();
            Ok(text.and_then(|text| ProfileSettings::find(&text, kind, &profile_name)))
        };
        let config = find(config_path, FileKind::Config)?;
        let credentials = find(credentials_path, FileKind::Credentials)?;
        if named.is_some() && config.is_none() && credentials.is_none() {
            return Err(SettingsError::NoProfile { profile: profile_name });
        }
        Ok(Self { choices, environment, profile_name, config, credentials })
    }

    fn variable(&self, name: &str) -> Option<String> {
        (self.environment)(name).filter(|value| !value.is_empty())
    }

    /// A variable that speaks of where requests go.
    fn variable_of_place(&self, name: &str) -> Option<String> {
        if self.choices.ignore_environment { None } else { self.variable(name) }
    }

    fn profile(&self, name: &str) -> Option<&Zeroizing<String>> {
        // Of keys in both files, those in the credentials file count.
        let in_file =
            |file: &'_ Option<ProfileSettings>| file.as_ref().is_some_and(|file| file.get(name).is_some());
        let file = if in_file(&self.credentials) { &self.credentials } else { &self.config };
        file.as_ref().and_then(|file| file.get(name))
    }

    fn region(&self) -> Result<RegionName, SettingsError> {
        let region = self
            .choices
            .region
            .clone()
            .or_else(|| self.variable_of_place("AWS_REGION"))
            .or_else(|| self.variable_of_place("AWS_DEFAULT_REGION"))
            .or_else(|| self.profile("region").map(|region| region.to_string()))
            .ok_or(SettingsError::NoRegion)?;
        region.parse().map_err(|_| SettingsError::Region { region })
    }

    fn credentials(&self) -> Result<Credentials, SettingsError> {
        let environment_counts = self.choices.profile.is_none();
        if environment_counts {
            let secret = |name| self.variable(name).map(Zeroizing::new);
            let pair = key_pair(
                ("AWS_ACCESS_KEY_ID", self.variable("AWS_ACCESS_KEY_ID")),
                ("AWS_SECRET_ACCESS_KEY", secret("AWS_SECRET_ACCESS_KEY")),
                secret("AWS_SESSION_TOKEN"),
            )?;
            if let Some(credentials) = pair {
                return Ok(credentials);
            }
        }
        let pair = key_pair(
            ("aws_access_key_id", self.profile("aws_access_key_id").map(|id| id.to_string())),
            ("aws_secret_access_key", self.profile("aws_secret_access_key").cloned()),
            self.profile("aws_session_token").cloned(),
        )?;
        let unsupported = UNSUPPORTED.into_iter().find(|setting| self.profile(setting).is_some());
        match (unsupported, pair) {
            // A role is assumed with the keys beside it: these alone are not what the profile means.
            (Some(setting), _) => {
                Err(SettingsError::Unsupported { profile: self.profile_name.clone(), setting })
            }
            (None, Some(credentials)) => Ok(credentials),
            (None, None) => Err(SettingsError::NoCredentials),
        }
    }

    fn endpoints(&self, region: &RegionName) -> Result<Endpoints, SettingsError> {
        if let Some(url) = &self.choices.endpoint_url {
            return Ok(Endpoints::single(Endpoint::parse(url)?));
        }
        let endpoint = |service: Service| -> Result<Endpoint, SettingsError> {
            let url = self
                .variable_of_place(service.endpoint_variable())
                .or_else(|| self.variable_of_place("AWS_ENDPOINT_URL"))
                .or_else(|| self.profile("endpoint_url").map(|url| url.to_string()));
            url.map_or_else(|| Ok(Endpoint::amazon(service, region)), |url| Endpoint::parse(&url))
        };
        Ok(Endpoints {
            ec2: endpoint(Service::Ec2)?,
            ebs: endpoint(Service::Ebs)?,
            sts: endpoint(Service::Sts)?,
        })
    }
}

/// The credentials of an access key with its secret, or nothing if neither is there.
fn key_pair(
    (id_name, id): (&'static str, Option<String>),
    (secret_name, secret): (&'static str, Option<Zeroizing<String>>),
    session_token: Option<Zeroizing<String>>,
) -> Result<Option<Credentials>, SettingsError> {
    match (id, secret) {
        (Some(access_key_id), Some(secret)) => {
            let secret = SecretAccessKey::new(secret);
            Ok(Some(Credentials { access_key_id, secret, session_token }))
        }
        (Some(_), None) => Err(SettingsError::HalfAKey { present: id_name, missing: secret_name }),
        (None, Some(_)) => Err(SettingsError::HalfAKey { present: secret_name, missing: id_name }),
        (None, None) => Ok(None),
    }
}

/// The text of the file at `path`, or nothing if there is none.
fn read_if_there(path: &Path) -> Result<Option<Zeroizing<String>>, SettingsError> {
    let failed = |source| SettingsError::File { path: path.to_owned(), source };
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other.map_err(failed)?,
    };
    let length = file.metadata().map_err(failed)?.len();
    if length > PROFILE_FILE_BYTES_MAX {
        return Err(failed(io::ErrorKind::FileTooLarge.into()));
    }
    // Room for all of it: text that grows leaves copies of itself behind.
    let mut text = Zeroizing::new(String::with_capacity(length as usize + 1));
    file.take(PROFILE_FILE_BYTES_MAX).read_to_string(&mut text).map_err(failed)?;
    Ok(Some(text))
}

#[cfg(test)]
mod tests {
    use super::{Choices, Settings, SettingsError};

    struct Machine {
        folder: tempfile::TempDir,
        variables: Vec<(&'static str, String)>,
    }

    impl Machine {
        fn new(config: &str, credentials: &str, variables: &[(&'static str, &str)]) -> Self {
            let folder = tempfile::tempdir().expect("a folder");
            std::fs::create_dir(folder.path().join(".aws")).expect("a folder");
            std::fs::write(folder.path().join(".aws/config"), config).expect("a file");
            std::fs::write(folder.path().join(".aws/credentials"), credentials).expect("a file");
            let mut variables: Vec<_> =
                variables.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
            variables.push(("HOME", folder.path().display().to_string()));
            Self { folder, variables }
        }

        fn resolve(&self, choices: &Choices) -> Result<Settings, SettingsError> {
            assert!(self.folder.path().exists());
            let look_up = |name: &str| {
                self.variables.iter().find(|(other, _)| *other == name).map(|(_, value)| value.clone())
            };
            Settings::resolve(choices, &look_up)
        }
    }

    const KEYS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIDENV"), ("AWS_SECRET_ACCESS_KEY", "hush")];
    const LAB: &str = "[lab]\naws_access_key_id=AKIDLAB\naws_secret_access_key=hush\naws_session_token=tok\n";

    fn profile(name: &str) -> Choices {
        Choices { profile: Some(name.to_owned()), ..Choices::default() }
    }

    #[test]
    fn the_environment_is_enough() {
        let machine = Machine::new("", "", &[KEYS[0], KEYS[1], ("AWS_DEFAULT_REGION", "eu-west-1")]);
        let settings = machine.resolve(&Choices::default()).expect("settings");
        assert_eq!(settings.credentials.access_key_id, "AKIDENV");
        assert_eq!(settings.region.as_str(), "eu-west-1");
        assert_eq!(settings.endpoints.ebs.host(), "ebs.eu-west-1.amazonaws.com");
    }

    #[test]
    fn a_profile_that_is_asked_for_goes_before_keys_in_the_environment() {
        let config = "[profile lab]\nregion=us-west-2\nendpoint_url=http://lab:1\n";
        let machine = Machine::new(config, LAB, &KEYS);
        let settings = machine.resolve(&profile("lab")).expect("settings");
        assert_eq!(settings.credentials.access_key_id, "AKIDLAB");
        assert_eq!(settings.credentials.session_token.as_ref().map(|token| token.as_str()), Some("tok"));
        assert_eq!(settings.endpoints.ec2.host(), "lab:1");
        let with_variable = Machine::new(config, LAB, &[KEYS[0], KEYS[1], ("AWS_PROFILE", "lab")]);
        let settings = with_variable.resolve(&Choices::default()).expect("settings");
        assert_eq!(settings.credentials.access_key_id, "AKIDENV", "the variable does not go before keys");
        assert_eq!(settings.region.as_str(), "us-west-2");
    }

    #[test]
    fn the_nearest_endpoint_counts() {
        let variables = [
            KEYS[0],
            KEYS[1],
            ("AWS_REGION", "us-east-1"),
            ("AWS_ENDPOINT_URL", "http://all:1"),
            ("AWS_ENDPOINT_URL_EBS", "http://ebs:2"),
        ];
        let machine = Machine::new("", "", &variables);
        let settings = machine.resolve(&Choices::default()).expect("settings");
        assert_eq!((settings.endpoints.ec2.host(), settings.endpoints.ebs.host()), ("all:1", "ebs:2"));
        let chosen = Choices { endpoint_url: Some("http://mine:3".to_owned()), ..Choices::default() };
        assert_eq!(machine.resolve(&chosen).expect("settings").endpoints.ebs.host(), "mine:3");
    }

    #[test]
    fn the_other_side_does_not_take_this_sides_place() {
        let variables = [("AWS_REGION", "us-east-1"), ("AWS_ENDPOINT_URL", "http://here:1")];
        let machine = Machine::new("[profile lab]\nregion=us-west-2\n", LAB, &variables);
        let settings =
            machine.resolve(&Choices { ignore_environment: true, ..profile("lab") }).expect("settings");
        assert_eq!(settings.endpoints.ebs.host(), "ebs.us-west-2.amazonaws.com");
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let region = ("AWS_REGION", "us-east-1");
        let none = Machine::new("", "", &[region]).resolve(&Choices::default());
        assert!(matches!(none, Err(SettingsError::NoCredentials)), "{none:?}");
        let half = Machine::new("", "", &[region, KEYS[0]]).resolve(&Choices::default());
        assert!(matches!(half, Err(SettingsError::HalfAKey { missing: "AWS_SECRET_ACCESS_KEY", .. })));
        let absent = Machine::new("", LAB, &[region]).resolve(&profile("nowhere"));
        assert!(matches!(absent, Err(SettingsError::NoProfile { profile }) if profile == "nowhere"));
        let role = Machine::new("[profile lab]\nrole_arn=arn:x\n", LAB, &[region]).resolve(&profile("lab"));
        assert!(matches!(role, Err(SettingsError::Unsupported { setting: "role_arn", .. })));
        let placeless = Machine::new("", "", &KEYS).resolve(&Choices::default());
        assert!(matches!(placeless, Err(SettingsError::NoRegion)));
        let wrong = Machine::new("", "", &[KEYS[0], KEYS[1], ("AWS_REGION", "US EAST")]);
        assert!(matches!(wrong.resolve(&Choices::default()), Err(SettingsError::Region { .. })));
    }

    #[test]
    fn secrets_do_not_show() {
        let machine = Machine::new("", LAB, &[("AWS_REGION", "us-east-1")]);
        let shown = format!("{:?}", machine.resolve(&profile("lab")).expect("settings"));
        assert!(shown.contains("AKIDLAB") && !shown.contains("hush") && !shown.contains("tok\""), "{shown}");
    }
}
