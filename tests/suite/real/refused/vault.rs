//! Vault: OpenBao with wrong, expired and narrow tokens, sealed, with a certificate of its own; and
//! addresses where no Vault is.

use super::super::kept::{Kept, Server};
use super::bed::{Bed, Case};
use super::fake;
use crate::support::bao::Bao;

/// Those that write.
const WRITING: &[&str] = &["apply", "onboard", "set", "copy to", "rotate"];
const NEW: &[&str] = &["apply", "onboard", "set", "copy to"];

fn bao(kept: &Kept) -> &Bao {
    match &kept.server {
        Server::Vault(bao, _) => bao,
        _ => unreachable!("it is a Vault"),
    }
}

#[test]
fn addresses() {
    let kept = Kept::vault();
    let tls = Bao::with_tls();
    let plain = tls.address().replace("https://", "http://");
    let addr = |name, why, now, value: String| Case::new(name, why, now).set("VAULT_ADDR", value);
    let moved = "Location: http://127.0.0.1:9/v1/x\r\n";
    Bed::new(&kept).check_all(&[
        Case::new("no address", "VAULT_ADDR is not set", "--vault-addr https://").unset("VAULT_ADDR"),
        addr("no url", "VAULT_ADDR has no scheme", "VAULT_ADDR takes https://HOST:PORT", "vault:8200".to_owned()),
        addr(
            "plain http",
            "plain http to another computer",
            "write https:// in VAULT_ADDR, at",
            "http://vault.example.org".to_owned(),
        ),
        addr(
            "closed port",
            "nothing answers at",
            "start the server there, or name another address in VAULT_ADDR",
            fake::closed(),
        ),
        addr(
            "unknown name",
            "no host of the name in",
            "look at the name in VAULT_ADDR",
            "https://vault.invalid:8200".to_owned(),
        ),
        addr("never answers", "did not answer within 15 seconds", "firewall or proxy", fake::mute()),
        addr("sends on", "never followed", "address of the active server", fake::answering("307 Moved", moved, b"")),
        addr(
            "too much",
            "more than 1024 KiB",
            "names the server of the keys",
            fake::answering("200 OK", "", &vec![b' '; 2 << 20]),
        )
        .only(&["exec", "copy from", "rotate", "apply", "set"]),
        addr("no vault", "", "VAULT_ADDR", fake::answering("404 Not Found", "", b"<html>")).only(&["apply"]),
        addr(
            "own authority",
            "authority that is not trusted",
            "set VAULT_CACERT to the PEM file of that",
            tls.address().to_owned(),
        ),
        addr("http to https", "speaks https", "write https:// in VAULT_ADDR", plain).only(&[
            "exec",
            "set",
            "copy from",
        ]),
        Case::new("no authority file", "VAULT_CACERT names cannot be read", "or unset it")
            .set("VAULT_CACERT", "/no/such/file"),
        Case::new("no certificate in it", "no certificate in PEM form", "BEGIN CERTIFICATE")
            .set("VAULT_CACERT", "/etc/hostname"),
    ]);
}

