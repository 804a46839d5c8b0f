//! Registries of packages and images: whoever can publish there runs code at every user.

use super::verify::{basic_auth, crc32_base62, mixed_case};
use super::{Harm, Provider, provider};

#[rustfmt::skip]
pub(super) const PROVIDERS: &[Provider] = &[
    provider(
        "npm-token", "npm access token",
        &["npm_"], r"npm_[A-Za-z0-9]{36}",
        Harm::Great, "https://www.npmjs.com/settings/~/tokens",
        &["npm_{crc}", "//registry.npmjs.org/:_authToken=npm_{crc}"], &["npm_{w:20}", "npm_config_cache_directory"],
    ).checked(crc32_base62),
    provider(
        "npm-legacy-token", "npm access token",
        &["_authToken"], r"_authToken[ \t]*=[ \t]*([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})",
        Harm::Great, "https://www.npmjs.com/settings/~/tokens",
        &["//registry.npmjs.org/:_authToken={uuid}"], &["_authToken=${NPM_TOKEN}", "_authToken={x:12}"],
    ),
    provider(
        "pypi-token", "PyPI API token",
        &["pypi-AgE"], r"pypi-AgE(?:IcHlwaS5vcmc|NdGVzdC5weXBpLm9yZw)[A-Za-z0-9_-]{50,1000}",
        Harm::Great, "https://pypi.org/manage/account/token/",
        &["pypi-AgEIcHlwaS5vcmc{u:149}k"], &["pypi-AgEIcHlwaS5vcmc{u:10}", "pypi-{u:160}"],
    ),
    provider(
        "rubygems-token", "RubyGems API key",
        &["rubygems_"], r"rubygems_[a-f0-9]{48}",
        Harm::Great, "https://rubygems.org/profile/api_keys",
        &["rubygems_{x:48}"], &["rubygems_{x:20}"],
    ),
    provider(
        "crates-token", "crates.io token",
        &["cio"], r"cio[A-Za-z0-9]{32}",
        Harm::Great, "https://crates.io/settings/tokens",
        &["cio{w:29}9kA"], &["cio{w:12}", "cio{w:40}"],
    ).checked(mixed_case),
    provider(
        "nuget-key", "NuGet API key",
        &["oy2"], r"oy2[a-z0-9]{43}",
        Harm::Great, "https://www.nuget.org/account/apikeys",
        &["oy2{l:43}"], &["oy2{l:20}", "oy2{l:60}"],
    ),
    provider(
        "dockerhub-token", "Docker Hub token",
        &["dckr_pat_", "dckr_oat_"], r"dckr_[po]at_[A-Za-z0-9_-]{27,40}",
        Harm::Great, "https://app.docker.com/settings/personal-access-tokens",
        &["dckr_pat_{u:26}k", "dckr_oat_{u:31}k"], &["dckr_pat_{u:10}"],
    ),
    provider(
        "docker-registry-auth", "Docker registry login",
        &["\"auth\""], r#""auth"[ \t]*:[ \t]*"([A-Za-z0-9+/]{12,400}={0,2})""#,
        Harm::Great, "https://docs.docker.com/reference/cli/docker/logout/",
        &["{\"auths\": {\"registry.example\": {\"auth\": \"{basic}\"}}}"],
        &["{\"auth\": \"required\"}", "{\"auth\": \"{x:24}\"}"],
    ).checked(basic_auth),
    provider(
        "clojars-token", "Clojars deploy token",
        &["CLOJARS_"], r"CLOJARS_[a-z0-9]{60}",
        Harm::Great, "https://clojars.org/tokens",
        &["CLOJARS_{l:60}"], &["CLOJARS_{l:20}"],
    ),
    provider(
        "artifactory-token", "Artifactory API key",
        &["AKCp"], r"AKCp[A-Za-z0-9]{69}",
        Harm::Great, "https://jfrog.com/help/r/jfrog-platform-administration-documentation/user-profile",
        &["AKCp{w:69}"], &["AKCp{w:20}"],
    ),
];
