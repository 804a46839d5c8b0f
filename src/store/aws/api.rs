//! Calls of Secrets Manager's API: JSON over POST, signed. Names of errors are read; messages of
//! the server are never shown.

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use ureq::http::Request;
use zeroize::{Zeroize as _, Zeroizing};

use super::chain::Chain;
use crate::secret::Secret;
use crate::secret::generate::{KeySource as _, OsRandom};
use crate::store::http::{Address, Http, Method, Trust};
use crate::store::{Access, Meta, StoreError};

/// The API of one region.
pub(super) struct Api {
    http: Http,
    chain: Chain,
}

/// Why a call was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    NotFound,
    Exists,
    /// The secret is in a state in which this cannot be done: its removal is scheduled.
    InState,
    /// The credentials are valid and may not do this.
    Denied,
    /// Nobody has these credentials.
    Credentials,
    /// The secret key is not that of the key id, or the clock is wrong.
    Signature,
    /// They were valid once.
    Expired,
    /// The key that encrypts the secret may not be used.
    Encryption,
    TooFast,
    Other(u16),
}

/// What a call answered. May hold a value; wiped when it is dropped.
pub(super) struct Answer(Map<String, Value>);

impl Api {
    pub(super) fn open(access: &Access<'_>) -> Result<Self, StoreError> {
        let chain = Chain::find(access)?;
        let named = ["AWS_ENDPOINT_URL_SECRETS_MANAGER", "AWS_ENDPOINT_URL"];
        let named = named
            .into_iter()
            .find_map(|name| Some((name, (access.environment)(name).filter(|value| !value.is_empty())?)));
        let address = match named {
            Some((name, address)) => Address::parse(&address, name)?,
            None => Address::parse(&endpoint(chain.region()), "AWS_REGION")?,
        };
        Ok(Self { http: Http::new(address, &Trust::System)?, chain })
    }

    pub(super) fn region(&self) -> &str {
        self.chain.region()
    }

    /// What answers, in words.
    pub(super) fn words(&self) -> String {
        format!("{} takes the AWS credentials that are set here", self.http.address().shown())
    }

    /// A call without a value in it.
    pub(super) fn call(&self, action: &str, request: &Value) -> Result<Result<Answer, Refusal>, StoreError> {
        self.send(action, request.to_string().as_bytes())
    }

    /// A call with this body.
    pub(super) fn send(&self, action: &str, body: &[u8]) -> Result<Result<Answer, Refusal>, StoreError> {
        let hash: String = Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect();
        let request = Request::post(format!("{}/", self.http.address().shown()))
            .header("content-type", "application/x-amz-json-1.1")
            .header("x-amz-target", format!("secretsmanager.{action}"))
            .header("x-amz-content-sha256", hash)
            .body(());
        let unfit = || StoreError::failed("the request would not be valid").now("set AWS_REGION to a region of AWS");
        let mut parts = request.map_err(|_| unfit())?.into_parts().0;
        self.chain.sign(&mut parts)?;
        let headers: Vec<(&str, &str)> = parts
            .headers
            .iter()
            // The client writes this one itself.
            .filter(|(name, _)| *name != "host")
            .filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)))
            .collect();
        let reply = self.http.call(Method::Post, "", &headers, Some(body))?;
        let parsed: Result<Map<String, Value>, _> = serde_json::from_slice(&reply.body);
        Ok(match (reply.status, parsed) {
            (200, Ok(answer)) => Ok(Answer(answer)),
            (status, Ok(error)) => Err(refusal(&Answer(error), status)),
            // Some servers of the API refuse a request's credentials in XML.
            (status, Err(_)) => {
                Err(code_in_xml(&reply.body).map_or(Refusal::Other(status), |code| named(code, status)))
            }
        })
    }

    /// A refusal in words, with the permission that is missing.
    pub(super) fn refused(&self, refusal: &Refusal, action: &str, name: &str) -> StoreError {
        let at = self.http.address().shown();
        let who = "aws sts get-caller-identity   says whose credentials are in use";
        match refusal {
            Refusal::NotFound => StoreError::failed(format!("{name} is not there any more"))
                .now("flask-harden store status   says where the keys are"),
            Refusal::Exists => StoreError::exists(name.to_owned()),
            Refusal::InState => StoreError::unusable(format!("the removal of {name} is scheduled"))
                .now(format!("aws secretsmanager restore-secret --secret-id {name}   takes that back")),
            Refusal::Denied => StoreError::denied(format!(
                "the AWS credentials are valid, and their policies lack secretsmanager:{action} on {name}"
            ))
            .now(format!("a policy for them has to allow secretsmanager:{action}; {who}")),
            Refusal::Credentials => {
                StoreError::denied(format!("{at} does not know the AWS credentials: no account has such a key id"))
                    .now(format!("aws configure   sets others; {who}"))
            }
            Refusal::Signature => StoreError::denied(format!(
                "{at} refuses the signature: the secret key is not that of the key id, or the clock here is wrong"
            ))
            .now("aws configure   sets both keys again; date says what time it is here"),
            Refusal::Expired => StoreError::denied(format!("{at} says that the AWS credentials have expired"))
                .now("aws sso login   gets new ones; or set AWS_SESSION_TOKEN and both keys anew"),
            Refusal::Encryption => StoreError::denied(format!("the KMS key of {name} may not be used, or is disabled"))
                .now("a policy has to allow kms:Decrypt and kms:GenerateDataKey on that key"),
            Refusal::TooFast => StoreError::no_answer(format!("{at} asks for fewer requests"))
                .now("wait a minute, then type the command again"),
            Refusal::Other(status) => StoreError::failed(format!("{at} answers {action} with status {status}"))
                .now(format!("look whether {} is the API of Secrets Manager", self.http.address().source())),
        }
    }
}

