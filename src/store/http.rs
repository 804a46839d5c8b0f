//! HTTP for stores that are servers: limits on time and size, no redirects at all, TLS always
//! verified. What a server answers is untrusted; what a client library says of an error may hold
//! what was sent, so all words here are ours.

use std::time::Duration;

use ureq::http::{Request, Uri};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Error, Timeout};
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
    /// What a person changes to name another one (`VAULT_ADDR`).
    source: &'static str,
    /// The variable that names the file of an own authority, where there is one.
    authority: Option<&'static str>,
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
    pub(super) fn parse(text: &str, source: &'static str) -> Result<Self, StoreError> {
        let bad = |why: &str| {
            StoreError::absent(format!("{source} {why}")).now(format!("{source} takes https://HOST:PORT and no more"))
        };
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
                return Err(StoreError::denied(format!(
                    "{source} is plain http to another computer, so the token and the key could be read on the way"
                ))
                .now(format!("write https:// in {source}, at the port where the server has TLS")));
            }
            _ => return Err(bad("begins with neither https:// nor http://")),
        }
        let path = uri.path().trim_end_matches('/');
        Ok(Self { base: format!("{scheme}://{authority}{path}"), source, authority: None, loopback })
    }

    /// The variable that names the file of an own authority.
    pub(super) fn with_authority_in(mut self, variable: &'static str) -> Self {
        self.authority = Some(variable);
        self
    }

    pub(super) fn shown(&self) -> &str {
        &self.base
    }

    /// What a person changes to name another one.
    pub(super) fn source(&self) -> &'static str {
        self.source
    }
}

/// An address as it may be shown; none that holds a password or is no address.
pub(super) fn plain(address: &str) -> Option<String> {
    Address::parse(address, "VAULT_ADDR").ok().map(|address| address.base)
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
        let unfit = |_| {
            StoreError::failed("a header of the request would not be valid")
                .now("take line ends and control characters out of the token and the namespace")
        };
        let answer = match body {
            Some(body) => self.agent.run(request.body(body).map_err(unfit)?),
            None => self.agent.run(request.body(()).map_err(unfit)?),
        };
        let mut answer = answer.map_err(|error| self.translate(&error))?;
        let status = answer.status().as_u16();
        if (300..400).contains(&status) {
            return Err(StoreError::absent(format!(
                "{} sends on to another address, which is never followed",
                self.address.base
            ))
            .now(format!("name the address of the active server itself in {}", self.address.source)));
        }
        let body = answer.body_mut().with_config().limit(ANSWER_LIMIT).read_to_vec();
        let body = Zeroizing::new(body.map_err(|error| self.translate(&error))?);
        Ok(Reply { status, body })
    }

    fn translate(&self, error: &Error) -> StoreError {
        let Address { base, source, .. } = &self.address;
        match error {
            Error::Timeout(Timeout::Connect | Timeout::Resolve) => self.mute(CONNECT_LIMIT),
            Error::Timeout(_) => self.mute(TOTAL_LIMIT),
            Error::HostNotFound => self.unknown(),
            Error::BodyExceedsLimit(_) => StoreError::failed(format!(
                "{base} answers with more than {} KiB, which no secret is",
                ANSWER_LIMIT >> 10
            ))
            .now(format!("look whether {source} names the server of the keys")),
            Error::Io(error) => self.translate_io(error),
            Error::ConnectionFailed => self.closed(),
            _ => StoreError::failed(format!("{base} gave no answer that can be read"))
                .now(format!("look whether {source} names the server of the keys")),
        }
    }

    fn mute(&self, limit: Duration) -> StoreError {
        let Address { base, source, .. } = &self.address;
        StoreError::no_answer(format!("{base} did not answer within {} seconds", limit.as_secs()))
            .now(format!("look whether a firewall or proxy stands before {source}, then type the command again"))
    }

    fn unknown(&self) -> StoreError {
        let Address { base, source, .. } = &self.address;
        StoreError::absent(format!("no host of the name in {base} can be found"))
            .now(format!("look at the name in {source}, and at the network or VPN that knows it"))
    }

    fn closed(&self) -> StoreError {
        let Address { base, source, .. } = &self.address;
        StoreError::absent(format!("nothing answers at {base}"))
            .now(format!("start the server there, or name another address in {source}"))
    }

    fn translate_io(&self, error: &std::io::Error) -> StoreError {
        let Address { base, source, authority, .. } = &self.address;
        // The words of the TLS library name what is wrong with a certificate, and nothing else.
        let words = error.to_string();
        let certificate = words.contains("invalid peer certificate") || words.contains("certificate");
        let (why, now) = match error.kind() {
            _ if words.contains("UnknownIssuer") || words.contains("CaUsedAsEndEntity") => {
                let own = authority.map_or_else(
                    || "add the authority to those that this computer trusts".to_owned(),
                    |name| format!("set {name} to the PEM file of that authority, if it is your own"),
                );
                ("its certificate was issued by an authority that is not trusted here", own)
            }
            _ if words.contains("Expired") => {
                ("its certificate has expired", "have the certificate of the server renewed".to_owned())
            }
            _ if words.contains("NotValidForName") || words.contains("not valid for name") => (
                "its certificate is for another name",
                format!("write the name that the certificate is for into {source}"),
            ),
            _ if certificate => {
                ("its certificate cannot be verified", "have the certificate of the server renewed".to_owned())
            }
            _ if words.contains("corrupt message") || words.contains("InvalidContentType") => (
                "it does not speak TLS",
                format!("write the port that has TLS into {source}; http:// is for this computer alone"),
            ),
            _ if words.contains("lookup address") => return self.unknown(),
            std::io::ErrorKind::ConnectionRefused => return self.closed(),
            std::io::ErrorKind::TimedOut => return self.mute(TOTAL_LIMIT),
            _ => {
                return StoreError::absent(format!("the connection to {base} failed"))
                    .now(format!("look whether this computer reaches {source}, then type the command again"));
            }
        };
        StoreError::denied(format!("{base} was not trusted: {why}")).now(now)
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
        return Err(StoreError::absent("the file of the authority holds no certificate in PEM form")
            .now("name a file that begins with -----BEGIN CERTIFICATE-----"));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_https_or_this_computer() {
        let parse = |text: &str| Address::parse(text, "VAULT_ADDR");
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
