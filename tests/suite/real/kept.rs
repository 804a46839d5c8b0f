//! The stores that keep values outside of a tree: each with its real server, the program set up
//! for it, and what Python's client of it finds there.

use super::keyring_bed::{Bed, Daemon};
use super::python;
use crate::support::bao::Bao;
use crate::support::moto::Moto;
use crate::support::{Program, Run};

pub(super) enum Server {
    Vault(Bao, Program),
    Aws(Moto, Program),
    Keyring(Bed),
}

/// A store with its server.
pub(super) struct Kept {
    pub(super) name: &'static str,
    pub(super) server: Server,
}

fn program() -> Program {
    Program::new().variable("PATH", std::env::var_os("PATH").unwrap_or_default())
}

impl Kept {
    pub(super) fn vault() -> Self {
        let bao = Bao::start();
        let program = program().variable("VAULT_ADDR", bao.address()).variable("VAULT_TOKEN", bao.token());
        Self { name: "vault", server: Server::Vault(bao, program) }
    }

    pub(super) fn aws() -> Self {
        let moto = Moto::start();
        let program = program()
            .variable("AWS_ENDPOINT_URL", moto.address())
            .variable("AWS_REGION", "eu-west-1")
            .variable("AWS_ACCESS_KEY_ID", "testing")
            .variable("AWS_SECRET_ACCESS_KEY", "testing")
            .variable("AWS_EC2_METADATA_DISABLED", "true");
        Self { name: "aws", server: Server::Aws(moto, program) }
    }

    pub(super) fn keyring() -> Self {
        Self { name: "keyring", server: Server::Keyring(Bed::new(Daemon::Unlocked)) }
    }

    /// Every one of them, started one after the other.
    pub(super) fn each(mut check: impl FnMut(&Kept)) {
        for start in [Self::vault, Self::aws, Self::keyring] {
            check(&start());
        }
    }

    /// Starts a server again that ended by itself; whether it had.
    pub(super) fn revive(&mut self) -> bool {
        match &mut self.server {
            Server::Keyring(bed) => bed.revive(),
            _ => false,
        }
    }

    /// Runs the program, and once more where its server ended by itself meanwhile.
    pub(super) fn run(&mut self, dir: &std::path::Path, args: &[&str]) -> Run {
        let run = self.program().run(dir, args);
        if run.code == Some(5) && self.revive() { self.program().run(dir, args) } else { run }
    }

    pub(super) fn program(&self) -> &Program {
        match &self.server {
            Server::Vault(_, program) | Server::Aws(_, program) => program,
            Server::Keyring(bed) => &bed.program,
        }
    }

    /// What a script of Python's client prints: `client` is signed in, but for the keyring.
    #[track_caller]
    pub(super) fn python(&self, script: &str) -> String {
        match &self.server {
            Server::Vault(bao, _) => {
                let head = format!(
                    "import hvac, json, sys\nfrom hvac.exceptions import InvalidPath\n\
                     client = hvac.Client(url={:?}, token=sys.stdin.read().strip())\nkv = client.secrets.kv.v2\n",
                    bao.address()
                );
                python::run(&(head + script), bao.token()).trim_end().to_owned()
            }
            Server::Aws(moto, _) => {
                let head = format!(
                    "import boto3, json\nclient = boto3.client('secretsmanager', region_name='eu-west-1', \
                     endpoint_url={:?}, aws_access_key_id='testing', aws_secret_access_key='testing')\n",
                    moto.address()
                );
                python::run(&(head + script), "").trim_end().to_owned()
            }
            Server::Keyring(bed) => bed.python(script),
        }
    }

    /// The value its other side has.
    #[track_caller]
    pub(super) fn read(&self, service: &str, user: &str) -> Option<String> {
        let script = match &self.server {
            Server::Vault(..) => format!(
                "try:\n    value = kv.read_secret_version(path={service:?}, raise_on_deleted_version=True)\
                 ['data']['data'].get({user:?})\nexcept InvalidPath:\n    value = None\n"
            ),
            Server::Aws(..) => format!(
                "try:\n    value = client.get_secret_value(SecretId={:?}, VersionStage='AWSCURRENT')['SecretString']\n\
                 except (client.exceptions.ResourceNotFoundException, client.exceptions.InvalidRequestException):\n    \
                 value = None\n",
                format!("{service}/{user}")
            ),
            Server::Keyring(_) => format!("import keyring\nvalue = keyring.get_password({service:?}, {user:?})\n"),
        };
        let read = self.python(&(script + "print('none' if value is None else 'v' + value)"));
        read.strip_prefix('v').map(str::to_owned)
    }

    /// Writes a value from the other side, given as a Python expression.
    #[track_caller]
    pub(super) fn write(&self, service: &str, user: &str, expression: &str) {
        self.python(&match &self.server {
            Server::Vault(..) => format!(
                "fields = {{{user:?}: {expression}}}\ntry:\n    kv.patch(path={service:?}, secret=fields)\n\
                 except InvalidPath:\n    kv.create_or_update_secret(path={service:?}, secret=fields)\n"
            ),
            Server::Aws(..) => format!(
                "value = {expression}\nkind = 'SecretBinary' if isinstance(value, bytes) else 'SecretString'\n\
                 client.create_secret(Name={:?}, **{{kind: value}})\n",
                format!("{service}/{user}")
            ),
            Server::Keyring(_) => format!(
                "import secretstorage as s\nvalue = {expression}\n\
                 s.get_default_collection(s.dbus_init()).create_item('x', {{'service': {service:?}, \
                 'username': {user:?}, 'application': 'Python keyring library'}}, \
                 value if isinstance(value, bytes) else value.encode(), replace=True)\n"
            ),
        });
    }

    /// Everything the server holds, as one text.
    #[track_caller]
    pub(super) fn everything(&self) -> String {
        self.python(match &self.server {
            Server::Vault(..) => {
                "def walk(path):\n    found = {}\n    try:\n        keys = kv.list_secrets(path=path)['data']['keys']\n    \
                 except InvalidPath:\n        return found\n    for key in keys:\n        if key.endswith('/'):\n            \
                 found.update(walk(path + key))\n        else:\n            try:\n                \
                 got = kv.read_secret_version(path=path + key, raise_on_deleted_version=True)['data']\n                \
                 found[path + key] = [got['data'], got['metadata']['version']]\n            \
                 except InvalidPath:\n                found[path + key] = None\n    return found\n\
                 print(json.dumps(walk(''), sort_keys=True))"
            }
            Server::Aws(..) => {
                "found = {}\nfor one in client.list_secrets()['SecretList']:\n    \
                 known = client.describe_secret(SecretId=one['Name'])\n    \
                 found[one['Name']] = [client.get_secret_value(SecretId=one['Name'], VersionStage='AWSCURRENT').get('SecretString'), \
                 known['VersionIdsToStages']]\nprint(json.dumps(found, sort_keys=True))"
            }
            Server::Keyring(_) => {
                "import secretstorage as s\nfound = [(sorted(i.get_attributes().items()), i.get_secret(), \
                 i.get_modified()) for i in s.get_default_collection(s.dbus_init()).get_all_items()]\n\
                 print(sorted(found))"
            }
        })
    }
}
