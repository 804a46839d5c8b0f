//! AWS Secrets Manager: one secret for each setting, its value the plain text, so that a task or
//! a function of AWS takes it as it is.
//!
//! A new value is stored beside the present one, read back, and only then made the current one;
//! AWS keeps the one before as `AWSPREVIOUS`. Removing schedules the removal, which AWS carries
//! out after a week and a person can take back until then.

mod api;
mod chain;

use serde_json::json;

use super::{Item, Keeping, Meta, Ready, Store, StoreError, StoreId, StoreInfo, Stored, When};
use crate::secret::Secret;
use api::{Answer, Api, Refusal};

pub(super) const INFO: StoreInfo = StoreInfo {
    id: StoreId::Aws,
    name: "aws",
    title: "AWS Secrets",
    subject: "AWS Secrets Manager",
    about: "AWS Secrets Manager, with the credentials and region of the AWS command line",
    suits: "For servers in AWS. Needs a region and credentials.",
    readers: "whoever may call GetSecretValue on it",
    survives_restart: true,
    packages: &["boto3"],
    keeping: Keeping::Store(|access| Ok(Box::new(Aws { api: Api::open(access)? }))),
};

/// The shortest time AWS lets a removal wait.
const RECOVERY_DAYS: u32 = 7;

struct Aws {
    api: Api,
}

impl Aws {
    /// The name of an item's secret.
    fn name(item: &Item) -> String {
        format!("{}/{}", item.service.trim_matches('/'), item.user)
    }

    /// What is known of a secret, also of one that is scheduled for removal.
    fn describe(&self, name: &str) -> Result<Option<Answer>, StoreError> {
        match self.api.call("DescribeSecret", &json!({ "SecretId": name }))? {
            Ok(answer) => Ok(Some(answer)),
            Err(Refusal::NotFound) => Ok(None),
            Err(refusal) => Err(self.api.refused(&refusal, "DescribeSecret", name)),
        }
    }

    /// One version of the value, the current one where none is named; `None` where there is none
    /// that can be read.
    fn value(&self, name: &str, version: Option<&str>) -> Result<Option<Secret>, StoreError> {
        let request = match version {
            Some(version) => json!({ "SecretId": name, "VersionId": version }),
            None => json!({ "SecretId": name, "VersionStage": "AWSCURRENT" }),
        };
        match self.api.call("GetSecretValue", &request)? {
            Ok(mut answer) => match answer.take_secret() {
                Some(value) => Ok(Some(value)),
                None => Err(StoreError::unusable(format!("{name} is there, and it is binary")).now(format!(
                    "aws secretsmanager put-secret-value --secret-id {name} --secret-string file://key.txt"
                ))),
            },
            // Scheduled for removal counts as removed.
            Err(Refusal::NotFound | Refusal::InState) => Ok(None),
            Err(refusal) => Err(self.api.refused(&refusal, "GetSecretValue", name)),
        }
    }

    fn ask(&self, action: &'static str, name: &str, request: &serde_json::Value) -> Result<Answer, StoreError> {
        self.api.call(action, request)?.map_err(|refusal| self.api.refused(&refusal, action, name))
    }

    fn create(&self, item: &Item, name: &str, value: &Secret) -> Result<(), StoreError> {
        let token = api::token()?;
        let request = api::with_value(
            &json!({
                "Name": name,
                "ClientRequestToken": token,
                "Description": format!("{} of a Flask app, put here by flask-harden", item.user),
            }),
            value,
        )?;
        match self.api.send("CreateSecret", &request)? {
            Ok(_) => Ok(()),
            Err(Refusal::Exists) => Err(StoreError::exists(self.place(item))),
            // Somebody scheduled its removal meanwhile, or it was created and removed.
            Err(refusal) => Err(self.api.refused(&refusal, "CreateSecret", name)),
        }
    }