/// The public address of a region.
fn endpoint(region: &str) -> String {
    let domain = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    format!("https://secretsmanager.{region}.{domain}")
}

fn refusal(error: &Answer, status: u16) -> Refusal {
    // `com.amazonaws.secretsmanager#ResourceNotFoundException`
    let kind = error.0.get("__type").and_then(Value::as_str).unwrap_or_default();
    named(kind.rsplit('#').next().unwrap_or_default(), status)
}

/// The `<Code>` of an error that is no JSON.
fn code_in_xml(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?;
    Some(text.split_once("<Code>")?.1.split_once("</Code>")?.0)
}

fn named(kind: &str, status: u16) -> Refusal {
    match kind {
        "ResourceNotFoundException" => Refusal::NotFound,
        "ResourceExistsException" => Refusal::Exists,
        "InvalidRequestException" => Refusal::InState,
        "AccessDeniedException" | "AccessDenied" => Refusal::Denied,
        "UnrecognizedClientException" | "InvalidClientTokenId" | "MissingAuthenticationToken" => Refusal::Credentials,
        "InvalidSignatureException" | "SignatureDoesNotMatch" | "IncompleteSignature" => Refusal::Signature,
        "ExpiredTokenException" | "ExpiredToken" => Refusal::Expired,
        "DecryptionFailure" | "EncryptionFailure" => Refusal::Encryption,
        "ThrottlingException" | "TooManyRequestsException" => Refusal::TooFast,
        _ => Refusal::Other(status),
    }
}

impl Answer {
    /// The value, where it is a text.
    pub(super) fn take_secret(&mut self) -> Option<Secret> {
        match self.0.get_mut("SecretString") {
            Some(Value::String(text)) => Some(Secret::new(std::mem::take(text))),
            _ => None,
        }
    }

    pub(super) fn is_scheduled_for_removal(&self) -> bool {
        self.0.get("DeletedDate").is_some_and(|date| !date.is_null())
    }

    /// The version that has a stage.
    pub(super) fn version_in(&self, stage: &str) -> Option<&str> {
        let versions = self.0.get("VersionIdsToStages")?.as_object()?;
        let has = |stages: &Value| stages.as_array().is_some_and(|stages| stages.iter().any(|known| known == stage));
        versions.iter().find(|(_, stages)| has(stages)).map(|(version, _)| version.as_str())
    }

    pub(super) fn meta(&self) -> Meta {
        Meta { created: self.seconds("CreatedDate"), changed: self.seconds("LastChangedDate"), version: None }
    }

    /// Dates come as seconds with a fraction.
    fn seconds(&self, name: &str) -> Option<u64> {
        let text = self.0.get(name)?.to_string();
        text.split('.').next()?.parse().ok()
    }
}

impl Drop for Answer {
    fn drop(&mut self) {
        if let Some(Value::String(text)) = self.0.get_mut("SecretString") {
            text.zeroize();
        }
    }
}

/// The body of a request with a value in it.
pub(super) fn with_value(request: &Value, value: &Secret) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let unfit = |_| StoreError::failed("the value cannot be written as JSON");
    let value = Zeroizing::new(serde_json::to_string(value.expose()).map_err(unfit)?);
    let head = request.to_string();
    let head = head.strip_suffix('}').unwrap_or(&head);
    Ok(Zeroizing::new(format!("{head},\"SecretString\":{}}}", *value).into_bytes()))
}

/// A name for one request, which is also the version's: AWS takes 32 to 64 characters.
pub(super) fn token() -> Result<String, StoreError> {
    let mut bytes = [0_u8; 16];
    OsRandom.fill(&mut bytes).map_err(|_| StoreError::failed("the operating system gave no random bytes"))?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn errors_are_known_by_their_names() {
        let of = |kind: &str| refusal(&Answer(json!({"__type": kind}).as_object().unwrap().clone()), 400);
        assert_eq!(of("com.amazonaws.secretsmanager#ResourceNotFoundException"), Refusal::NotFound);
        assert_eq!(of("ExpiredTokenException"), Refusal::Expired);
        assert_eq!(of("SomethingNew"), Refusal::Other(400));
        assert_eq!(code_in_xml(b"<Errors><Error><Code>AccessDenied</Code></Error>"), Some("AccessDenied"));
        assert_eq!(named("SignatureDoesNotMatch", 403), Refusal::Signature);
        assert_eq!(endpoint("cn-north-1"), "https://secretsmanager.cn-north-1.amazonaws.com.cn");
    }

    #[test]
    fn a_value_goes_into_a_request_as_json() {
        let body = with_value(&json!({"Name": "a"}), &Secret::from("q\"\n")).unwrap();
        let parsed: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(parsed, json!({"Name": "a", "SecretString": "q\"\n"}));
        assert_eq!(token().unwrap().len(), 32);
    }

    #[test]
    fn dates_stages_and_removal_are_read() {
        let answer = json!({
            "CreatedDate": 1_732_000_000.25_f64, "DeletedDate": null,
            "VersionIdsToStages": {"v1": ["AWSPREVIOUS"], "v2": ["AWSCURRENT", "X"]},
        });
        let answer = Answer(answer.as_object().unwrap().clone());
        assert_eq!(answer.meta().created, Some(1_732_000_000));
        assert_eq!(answer.version_in("AWSCURRENT"), Some("v2"));
        assert!(!answer.is_scheduled_for_removal());
    }
}
