//! HTTP for stores that are servers: limits on time and size, no redirects at all, TLS always
//! verified. What a server answers is untrusted; what a client library says of an error may hold
//! what was sent, so all words here are ours.

use std::time::Duration;

use ureq::http::{Request, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Error};
use zeroize::Zeroizing;

use super::StoreError;

/// How long a connection may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// How long a request may take in all.
const TOTAL_LIMIT: Duration = Duration::from_secs(15);
/// Bytes of an answer. A secret of a store is a few kilobytes at most.
const ANSWER_LIMIT: u64 = 1 << 20;

/// Whom TLS trusts.
pub(super) enum Trust {
    /// What this computer trusts.
    System,
    /// Only the authorities in this PEM text.
    Authorities(Vec<u8>),
}

/// A server's address: `https`, or `http` on this computer alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// Without a slash at its end.
    base: String,
    loopback: bool,
}

/// One answer. The body may hold secrets and is wiped.
pub(super) struct Reply {
    pub(super) status: u16,
    pub(super) body: Zeroizing<Vec<u8>>,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Method {
    Get,
    Post,
    Delete,
}

/// A client of one server.
pub(super) struct Http {
    agent: Agent,
    address: Address,
}

impl Address {
    /// Reads an address that stands in `source` (`VAULT_ADDR`).
    pub(super) fn parse(text: &str, source: &str) -> Result<Self, StoreError> {
        let bad = |why: &str| StoreError::Absent(format!("{source} {why}"));
        let uri: Uri = text.trim().parse().map_err(|_| bad("is no address such as https://vault.example.org:8200"))?;
        let (Some(scheme), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
            return Err(bad("has no scheme: it begins with https://"));
        };
        if authority.as_str().contains('@') {
            return Err(bad("holds a user name or password: leave them out"));
        }
        if uri.query().is_some() {
            return Err(bad("has a question mark: it is the address of the server alone"));
        }
        let loopback = is_loopback(authority.host());
        match scheme {
            "https" => {}
            "http" if loopback => {}
            "http" => {
                return Err(StoreError::Denied(format!(
                    "{source} is plain http to another computer, so the token and the key could be read on the way"
                )));
            }
            _ => return Err(bad("begins with neither https:// nor http://")),
        }
        let path = uri.path().trim_end_matches('/');
        Ok(Self { base: format!("{scheme}://{authority}{path}"), loopback })
    }

