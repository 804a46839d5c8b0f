//! Who asks: a token of the environment, an AppRole, or the file that `vault login` leaves. And
//! every request, with what a refusal of it means.

use std::cell::OnceCell;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::json;
use zeroize::Zeroizing;

use crate::secret::Secret;
use crate::store::http::{Http, Method, Reply};
use crate::store::{Access, StoreError};

/// How the person is known to the server.
pub(super) enum Login {
    /// The token, and where it comes from in words.
    Token(Secret, &'static str),
    AppRole {
        role: Secret,
        secret: Secret,
        /// Where AppRole is mounted.
        mount: String,
    },
}

impl Login {
    /// What the environment gives: what was set for this run comes before the file of an earlier
    /// `vault login`.
    pub(super) fn find(access: &Access<'_>) -> Result<Self, StoreError> {
        let value = |name: &str| (access.environment)(name).filter(|value| !value.trim().is_empty());
        let secret = |name: &str| value(name).map(|value| Secret::from(value.trim()));
        if let Some(token) = secret("VAULT_TOKEN") {
            return Ok(Self::Token(token, "VAULT_TOKEN"));
        }
        if let (Some(role), Some(secret)) = (secret("VAULT_ROLE_ID"), secret("VAULT_SECRET_ID")) {
            let mount = value("VAULT_APPROLE_MOUNT").unwrap_or_else(|| "approle".to_owned());
            return Ok(Self::AppRole { role, secret, mount: mount.trim_matches('/').to_owned() });
        }
        let file = value("HOME").map(|home| PathBuf::from(home).join(".vault-token"));
        let text = file.and_then(|file| std::fs::read_to_string(file).ok()).map(Zeroizing::new);
        match text.as_deref().map(|text| text.trim()).filter(|text| !text.is_empty()) {
            Some(token) => Ok(Self::Token(Secret::from(token), "~/.vault-token")),
            None => Err(StoreError::denied("there is no token: neither VAULT_TOKEN nor an AppRole nor ~/.vault-token")
                .now("vault login   keeps a token in ~/.vault-token; or set VAULT_TOKEN")
                .now("set VAULT_ROLE_ID and VAULT_SECRET_ID   for an AppRole")),
        }
    }
}

/// One person's requests to one server.
pub(super) struct Session {
    http: Http,
    namespace: Option<String>,
    login: Login,
    /// Asked for once, where there is an AppRole.
    token: OnceCell<Secret>,
}

impl Session {
    pub(super) fn new(http: Http, namespace: Option<String>, login: Login) -> Self {
        Self { http, namespace, login, token: OnceCell::new() }
    }

    pub(super) fn has_namespace(&self) -> bool {
        self.namespace.is_some()
    }

    /// Whether the server is there, open, and knows us; in words. An AppRole is not used up by it.
    pub(super) fn check(&self) -> Result<String, StoreError> {
        let at = self.http.address().shown();
        // Without a namespace: health is the server's own.
        let health = self.http.call(Method::Get, "v1/sys/health?standbyok=true", &[], None)?;
        match health.status {
            200 | 429 | 472 | 473 => {}
            501 => {
                return Err(StoreError::absent(format!("{at} is not set up yet"))
                    .now("vault operator init   sets it up, once, by whoever runs it"));
            }
            503 => return Err(sealed(at)),
            status => {
                return Err(StoreError::absent(format!("{at} answers with status {status}, so it is no Vault"))
                    .now(format!("look whether {} names the Vault server", self.http.address().source())));
            }
        }
        match &self.login {
            Login::AppRole { .. } => Ok(format!("{at} answers, an AppRole is set")),
            Login::Token(_, source) => {
                let own = self.ask(Method::Get, "auth/token/lookup-self", None)?;
                match own.status {
                    200 => Ok(format!("{at} answers and takes the token of {source}")),
                    _ => Err(self.bad_token()),
                }
            }
        }
    }

    /// One request below `/v1/`, with our token.
    pub(super) fn ask(&self, method: Method, path: &str, body: Option<&[u8]>) -> Result<Reply, StoreError> {
        let token = self.token()?;
        self.send(method, path, Some(token), body)
    }

    fn send(
        &self,
        method: Method,
        path: &str,
        token: Option<&Secret>,
        body: Option<&[u8]>,
    ) -> Result<Reply, StoreError> {
        let mut headers = vec![("X-Vault-Request", "true")];
        if let Some(token) = token {
            if !token.expose().bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(StoreError::denied("the token holds characters that no token has")
                    .now("vault login   gets a new one; VAULT_TOKEN takes it without quotes and spaces"));
            }
            headers.push(("X-Vault-Token", token.expose()));
        }
        if let Some(namespace) = &self.namespace {
            headers.push(("X-Vault-Namespace", namespace));
        }
        if body.is_some() {
            headers.push(("Content-Type", "application/json"));
        }
        let reply = self.http.call(method, &format!("v1/{path}"), &headers, body)?;
        match reply.status {
            503 => Err(sealed(self.http.address().shown())),
            400 if reply.says("HTTP request to an HTTPS server") => {
                let address = self.http.address();
                Err(StoreError::absent(format!("{} speaks https", address.shown()))
                    .now(format!("write https:// in {}", address.source())))
            }
            _ => Ok(reply),
        }
    }

