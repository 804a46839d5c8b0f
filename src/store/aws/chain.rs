//! Whose credentials sign a request, and for which region: the chain of the AWS command line
//! (variables, profiles, single sign-on, web identity, containers, instances), by a library. What
//! the library needs of the world is given to it here, with limits. A `credential_process` is
//! started where the person's own configuration names it, never from a file of the directory at hand.

use std::collections::HashMap;
use std::future::Future;
use std::path::PathBuf;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context as TaskContext, Poll, Waker};
use std::time::Duration;

use reqsign_aws_v4::{Credential, DefaultCredentialProvider, ProcessCredentialProvider, RequestSigner};
use reqsign_core::{CommandExecute, CommandOutput, Context, FileRead, HttpSend, Signer, StaticEnv};
use ureq::Agent;
use ureq::http::request::Parts;
use ureq::http::{Request, Response};

use crate::process::capture;
use crate::store::{Access, StoreError};

/// The name under which requests are signed.
const SERVICE: &str = "secretsmanager";
/// How long a source of credentials may take to connect: away from AWS nothing answers.
const CONNECT_LIMIT: Duration = Duration::from_secs(2);
const TOTAL_LIMIT: Duration = Duration::from_secs(10);
/// How long a program for credentials may take; some ask a person on a screen of their own.
const HELPER_LIMIT: Duration = Duration::from_secs(60);
/// Bytes of a file or an answer with credentials.
const LIMIT: u64 = 1 << 20;

/// Every variable the chain knows.
const VARIABLES: &[&str] = &[
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_EXTERNAL_ID",
    "AWS_STS_REGIONAL_ENDPOINTS",
    "AWS_SSO_ENDPOINT",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_EC2_METADATA_DISABLED",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
];

/// Signs requests for one region.
pub(super) struct Chain {
    signer: Signer<Credential>,
    region: String,
    /// Whether a program was started for credentials.
    asked: Arc<AtomicBool>,
}

impl Chain {
    /// Finds the region; credentials are looked for at the first request.
    pub(super) fn find(access: &Access<'_>) -> Result<Self, StoreError> {
        let value = |name: &str| (access.environment)(name).filter(|value| !value.trim().is_empty());
        let region =
            value("AWS_REGION").or_else(|| value("AWS_DEFAULT_REGION")).or_else(|| of_profile(&value, "region"));
        let region = region.filter(|region| region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
        let region = region.ok_or_else(|| {
            StoreError::absent("no AWS region is set: neither AWS_REGION nor a region in the profile")
                .now("set AWS_REGION   such as eu-west-1; aws configure keeps one in the profile")
        })?;
        let mut envs: HashMap<String, String> =
            VARIABLES.iter().filter_map(|name| Some(((*name).to_owned(), value(name)?))).collect();
        if let (None, Some(profile)) = (value("AWS_PROFILE"), value("AWS_DEFAULT_PROFILE")) {
            envs.insert("AWS_PROFILE".to_owned(), profile);
        }
        let environment = StaticEnv { home_dir: value("HOME").map(PathBuf::from), envs };
        let asked = Arc::new(AtomicBool::new(false));
        // Read here: the library's reader loses what stands behind a quoted path.
        let own = is_own(value("AWS_CONFIG_FILE").as_deref());
        let line = of_profile(&value, "credential_process").filter(|_| own);
        let helper = Helper {
            line: line.clone().unwrap_or_default(),
            home: environment.home_dir.clone(),
            asked: Arc::clone(&asked),
        };
        let context = Context::new().with_file_read(Files).with_http_send(Web::new()).with_env(environment);
        let context = context.with_command_execute(helper);
        let builder = DefaultCredentialProvider::builder();
        let provider = match line {
            Some(line) => builder.process(ProcessCredentialProvider::new().with_command(line)).build(),
            None => builder.no_process().build(),
        };
        Ok(Self { signer: Signer::new(context, provider, RequestSigner::new(SERVICE, &region)), region, asked })
    }

    pub(super) fn region(&self) -> &str {
        &self.region
    }

    /// Adds the signature's headers to a request.
    ///
    /// # Errors
    /// Where there are no credentials, or none that are valid.
    pub(super) fn sign(&self, request: &mut Parts) -> Result<(), StoreError> {
        // The library's words may repeat what a source of credentials answered.
        match ready(self.signer.sign(request, None)) {
            Some(Ok(())) => Ok(()),
            _ if self.asked.load(Ordering::Relaxed) => {
                Err(StoreError::denied("the credential_process of the AWS profile gave no valid credentials")
                    .now("aws configure get credential_process   says what it is: look what it prints"))
            }
            Some(Err(_)) | None => Err(StoreError::denied(
                "there are no valid AWS credentials: not in variables, the profile, single sign-on, nor from AWS itself",
            )
            .now("aws configure   keeps some in a profile, which AWS_PROFILE names")
            .now("aws sso login   where your organisation signs in that way")),
        }
    }
}

/// Ends a future that never waits: everything we give the library blocks.
fn ready<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    match future.as_mut().poll(&mut TaskContext::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    }
}

/// Whether a configuration file is the person's own, so that it may name a program: the one in their
/// home, or one that is named by its whole path and lies elsewhere than the directory at hand.
fn is_own(named: Option<&str>) -> bool {
    let Some(named) = named.map(std::path::Path::new) else { return true };
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    named.is_absolute() && matches!((named.canonicalize(), here), (Ok(file), Ok(here)) if !file.starts_with(&here))
}