    pub(super) fn shown(&self) -> &str {
        &self.base
    }
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

impl Http {
    /// A client that opens no connection yet.
    pub(super) fn new(address: Address, trust: &Trust) -> Result<Self, StoreError> {
        let roots = match trust {
            Trust::System => RootCerts::PlatformVerifier,
            Trust::Authorities(pem) => RootCerts::new_with_certs(&authorities(pem)?),
        };
        let builder = Agent::config_builder()
            .http_status_as_error(false)
            // A client may strip `Authorization` on a redirect; a token header of its own it would not.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT_LIMIT))
            .timeout_global(Some(TOTAL_LIMIT))
            .user_agent(concat!("flask-harden/", env!("CARGO_PKG_VERSION")))
            .tls_config(TlsConfig::builder().root_certs(roots).build());
        // What is meant for this computer goes through no proxy, whatever HTTP_PROXY says.
        let builder = if address.loopback { builder.proxy(None) } else { builder };
        Ok(Self { agent: builder.build().new_agent(), address })
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    /// One request. Any status is an answer, redirects but for none.
    ///
    /// # Errors
    /// Where there is no answer, or one that is too long.
    pub(super) fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Result<Reply, StoreError> {
        let name = match method {
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Delete => "DELETE",
        };
        let mut request = Request::builder().method(name).uri(format!("{}/{path}", self.address.base));
        for (header, value) in headers {
            request = request.header(*header, *value);
        }
        let unfit = |_| StoreError::Failed("a header of the request would not be valid".to_owned());
        let answer = match body {
            Some(body) => self.agent.run(request.body(body).map_err(unfit)?),
            None => self.agent.run(request.body(()).map_err(unfit)?),
        };
        let mut answer = answer.map_err(|error| self.translate(&error))?;
        let status = answer.status().as_u16();
        if (300..400).contains(&status) {
            return Err(StoreError::Absent(format!(
                "{} sends on to another address, which is never followed: name the address of the active server itself",
                self.address.base
            )));
        }
        let body = answer.body_mut().with_config().limit(ANSWER_LIMIT).read_to_vec();
        let body = Zeroizing::new(body.map_err(|error| self.translate(&error))?);
        Ok(Reply { status, body })
    }

    fn translate(&self, error: &Error) -> StoreError {
        let base = &self.address.base;
        match error {
            Error::Timeout(_) => {
                StoreError::NoAnswer(format!("{base} did not answer within {} seconds", TOTAL_LIMIT.as_secs()))
            }
            Error::HostNotFound => StoreError::Absent(format!("there is no host of the name in {base}")),
            Error::BodyExceedsLimit(_) => StoreError::Failed(format!("{base} answers with more than a secret can be")),
            Error::Io(error) => self.translate_io(error),
            Error::ConnectionFailed => StoreError::Absent(format!("nothing answers at {base}")),
            _ => StoreError::Failed(format!("{base} gave no answer that can be read")),
        }
    }

    fn translate_io(&self, error: &std::io::Error) -> StoreError {
        let base = &self.address.base;
        // The words of the TLS library name what is wrong with a certificate, and nothing else.
        let words = error.to_string();
        let certificate = words.contains("invalid peer certificate") || words.contains("certificate");
        let why = match error.kind() {
            _ if words.contains("UnknownIssuer") => {
                "its certificate was issued by an authority that is not trusted here"
            }
            _ if words.contains("Expired") => "its certificate has expired",
            _ if words.contains("NotValidForName") || words.contains("not valid for name") => {
                "its certificate is for another name"
            }
            _ if certificate => "its certificate cannot be verified",
            _ if words.contains("corrupt message") || words.contains("InvalidContentType") => {
                "it does not speak TLS: is the address http:// instead?"
            }
            std::io::ErrorKind::ConnectionRefused => return StoreError::Absent(format!("nothing answers at {base}")),
            std::io::ErrorKind::TimedOut => return StoreError::NoAnswer(format!("{base} did not answer in time")),
            _ => return StoreError::Absent(format!("the connection to {base} failed")),
        };
        StoreError::Denied(format!("{base} was not trusted: {why}"))
    }
}

/// The certificates of a PEM text.
fn authorities(pem: &[u8]) -> Result<Vec<Certificate<'static>>, StoreError> {
    let found: Vec<_> = parse_pem(pem)
        .filter_map(Result::ok)
        .filter_map(|item| match item {
            PemItem::Certificate(certificate) => Some(certificate),
            _ => None,
        })
        .collect();
    if found.is_empty() {
        return Err(StoreError::Absent("the file of the authority holds no certificate in PEM form".to_owned()));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_or_this_computer() {
        let parse = |text| Address::parse(text, "VAULT_ADDR");
        for good in ["https://vault.example.org:8200", "https://vault/v/", "http://127.0.0.1:8200", "http://[::1]:1"] {
            assert!(parse(good).is_ok(), "{good}");
        }
        assert_eq!(parse("https://vault:1//").unwrap().shown(), "https://vault:1");
        for bad in ["", "vault:8200", "ftp://vault", "https://user:hush@vault", "https://vault/?token=hush", "http://"]
        {
            let error = parse(bad).unwrap_err().to_string();
            assert!(error.starts_with("VAULT_ADDR") && !error.contains("hush"), "{bad}: {error}");
        }
        assert!(matches!(parse("http://vault.example.org"), Err(StoreError::Denied(_))));
        assert!(matches!(parse("http://localhost.example.org"), Err(StoreError::Denied(_))));
    }

    #[test]
    fn nothing_answering_is_absent_and_text_that_is_no_certificate_is_said() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let address = Address::parse(&format!("http://127.0.0.1:{port}"), "VAULT_ADDR").unwrap();
        let http = Http::new(address.clone(), &Trust::System).unwrap();
        assert!(matches!(http.call(Method::Get, "v1/x", &[], None), Err(StoreError::Absent(_))));
        assert!(Http::new(address, &Trust::Authorities(b"nothing".to_vec())).is_err());
    }
}
