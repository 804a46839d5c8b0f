//! The AWS store against a real server of its API; boto3 is the other side. Nothing of this
//! computer's own AWS settings is read: the store gets a closed list of variables.

use std::collections::BTreeMap;

use flask_harden::secret::Secret;
use flask_harden::store::{Access, Item, Store, StoreError, StoreId, When};

use super::python;
use crate::support::moto::Moto;

fn variables(moto: &Moto, home: &str) -> BTreeMap<String, String> {
    [
        ("AWS_ENDPOINT_URL", moto.address()),
        ("AWS_REGION", "eu-west-1"),
        ("AWS_ACCESS_KEY_ID", "testing"),
        ("AWS_SECRET_ACCESS_KEY", "testing"),
        ("AWS_EC2_METADATA_DISABLED", "true"),
        ("HOME", home),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

fn open(variables: &BTreeMap<String, String>) -> Result<Box<dyn Store>, StoreError> {
    let environment = |name: &str| variables.get(name).cloned();
    let store = StoreId::Aws.open(&Access::of(&environment))?;
    Ok(store.expect("AWS is a store of its own"))
}

/// Runs Python with `client`, boto3's client of Secrets Manager; what it prints.
fn boto3(moto: &Moto, script: &str) -> String {
    let head = format!(
        "import boto3, json\nclient = boto3.client('secretsmanager', region_name='eu-west-1', \
         endpoint_url={:?}, aws_access_key_id='testing', aws_secret_access_key='testing')\n",
        moto.address()
    );
    python::run(&(head + script), "").trim().to_owned()
}

#[track_caller]
fn error<T>(result: Result<T, StoreError>) -> StoreError {
    match result {
        Ok(_) => panic!("it did not fail"),
        Err(error) => error,
    }
}

const NAME: &str = "flask-harden/acme/shop/SECRET_KEY";

#[test]
fn a_key_goes_round_and_a_new_one_keeps_the_one_before_as_previous() {
    let (moto, home) = (Moto::start(), tempfile::tempdir().unwrap());
    let store = open(&variables(&moto, home.path().to_str().unwrap())).unwrap();
    let item = Item::of("acme/shop", "SECRET_KEY");
    assert!(store.probe().unwrap().words.contains(moto.address()));
    assert!(store.get(&item).unwrap().is_none() && store.meta(&item).unwrap().is_none());

    let meta = store.put(&item, &Secret::from("first ü \"value\""), When::Absent).unwrap();
    assert!(meta.created.is_some());
    let current =
        format!("print(client.get_secret_value(SecretId='{NAME}', VersionStage='AWSCURRENT')['SecretString'])");
    assert_eq!(boto3(&moto, &current), "first ü \"value\"");
    assert!(matches!(error(store.put(&item, &Secret::from("x"), When::Absent)), StoreError::Exists(_)));
    assert!(matches!(error(store.put(&item, &Secret::from("x"), When::Version(1))), StoreError::Changed(_)));

    // What Python wrote is read.
    boto3(&moto, &format!("client.put_secret_value(SecretId='{NAME}', SecretString='by python')"));
    assert_eq!(store.get(&item).unwrap().unwrap().value.expose(), "by python");

    store.put(&item, &Secret::from("second"), When::Always).unwrap();
    store.put(&item, &Secret::from("third"), When::Always).unwrap();
    assert_eq!(boto3(&moto, &current), "third");
    let previous = format!(
        "print(client.get_secret_value(SecretId='{NAME}', VersionStage='AWSPREVIOUS')['SecretString'])\n\
         stages = client.describe_secret(SecretId='{NAME}')['VersionIdsToStages'].values()\n\
         print(sorted(stage for each in stages for stage in each))"
    );
    assert_eq!(boto3(&moto, &previous), "second\n['AWSCURRENT', 'AWSPREVIOUS']");

    boto3(&moto, "client.create_secret(Name='flask-harden/acme/shop/BYTES', SecretBinary=b'\\xff')");
    assert!(matches!(error(store.get(&Item::of("acme/shop", "BYTES"))), StoreError::Unusable(_)));
}

#[test]
fn a_removed_key_counts_as_absent_and_can_be_put_there_again() {
    let (moto, home) = (Moto::start(), tempfile::tempdir().unwrap());
    let store = open(&variables(&moto, home.path().to_str().unwrap())).unwrap();
    let item = Item::of("acme/shop", "SECRET_KEY");
    store.delete(&item).unwrap();
    store.put(&item, &Secret::from("first"), When::Absent).unwrap();
    store.delete(&item).unwrap();
    store.delete(&item).unwrap();
    assert!(store.get(&item).unwrap().is_none() && store.meta(&item).unwrap().is_none());
    let removal = format!("print('DeletedDate' in client.describe_secret(SecretId='{NAME}'))");
    assert_eq!(boto3(&moto, &removal), "True", "a person can take it back for a week");
    store.put(&item, &Secret::from("second"), When::Absent).unwrap();
    assert_eq!(store.get(&item).unwrap().unwrap().value.expose(), "second");
    assert_eq!(boto3(&moto, &removal), "False");
}

#[test]
fn credentials_come_from_a_profile_and_missing_ones_are_said() {
    let (moto, home) = (Moto::start(), tempfile::tempdir().unwrap());
    let mut who = variables(&moto, home.path().to_str().unwrap());
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION"] {
        who.remove(name);
    }
    assert!(matches!(open(&who), Err(StoreError::Absent(why)) if why.contains("region")));
    who.insert("AWS_PROFILE".to_owned(), "shop".to_owned());
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    std::fs::write(home.path().join(".aws/config"), "[profile shop]\nregion = eu-west-1\n").unwrap();
    let item = Item::of("acme/shop", "SECRET_KEY");
    assert!(matches!(error(open(&who).unwrap().get(&item)), StoreError::Denied(_)));
    let credentials = "[shop]\naws_access_key_id = testing\naws_secret_access_key = testing\n";
    std::fs::write(home.path().join(".aws/credentials"), credentials).unwrap();
    let store = open(&who).unwrap();
    store.put(&item, &Secret::from("value"), When::Absent).unwrap();
    assert_eq!(store.place(&item), format!("AWS Secrets Manager in eu-west-1, {NAME}"));
    assert_eq!(
        boto3(
            &moto,
            &format!("print(client.get_secret_value(SecretId='{NAME}', VersionStage='AWSCURRENT')['SecretString'])")
        ),
        "value"
    );
}

/// A program that prints these credentials, where it gets the two words that it expects.
fn printing(home: &std::path::Path, keys: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    let (id, secret) = keys.split_once(' ').unwrap();
    let program = home.join("get keys");
    let text = format!(
        "#!/bin/sh\ntouch \"$HOME/ran\"\n[ \"$1 $2\" = \"--user the owner\" ] || exit 1\n\
         echo '{{\"Version\": 1, \"AccessKeyId\": \"{id}\", \"SecretAccessKey\": \"{secret}\"}}'\n"
    );
    std::fs::write(&program, text).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o700)).unwrap();
    format!("[profile shop]\nregion = eu-west-1\ncredential_process = \"{}\" --user 'the owner'\n", program.display())
}