/// A program that prints credentials.
#[derive(Debug)]
struct Helper {
    /// The whole line, with its quotes.
    line: String,
    home: Option<PathBuf>,
    asked: Arc<AtomicBool>,
}

impl CommandExecute for Helper {
    // The library takes the line apart at white space, whatever is quoted.
    async fn command_execute(&self, _: &str, _: &[&str]) -> reqsign_core::Result<CommandOutput> {
        self.asked.store(true, Ordering::Relaxed);
        match capture::output(&self.line, self.home.as_deref(), HELPER_LIMIT) {
            Ok(printed) => Ok(CommandOutput { status: 0, stdout: printed.to_vec(), stderr: Vec::new() }),
            Err(_) => Err(reqsign_core::Error::unexpected("a program for credentials failed")),
        }
    }
}

/// A setting of the selected profile in the configuration file.
fn of_profile(value: &dyn Fn(&str) -> Option<String>, key: &str) -> Option<String> {
    let path = value("AWS_CONFIG_FILE")
        .map(PathBuf::from)
        .or_else(|| value("HOME").map(|home| PathBuf::from(home).join(".aws/config")))?;
    let profile = value("AWS_PROFILE").or_else(|| value("AWS_DEFAULT_PROFILE")).unwrap_or_else(|| "default".to_owned());
    setting_in(&read(&path).ok().and_then(|bytes| String::from_utf8(bytes).ok())?, &profile, key)
}

fn setting_in(config: &str, profile: &str, wanted: &str) -> Option<String> {
    let mut selected = false;
    for line in config.lines() {
        let text = line.trim();
        if let Some(section) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(name, _)| name.trim())
        {
            selected = section.strip_prefix("profile").map_or(section, str::trim_start) == profile;
        } else if let (true, Some((key, value))) = (selected, text.split_once('=')) {
            // Nested settings are indented.
            if key.trim() == wanted && !line.starts_with([' ', '\t']) {
                return Some(value.trim().to_owned());
            }
        }
    }
    None
}

fn read(path: &std::path::Path) -> std::io::Result<Vec<u8>> {
    use std::io::Read as _;

    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(LIMIT).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The person's own files.
#[derive(Debug)]
struct Files;

impl FileRead for Files {
    async fn file_read(&self, path: &str) -> reqsign_core::Result<Vec<u8>> {
        read(path.as_ref()).map_err(|_| reqsign_core::Error::config_invalid("a file with credentials cannot be read"))
    }
}

/// Sources of credentials: AWS' own services, the container, the instance.
#[derive(Debug)]
struct Web {
    agent: Agent,
}

impl Web {
    fn new() -> Self {
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT_LIMIT))
            .timeout_global(Some(TOTAL_LIMIT))
            .build();
        Self { agent: config.new_agent() }
    }
}

impl HttpSend for Web {
    async fn http_send(&self, request: Request<bytes::Bytes>) -> reqsign_core::Result<Response<bytes::Bytes>> {
        let failed = |_| reqsign_core::Error::unexpected("a source of credentials did not answer");
        let (parts, body) = request.into_parts();
        let answer = match body.is_empty() {
            true => self.agent.run(Request::from_parts(parts, ())),
            false => self.agent.run(Request::from_parts(parts, body.as_ref())),
        };
        let (parts, mut body) = answer.map_err(failed)?.into_parts();
        let bytes = body.with_config().limit(LIMIT).read_to_vec().map_err(failed)?;
        Ok(Response::from_parts(parts, bytes.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_region_is_that_of_the_selected_profile() {
        let config = "[default]\nregion = eu-west-1\n[profile shop]\ns3 =\n  region = us-east-1\nregion=eu-north-1\n";
        assert_eq!(setting_in(config, "default", "region").as_deref(), Some("eu-west-1"));
        assert_eq!(setting_in(config, "shop", "region").as_deref(), Some("eu-north-1"));
        assert_eq!(setting_in(config, "other", "region"), None);
    }

    #[test]
    fn a_program_is_named_by_the_persons_own_configuration_alone() {
        let elsewhere = tempfile::NamedTempFile::new().unwrap();
        assert!(is_own(None) && is_own(elsewhere.path().to_str()));
        let here = std::env::current_dir().unwrap().join("Cargo.toml");
        for other in ["Cargo.toml", "./aws/config", here.to_str().unwrap(), "/no/such/file"] {
            assert!(!is_own(Some(other)), "{other}");
        }
    }

    #[test]
    fn without_a_region_or_credentials_it_says_so() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().to_str().unwrap().to_owned();
        let none = |name: &str| (name == "HOME").then(|| path.clone());
        assert!(matches!(Chain::find(&Access::of(&none)), Err(StoreError::Absent(_))));
        let some = |name: &str| match name {
            "AWS_REGION" => Some("eu-west-1".to_owned()),
            "AWS_EC2_METADATA_DISABLED" => Some("true".to_owned()),
            _ => none(name),
        };
        let chain = Chain::find(&Access::of(&some)).unwrap();
        let mut request = Request::post("https://example.org/").body(()).unwrap().into_parts().0;
        assert!(matches!(chain.sign(&mut request), Err(StoreError::Denied(_))));
    }
}