    fn token(&self) -> Result<&Secret, StoreError> {
        let Login::AppRole { role, secret, mount } = &self.login else {
            return match &self.login {
                Login::Token(token, _) => Ok(token),
                Login::AppRole { .. } => Err(StoreError::failed("there is no token")),
            };
        };
        if let Some(token) = self.token.get() {
            return Ok(token);
        }
        let body = Zeroizing::new(json!({"role_id": role.expose(), "secret_id": secret.expose()}).to_string());
        let reply = self.send(Method::Post, &format!("auth/{mount}/login"), None, Some(body.as_bytes()))?;
        let token = match reply.status {
            200 => serde_json::from_slice::<LoginAnswer>(&reply.body).ok().map(|answer| answer.auth.client_token),
            // What is not mounted is forbidden rather than absent; wrong ids are a bad request.
            403 | 404 => {
                return Err(StoreError::denied(format!(
                    "no AppRole at auth/{mount} of {} takes us: it is mounted elsewhere, or bound to other addresses",
                    self.http.address().shown()
                ))
                .now("set VAULT_APPROLE_MOUNT to where AppRole is; vault auth list says so"));
            }
            _ => None,
        };
        let token = token.ok_or_else(|| {
            StoreError::denied("the AppRole was refused: its role id or secret id is wrong, expired or used up")
                .now(format!("vault write -f auth/{mount}/role/ROLE/secret-id   makes a new VAULT_SECRET_ID"))
        })?;
        Ok(self.token.get_or_init(|| Secret::new(token)))
    }

    /// What a 403 means: a token that is not valid any more, or one that may not do this.
    pub(super) fn denied(&self, what: &str, path: &str) -> StoreError {
        let path = crate::text::escape::one_line(path);
        match self.ask(Method::Get, "auth/token/lookup-self", None) {
            // The server answers the same where there is no engine.
            Ok(reply) if reply.status == 200 && what == "use" => {
                let mount = path.split('/').next().unwrap_or_default();
                StoreError::denied(format!(
                    "there is no engine at {path} of {}, or the policies of the token do not let it use that",
                    self.http.address().shown()
                ))
                .now(format!("vault secrets enable -path={mount} -version=2 kv   where vault secrets list lacks it"))
                .now(policy(&path.replacen('/', "/data/", 1), what))
            }
            Ok(reply) if reply.status == 200 => StoreError::denied(format!(
                "the token is valid, and its policies do not let it {what} {path} at {}",
                self.http.address().shown()
            ))
            .now(policy(&path, what)),
            Ok(reply) if reply.status == 403 => self.bad_token(),
            Ok(reply) => self.unexpected(&reply),
            Err(error) => error,
        }
    }

    fn bad_token(&self) -> StoreError {
        let source = match &self.login {
            Login::Token(_, source) => source,
            Login::AppRole { .. } => "the AppRole",
        };
        let at = self.http.address().shown();
        let namespace = if self.namespace.is_some() { ", in the namespace of VAULT_NAMESPACE" } else { "" };
        StoreError::denied(format!(
            "{at} does not take the token of {source}{namespace}: it is wrong, expired or revoked"
        ))
        .now(match source {
            "VAULT_TOKEN" => "vault token create   makes one, for VAULT_TOKEN; or unset that and type vault login",
            _ => "vault login   gets a new token",
        })
    }

    /// An answer that nothing here asks for.
    pub(super) fn unexpected(&self, reply: &Reply) -> StoreError {
        let address = self.http.address();
        StoreError::failed(format!("{} answers with status {}", address.shown(), reply.status))
            .now(format!("vault status   says how the server of {} stands", address.source()))
    }
}

impl Reply {
    /// Whether the body holds a text of the server's own.
    pub(super) fn says(&self, text: &str) -> bool {
        memchr::memmem::find(&self.body, text.as_bytes()).is_some()
    }
}

#[derive(Deserialize)]
struct LoginAnswer {
    auth: Auth,
}

#[derive(Deserialize)]
struct Auth {
    client_token: String,
}

fn sealed(at: &str) -> StoreError {
    StoreError::locked(format!("{at} is sealed"))
        .now("vault operator unseal   by someone who holds its keys; then type the command again")
}

/// What a policy has to say.
fn policy(path: &str, what: &str) -> String {
    let capabilities = match what {
        "read" => r#"["read"]"#,
        "delete" => r#"["delete"]"#,
        _ => r#"["create", "update", "read"]"#,
    };
    format!("a policy of the token needs: path \"{path}\" {{ capabilities = {capabilities} }}")
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests write their own home")]
mod tests {
    use super::*;

    fn find(values: &'static [(&'static str, &'static str)]) -> Result<Login, StoreError> {
        let environment = |name: &str| values.iter().find(|(key, _)| *key == name).map(|(_, v)| (*v).to_owned());
        Login::find(&Access::of(&environment))
    }

    #[test]
    fn what_is_set_for_this_run_comes_first() {
        let app_role = [("VAULT_ROLE_ID", "r"), ("VAULT_SECRET_ID", "s")];
        assert!(matches!(find(&[("VAULT_TOKEN", "t"), ("VAULT_ROLE_ID", "r")]), Ok(Login::Token(_, "VAULT_TOKEN"))));
        assert!(matches!(find(Box::leak(Box::new(app_role))), Ok(Login::AppRole { .. })));
        assert!(matches!(find(&[("VAULT_TOKEN", "  "), ("VAULT_ROLE_ID", "r")]), Err(StoreError::Denied(_))));
        let home = tempfile::tempdir().unwrap();
        let path = home.path().to_str().unwrap().to_owned();
        let environment = |name: &str| (name == "HOME").then(|| path.clone());
        let access = Access::of(&environment);
        assert!(matches!(Login::find(&access), Err(StoreError::Denied(_))));
        std::fs::write(home.path().join(".vault-token"), "t\n").unwrap();
        assert!(matches!(Login::find(&access), Ok(Login::Token(token, "~/.vault-token")) if token.expose() == "t"));
    }
}