#[test]
fn a_program_of_the_persons_own_configuration_gives_credentials() {
    // The server checks signatures, so these very credentials have to sign.
    let moto = Moto::guarded();
    let keys = moto.user("secretsmanager:*", "kms:*");
    let (home, project) = (tempfile::tempdir().unwrap(), super::stores::app());
    std::fs::create_dir(home.path().join(".aws")).unwrap();
    let config = printing(home.path(), &keys);
    std::fs::write(home.path().join(".aws/config"), &config).unwrap();
    let program = crate::support::Program::new();
    let run = |more: &[(&str, &str)]| {
        let mut command = program.command(project.path(), &["--apply", "--store", "aws"]);
        command.env("AWS_PROFILE", "shop").env("AWS_ENDPOINT_URL", moto.address()).env("HOME", home.path());
        command.env("AWS_EC2_METADATA_DISABLED", "true").env("PATH", std::env::var_os("PATH").unwrap());
        command.envs(more.iter().copied());
        command.output().unwrap()
    };
    // Not from a file of the directory at hand, however it is named.
    project.write("aws.ini", &config);
    for named in ["aws.ini", "./aws.ini", project.at("aws.ini").to_str().unwrap()] {
        let output = run(&[("AWS_CONFIG_FILE", named)]);
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.code() == Some(5) && stderr.contains("no valid AWS credentials"), "{named}: {stderr}");
        assert!(!home.path().join("ran").exists(), "{named}: a program of the directory was started");
    }
    std::fs::remove_file(project.at("aws.ini")).unwrap();
    let output = run(&[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(home.path().join("ran").exists());
    // One that fails is named as the cause, and what it printed is not.
    std::fs::write(home.path().join(".aws/config"), config.replace("the owner", "nobody")).unwrap();
    let other = super::stores::app();
    let mut command = program.command(other.path(), &["--apply", "--store", "aws"]);
    command.env("AWS_PROFILE", "shop").env("AWS_ENDPOINT_URL", moto.address()).env("HOME", home.path());
    let stderr = command.env("AWS_EC2_METADATA_DISABLED", "true").output().unwrap().stderr;
    let stderr = String::from_utf8_lossy(&stderr).into_owned();
    assert!(stderr.contains("credential_process") && stderr.contains("aws configure get"), "{stderr}");
}