    /// Stores a further value beside the current one, reads it back, and makes it the current one.
    fn replace(&self, item: &Item, name: &str, value: &Secret, described: &Answer) -> Result<(), StoreError> {
        let token = api::token()?;
        let request = api::with_value(
            &json!({ "SecretId": name, "ClientRequestToken": token, "VersionStages": ["AWSPENDING"] }),
            value,
        )?;
        self.api
            .send("PutSecretValue", &request)?
            .map_err(|refusal| self.api.refused(&refusal, "PutSecretValue", name))?;
        if self.value(name, Some(&token))?.is_none_or(|read| read != *value) {
            return Err(StoreError::not_read_back(self.place(item)));
        }
        let mut promote = json!({ "SecretId": name, "VersionStage": "AWSCURRENT", "MoveToVersionId": token });
        if let Some(current) = described.version_in("AWSCURRENT") {
            promote["RemoveFromVersionId"] = json!(current);
        }
        self.ask("UpdateSecretVersionStage", name, &promote)?;
        let done = json!({ "SecretId": name, "VersionStage": "AWSPENDING", "RemoveFromVersionId": token });
        self.ask("UpdateSecretVersionStage", name, &done).map(|_| ())
    }
}

impl Store for Aws {
    fn probe(&self) -> Result<Ready, StoreError> {
        // The smallest request there is; a policy for some secrets alone refuses it, and answers.
        match self.api.call("ListSecrets", &json!({ "MaxResults": 1 }))? {
            Ok(_) | Err(Refusal::Denied) => Ok(Ready { words: self.api.words(), locked: false }),
            Err(refusal) => Err(self.api.refused(&refusal, "ListSecrets", "")),
        }
    }

    fn meta(&self, item: &Item) -> Result<Option<Meta>, StoreError> {
        let described = self.describe(&Self::name(item))?.filter(|answer| !answer.is_scheduled_for_removal());
        Ok(described.map(|answer| answer.meta()))
    }

    fn get(&self, item: &Item) -> Result<Option<Stored>, StoreError> {
        let Some(value) = self.value(&Self::name(item), None)? else { return Ok(None) };
        // Whoever may read a value may not always describe it.
        let meta = self.meta(item).ok().flatten().unwrap_or_default();
        Ok(Some(Stored { value, meta }))
    }

    fn put(&self, item: &Item, value: &Secret, when: When) -> Result<Meta, StoreError> {
        let name = Self::name(item);
        match (self.describe(&name)?, when) {
            // AWS counts no versions.
            (_, When::Version(_)) => return Err(StoreError::changed(self.place(item))),
            (None, When::Absent | When::Always) => self.create(item, &name, value)?,
            (Some(old), When::Absent | When::Always) if old.is_scheduled_for_removal() => {
                self.ask("RestoreSecret", &name, &json!({ "SecretId": name }))?;
                self.replace(item, &name, value, &old)?;
            }
            (Some(_), When::Absent) => return Err(StoreError::exists(self.place(item))),
            (Some(old), When::Always) => self.replace(item, &name, value, &old)?,
        }
        match self.value(&name, None)? {
            Some(read) if read == *value => Ok(self.meta(item)?.unwrap_or_default()),
            _ => Err(StoreError::not_read_back(self.place(item))),
        }
    }

    fn delete(&self, item: &Item) -> Result<(), StoreError> {
        let name = Self::name(item);
        let request = json!({ "SecretId": name, "RecoveryWindowInDays": RECOVERY_DAYS });
        match self.api.call("DeleteSecret", &request)? {
            Ok(_) | Err(Refusal::NotFound | Refusal::InState) => Ok(()),
            Err(refusal) => Err(self.api.refused(&refusal, "DeleteSecret", &name)),
        }
    }

    fn missing(&self, item: &Item) -> StoreError {
        let name = Self::name(item);
        match self.describe(&name) {
            Ok(Some(answer)) if answer.is_scheduled_for_removal() => {
                StoreError::unusable(format!("the removal of {name} is scheduled in {}", self.api.region()))
                    .now(format!("aws secretsmanager restore-secret --secret-id {name}   takes that back"))
            }
            _ => StoreError::unusable(format!("there is no secret {name} in {}", self.api.region()))
                .now("set AWS_REGION or AWS_PROFILE to where it is, if it is elsewhere"),
        }
    }

    fn place(&self, item: &Item) -> String {
        format!("AWS Secrets Manager in {}, {}", self.api.region(), Self::name(item))
    }
}
