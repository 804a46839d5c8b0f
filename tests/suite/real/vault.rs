//! The Vault store against a real server of its API; hvac, Python's client, is the other side.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use flask_harden::secret::Secret;
use flask_harden::store::{Access, Item, Store, StoreError, StoreId, When};

use super::python;
use crate::support::bao::Bao;

/// A store as it is opened with these variables.
fn open(variables: &BTreeMap<String, String>) -> Result<Box<dyn Store>, StoreError> {
    let environment = |name: &str| variables.get(name).cloned();
    let store = StoreId::Vault.open(&Access::of(&environment))?;
    Ok(store.expect("Vault is a store of its own"))
}

fn variables(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn root(bao: &Bao) -> BTreeMap<String, String> {
    variables(&[("VAULT_ADDR", bao.address()), ("VAULT_TOKEN", bao.token())])
}

/// Runs Python with `client`, a signed-in hvac client; what it prints.
fn hvac(bao: &Bao, script: &str) -> String {
    let head = format!(
        "import hvac, json, sys\nclient = hvac.Client(url={:?}, token=sys.stdin.read().strip())\n",
        bao.address()
    );
    python::run(&(head + script), bao.token()).trim().to_owned()
}

#[track_caller]
fn error<T>(result: Result<T, StoreError>) -> StoreError {
    match result {
        Ok(_) => panic!("it did not fail"),
        Err(error) => error,
    }
}

#[test]
fn a_key_goes_round_by_version_two_and_nothing_is_overwritten_unseen() {
    let bao = Bao::start();
    let store = open(&root(&bao)).unwrap();
    let (item, other) = (Item::of("acme/shop", "SECRET_KEY"), Item::of("acme/shop", "JWT_SECRET_KEY"));
    assert!(store.probe().unwrap().words.contains("VAULT_TOKEN"));
    assert!(store.get(&item).unwrap().is_none() && store.meta(&item).unwrap().is_none());

    let first = store.put(&item, &Secret::from("first value"), When::Absent).unwrap();
    assert_eq!((first.version, first.changed.is_some()), (Some(1), true));
    let read = "print(client.secrets.kv.v2.read_secret_version(path='flask-harden/acme/shop', \
                raise_on_deleted_version=True)['data']['data']['SECRET_KEY'])";
    assert_eq!(hvac(&bao, read), "first value");
    assert!(matches!(error(store.put(&item, &Secret::from("x"), When::Absent)), StoreError::Exists(_)));

    // Another setting is a field beside it, and a stale version is refused.
    let second = store.put(&other, &Secret::from("jwt value"), When::Absent).unwrap();
    assert_eq!(second.version, Some(2));
    assert!(matches!(error(store.put(&item, &Secret::from("x"), When::Version(1))), StoreError::Changed(_)));
    store.put(&item, &Secret::from("line one\nline two ü \"quoted\""), When::Version(2)).unwrap();
    assert_eq!(store.get(&item).unwrap().unwrap().value.expose(), "line one\nline two ü \"quoted\"");
    assert_eq!(hvac(&bao, read), "line one\nline two ü \"quoted\"");

    // What Python wrote is read.
    hvac(&bao, "client.secrets.kv.v2.patch(path='flask-harden/acme/shop', secret={'SECRET_KEY': 'by python', 'N': 7})");
    let found = store.get(&item).unwrap().unwrap();
    assert_eq!((found.value.expose(), found.meta.version), ("by python", Some(4)));
    assert!(matches!(error(store.get(&Item::of("acme/shop", "N"))), StoreError::Unusable(_)));

    // Fields of others outlive ours; a path that was deleted can be written again.
    store.delete(&item).unwrap();
    store.delete(&item).unwrap();
    assert!(store.get(&item).unwrap().is_none());
    assert_eq!(store.get(&other).unwrap().unwrap().value.expose(), "jwt value");
    store.delete(&other).unwrap();
    store.delete(&Item::of("acme/shop", "N")).unwrap();
    assert!(store.meta(&other).unwrap().is_none());
    assert!(store.put(&item, &Secret::from("again"), When::Absent).unwrap().version.unwrap() > 5);
    assert_eq!(hvac(&bao, read), "again");
}

#[test]
fn version_one_is_found_out_and_other_engines_are_refused() {
    let bao = Bao::start();
    hvac(
        &bao,
        "client.sys.enable_secrets_engine('kv', path='team/kv1', options={'version': '1'})\n\
         client.sys.enable_secrets_engine('transit', path='transit')\n\
         client.secrets.kv.v1.create_or_update_secret(path='shop', mount_point='team/kv1', secret={'OTHER': 'kept'})",
    );
    let store = open(&root(&bao)).unwrap();
    let item = Item { service: "team/kv1/shop".to_owned(), user: "SECRET_KEY".to_owned() };
    let meta = store.put(&item, &Secret::from("value"), When::Absent).unwrap();
    assert_eq!(meta.version, None, "version 1 counts none");
    assert!(matches!(error(store.put(&item, &Secret::from("x"), When::Absent)), StoreError::Exists(_)));
    let read = "print(json.dumps(client.secrets.kv.v1.read_secret(path='shop', mount_point='team/kv1')['data'], \
                sort_keys=True))";
    assert_eq!(hvac(&bao, read), r#"{"OTHER": "kept", "SECRET_KEY": "value"}"#);
    store.delete(&item).unwrap();
    assert_eq!(hvac(&bao, read), r#"{"OTHER": "kept"}"#);

    let elsewhere = |service: &str| Item { service: service.to_owned(), user: "SECRET_KEY".to_owned() };
    assert!(
        matches!(error(store.get(&elsewhere("transit/keys/x"))), StoreError::Absent(why) if why.contains("no KV engine"))
    );
    for nowhere in ["nowhere/shop", "secret", "secret/../sys", ""] {
        let error = error(store.get(&elsewhere(nowhere)));
        assert!(!matches!(error, StoreError::Locked(_) | StoreError::NoAnswer(_)), "{nowhere}: {error}");
    }
}

#[test]
fn an_app_role_with_a_narrow_policy_does_what_it_may_and_is_told_what_it_may_not() {
    let bao = Bao::start();
    let ids = hvac(
        &bao,
        "policy = 'path \"secret/data/flask-harden/acme/shop\" { capabilities = [\"create\", \"update\", \"read\"] }'\n\
         client.sys.create_or_update_policy('shop', policy)\n\
         client.sys.enable_auth_method('approle')\n\
         client.auth.approle.create_or_update_approle('shop', token_policies=['shop'])\n\
         print(client.auth.approle.read_role_id('shop')['data']['role_id'])\n\
         print(client.auth.approle.generate_secret_id('shop')['data']['secret_id'])",
    );
    let (role, secret) = ids.split_once('\n').unwrap();
    let mut who = variables(&[("VAULT_ADDR", bao.address()), ("VAULT_ROLE_ID", role), ("VAULT_SECRET_ID", secret)]);
    let store = open(&who).unwrap();
    assert!(store.probe().unwrap().words.contains("AppRole"));
    let item = Item::of("acme/shop", "SECRET_KEY");
    store.put(&item, &Secret::from("value"), When::Absent).unwrap();
    assert_eq!(store.get(&item).unwrap().unwrap().value.expose(), "value");
    let denied = error(store.get(&Item::of("acme/other", "SECRET_KEY")));
    assert!(matches!(&denied, StoreError::Denied(why) if why.contains("policies do not let it")), "{denied}");
    let denied = error(store.delete(&item));
    assert!(matches!(&denied, StoreError::Denied(why) if why.contains("delete")), "{denied}");

    who.insert("VAULT_SECRET_ID".to_owned(), "not-the-secret-id".to_owned());
    let refused = error(open(&who).unwrap().get(&item));
    assert!(matches!(&refused, StoreError::Denied(why) if why.contains("AppRole was refused")), "{refused}");
    assert!(!refused.to_string().contains("not-the-secret-id") && !format!("{refused:?}").contains(role));
}

#[test]
fn namespaces_are_kept_apart() {
    let bao = Bao::start();
    hvac(
        &bao,
        "client.adapter.post('/v1/sys/namespaces/team')\n\
         inner = hvac.Client(url=client.url, token=client.token, namespace='team')\n\
         inner.sys.enable_secrets_engine('kv', path='secret', options={'version': '2'})",
    );
    let mut team = root(&bao);
    team.insert("VAULT_NAMESPACE".to_owned(), "team".to_owned());
    let item = Item::of("acme/shop", "SECRET_KEY");
    open(&team).unwrap().put(&item, &Secret::from("of the team"), When::Absent).unwrap();
    assert!(open(&root(&bao)).unwrap().get(&item).unwrap().is_none());
    assert_eq!(open(&team).unwrap().get(&item).unwrap().unwrap().value.expose(), "of the team");
}

#[test]
fn tls_is_verified_against_the_authority_that_was_named() {
    let bao = Bao::with_tls();
    let mut who = root(&bao);
    let item = Item::of("acme/shop", "SECRET_KEY");
    let refused = error(open(&who).unwrap().probe());
    assert!(matches!(&refused, StoreError::Denied(why) if why.contains("authority")), "{refused}");
    who.insert("VAULT_CACERT".to_owned(), bao.authority().to_str().unwrap().to_owned());
    open(&who).unwrap().put(&item, &Secret::from("value"), When::Absent).unwrap();
    let plain = bao.address().replace("https://", "http://");
    who.insert("VAULT_ADDR".to_owned(), plain);
    let told = error(open(&who).unwrap().get(&item));
    assert!(told.to_string().contains("https"), "{told}");
    who.insert("VAULT_CACERT".to_owned(), "no/such/file".to_owned());
    assert!(matches!(open(&who), Err(StoreError::Absent(_))));
}

#[test]
fn a_sealed_server_and_a_wrong_token_are_told_apart() {
    let bao = Bao::start();
    let item = Item::of("acme/shop", "SECRET_KEY");
    let mut wrong = root(&bao);
    wrong.insert("VAULT_TOKEN".to_owned(), "a-token-that-is-wrong".to_owned());
    for refused in [error(open(&wrong).unwrap().probe()), error(open(&wrong).unwrap().get(&item))] {
        assert!(matches!(&refused, StoreError::Denied(why) if why.contains("wrong, expired or revoked")), "{refused}");
        assert!(!format!("{refused:?}").contains("a-token-that-is-wrong"));
    }
    hvac(&bao, "client.sys.seal()");
    for locked in [error(open(&root(&bao)).unwrap().probe()), error(open(&root(&bao)).unwrap().get(&item))] {
        assert!(matches!(&locked, StoreError::Locked(why) if why.contains("sealed")), "{locked}");
    }
}

#[test]
fn a_redirect_is_never_followed() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    elsewhere.set_nonblocking(true).unwrap();
    let (address, target) = (listener.local_addr().unwrap(), elsewhere.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut connection, _) = listener.accept().unwrap();
        let _ = connection.read(&mut [0; 4096]);
        let answer = format!("HTTP/1.1 307 Moved\r\nLocation: http://{target}/v1/x\r\nContent-Length: 0\r\n\r\n");
        connection.write_all(answer.as_bytes()).unwrap();
    });
    let who = variables(&[("VAULT_ADDR", &format!("http://{address}")), ("VAULT_TOKEN", "t")]);
    let refused = error(open(&who).unwrap().get(&Item::of("acme/shop", "SECRET_KEY")));
    assert!(matches!(&refused, StoreError::Absent(why) if why.contains("never followed")), "{refused}");
    server.join().unwrap();
    assert!(elsewhere.accept().is_err(), "nobody was sent on");
}