#[test]
fn tokens_policies_and_paths() {
    let kept = Kept::vault();
    let bed = Bed::new(&kept);
    let made = kept.python(
        "sys_ = client.sys\n\
         sys_.create_or_update_policy('elsewhere', 'path \"secret/data/other/*\" { capabilities = [\"read\"] }')\n\
         sys_.create_or_update_policy('reader', 'path \"secret/data/flask-harden/*\" { capabilities = [\"read\"] }')\n\
         sys_.enable_auth_method('approle')\n\
         client.auth.approle.create_or_update_approle('shop', token_policies=['reader'])\n\
         sys_.enable_secrets_engine('transit', path='transit')\n\
         create = client.auth.token.create\n\
         print(create(ttl='1s', policies=['reader'])['auth']['client_token'])\n\
         print(create(policies=['elsewhere'])['auth']['client_token'])\n\
         print(create(policies=['reader'])['auth']['client_token'])\n\
         print(client.auth.approle.read_role_id('shop')['data']['role_id'])\n",
    );
    let made: Vec<&str> = made.lines().collect();
    let [expired, elsewhere, reader, role] = made[..] else { panic!("{made:?}") };
    // The shortest life a token can have is over.
    std::thread::sleep(std::time::Duration::from_millis(2500));
    let token = |name, why, now, value: &str| Case::new(name, why, now).set("VAULT_TOKEN", value);
    let as_role =
        |case: Case| case.unset("VAULT_TOKEN").set("VAULT_ROLE_ID", role).set("VAULT_SECRET_ID", "not-the-secret-id");
    bed.check_all(&[
        Case::new("no token", "there is no token", "vault login   keeps a token").unset("VAULT_TOKEN"),
        token("wrong token", "wrong, expired or revoked", "vault token create   makes one", "hvs.a-token-of-nobody"),
        token("odd token", "characters that no token has", "without quotes and spaces", "a token\u{e9}"),
        token("other paths", "policies do not let it read", "{ capabilities = [\"read\"] }", elsewhere).only(NEW),
        token("read only", "policies do not let it write", "\"create\", \"update\"", reader).only(WRITING),
        as_role(Case::new("wrong AppRole", "AppRole was refused", "auth/approle/role/ROLE/secret-id"))
            .only(&["set", "exec", "rotate"]),
        as_role(Case::new("no AppRole", "no AppRole at auth/nowhere of", "VAULT_APPROLE_MOUNT"))
            .set("VAULT_APPROLE_MOUNT", "nowhere")
            .only(&["set", "exec"]),
        Case::new("no engine", "there is no engine at nowhere/x of", "vault secrets enable -path=nowhere")
            .option(&["--secret-path", "nowhere/x"])
            .only(&["apply", "onboard", "set", "exec"]),
        Case::new("other engine", "no KV engine", "vault secrets list")
            .option(&["--secret-path", "transit/x"])
            .only(&["apply", "onboard", "set", "exec"]),
        Case::new("no field", "has no field SECRET_KEY", "flask-harden onboard")
            .option(&["--secret-path", "secret/other"])
            .only(&["exec"]),
    ]);
    // The same step as for a token that is wrong: the server tells nobody which it is.
    bed.check(&token("expired token", "wrong, expired or revoked", "vault token create   makes one", expired));
    // An address that an option names comes before that of the environment, and messages name it.
    bed.check(
        &Case::new("--vault-addr", "nothing answers at", "another address in --vault-addr")
            .option(&["--vault-addr", &fake::closed()]),
    );
    assert!(kept.python("print(client.is_authenticated())") == "True");
    kept.python(
        "for key in kv.list_secrets(path='flask-harden')['data']['keys']:\n    \
         kv.delete_latest_version_of_secret(path='flask-harden/' + key)",
    );
    let gone = Case::new("deleted version", "was deleted there", "vault kv undelete -versions=1 secret/flask-harden/");
    bed.check(&gone.only(&["exec", "copy from", "rotate"]));
    kept.python(
        "for key in kv.list_secrets(path='flask-harden')['data']['keys']:\n    \
         kv.undelete_secret_versions(path='flask-harden/' + key, versions=[1])",
    );
    kept.python("client.sys.seal()");
    bed.check(&Case::new("sealed", "is sealed", "vault operator unseal"));
    let _ = bao(&kept);
}

#[test]
fn an_option_names_the_server() {
    let kept = Kept::vault();
    let project = super::super::stores::app();
    let address = bao(&kept).address().to_owned();
    let bad = |args: &[&str]| {
        let mut command = kept.program().command(project.path(), args);
        command.env("VAULT_ADDR", fake::closed());
        command.output().unwrap()
    };
    let applied = bad(&["--apply", "--store", "vault", "--vault-addr", &address]);
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    assert!(String::from_utf8_lossy(&applied.stderr).contains("`exec` needs --vault-addr"));
    let key = kept.read("flask-harden/shop/web", "SECRET_KEY").unwrap();
    let passed = bad(&["exec", "--vault-addr", &address, "--", "sh", "-c", "printf %s \"$SECRET_KEY\""]);
    assert_eq!(String::from_utf8_lossy(&passed.stdout), key);
    let status = bad(&["store", "status", "--vault-addr", &address, "--format", "json"]);
    assert!(String::from_utf8_lossy(&status.stdout).contains("\"present\": true"));
    let piece = bad(&["store", "wiring", "--for", "vault-agent", "--vault-addr", &address]);
    assert!(String::from_utf8_lossy(&piece.stdout).contains(&format!("address = \"{address}\"")));
    // A file of the repository names no server.
    project.write(".flask-harden.toml", "vault-addr = \"https://evil.example\"\n");
    let refused = bad(&["scan", "--vault-addr", &address]);
    assert_eq!(refused.status.code(), Some(2), "{}", String::from_utf8_lossy(&refused.stderr));
}
