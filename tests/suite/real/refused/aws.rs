//! AWS Secrets Manager: moto, once with IAM switched on, so that it checks signatures and policies;
//! and addresses where no such API is.

use super::super::kept::{Kept, Server};
use super::bed::{Bed, Case};
use super::fake;
use crate::support::bao::Bao;
use crate::support::moto::Moto;

#[test]
fn addresses_regions_and_what_the_api_says() {
    let kept = Kept::aws();
    let tls = Bao::with_tls();
    let at = |name, why, now, value: String| Case::new(name, why, now).set("AWS_ENDPOINT_URL", value);
    let says = |kind: &str| {
        let body = format!("{{\"__type\":\"com.amazonaws.secretsmanager#{kind}\",\"message\":\"no\"}}");
        fake::answering("400 Bad Request", "", body.as_bytes())
    };
    let moved = "Location: http://127.0.0.1:9/\r\n";
    let none = Case::new("no credentials", "no valid AWS credentials", "aws configure   keeps some");
    let bed = Bed::new(&kept);
    bed.check_all(&[
        Case::new("no region", "no AWS region is set", "set AWS_REGION   such as").unset("AWS_REGION"),
        none.unset("AWS_ACCESS_KEY_ID").unset("AWS_SECRET_ACCESS_KEY"),
        at(
            "no url",
            "AWS_ENDPOINT_URL has no scheme",
            "AWS_ENDPOINT_URL takes https://HOST",
            "localhost:5000".to_owned(),
        ),
        at(
            "plain http",
            "plain http to another computer",
            "write https:// in AWS_ENDPOINT_URL",
            "http://aws.example.org".to_owned(),
        ),
        at("closed port", "nothing answers at", "start the server there", fake::closed()),
        at(
            "unknown name",
            "no host of the name in",
            "look at the name in AWS_ENDPOINT_URL",
            "https://aws.invalid".to_owned(),
        ),
        at("never answers", "did not answer within 15 seconds", "firewall or proxy", fake::mute()),
        at("sends on", "never followed", "address of the active server", fake::answering("307 Moved", moved, b"")),
        at(
            "too much",
            "more than 1024 KiB",
            "names the server of the keys",
            fake::answering("200 OK", "", &vec![b' '; 2 << 20]),
        ),
        at("own authority", "authority that is not trusted", "add the authority to those", tls.address().to_owned()),
        at(
            "no such API",
            "with status 404",
            "is the API of Secrets Manager",
            fake::answering("404 Not Found", "", b"<html>"),
        ),
        at("expired", "credentials have expired", "aws sso login", says("ExpiredTokenException")),
        at("too fast", "asks for fewer requests", "wait a minute", says("ThrottlingException")),
        at("no KMS", "KMS key", "kms:Decrypt", says("DecryptionFailure")).only(&["exec", "copy from", "rotate"]),
        Case::new("other region", "there is no secret", "set AWS_REGION or AWS_PROFILE")
            .set("AWS_REGION", "us-east-1")
            .only(&["exec", "copy from", "rotate"]),
    ]);
    let restore = "for one in client.list_secrets(IncludePlannedDeletion=True)['SecretList']:\n    client.";
    kept.python(&format!("{restore}delete_secret(SecretId=one['Name'])"));
    let scheduled =
        Case::new("removal scheduled", "removal of flask-harden/", "aws secretsmanager restore-secret --secret-id");
    bed.check(&scheduled.only(&["exec", "copy from", "rotate"]));
    kept.python(&format!("{restore}restore_secret(SecretId=one['Name'])"));
    kept.python(&format!("{restore}put_secret_value(SecretId=one['Name'], SecretBinary=b'\\xff\\x00')"));
    let binary = Case::new("binary", "it is binary", "aws secretsmanager put-secret-value --secret-id flask-harden/");
    bed.check(&binary.only(&["exec", "copy from", "rotate"]));
}

#[test]
fn keys_that_are_wrong_and_policies_that_are_narrow() {
    let kept = Kept::aws();
    let guarded = Moto::guarded();
    let keys = guarded.user("secretsmanager:ListSecrets", "secretsmanager:DescribeSecret");
    let (id, secret) = keys.split_once(' ').unwrap();
    let who = |case: Case, id: &str, secret: &str| {
        case.set("AWS_ENDPOINT_URL", guarded.address())
            .set("AWS_ACCESS_KEY_ID", id)
            .set("AWS_SECRET_ACCESS_KEY", secret)
    };
    Bed::new(&kept).check_all(&[
        who(
            Case::new("wrong key id", "does not know the AWS credentials", "aws configure   sets others"),
            "AKIDOFNOBODYATALL",
            secret,
        ),
        who(
            Case::new("wrong secret key", "refuses the signature", "aws configure   sets both keys"),
            id,
            "not-the-secret-key-of-it",
        ),
        who(
            Case::new(
                "may not create",
                "policies lack secretsmanager:CreateSecret",
                "allow secretsmanager:CreateSecret",
            ),
            id,
            secret,
        )
        .only(&["apply", "onboard"]),
        who(
            Case::new(
                "may not read",
                "policies lack secretsmanager:GetSecretValue",
                "allow secretsmanager:GetSecretValue",
            ),
            id,
            secret,
        )
        .only(&["exec", "copy from", "rotate", "set", "copy to"]),
    ]);
    let _ = matches!(kept.server, Server::Aws(..));
}
