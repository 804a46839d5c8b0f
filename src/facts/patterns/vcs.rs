//! Where code lives, is built and deployed from; and keepers of secrets.

use super::verify::{crc32_base62, mixed, mixed_case};
use super::{Harm, Provider, named, provider};

#[rustfmt::skip]
pub(super) const PROVIDERS: &[Provider] = &[
    provider(
        "github-personal-token", "GitHub personal access token",
        &["ghp_"], r"ghp_[A-Za-z0-9]{36,255}",
        Harm::Great, "https://github.com/settings/tokens",
        &["ghp_{crc}", "token = '{ghp}'"], &["ghp_{w:20}", "ghx_{w:36}"],
    ).checked(crc32_base62),
    provider(
        "github-fine-grained-token", "GitHub fine-grained token",
        &["github_pat_"], r"github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59}",
        Harm::Great, "https://github.com/settings/personal-access-tokens",
        &["github_pat_{w:22}_{w:59}"], &["github_pat_{w:22}_{w:20}", "github_pat_{w:82}"],
    ),
    provider(
        "github-oauth-token", "GitHub OAuth token",
        &["gho_"], r"gho_[A-Za-z0-9]{36,255}",
        Harm::Great, "https://github.com/settings/applications",
        &["gho_{crc}"], &["gho_{w:20}"],
    ).checked(crc32_base62),
    provider(
        "github-app-token", "GitHub app token",
        &["ghu_", "ghs_"], r"gh[us]_[A-Za-z0-9]{36,255}",
        Harm::Some, "https://github.com/settings/installations",
        &["ghu_{crc}", "ghs_{crc}"], &["ghs_{w:20}", "ghu_{w:12}"],
    ).checked(crc32_base62),
    provider(
        "github-refresh-token", "GitHub refresh token",
        &["ghr_"], r"ghr_[A-Za-z0-9]{36,255}",
        Harm::Great, "https://github.com/settings/installations",
        &["ghr_{w:76}"], &["ghr_{w:20}"],
    ).checked(crc32_base62),
    provider(
        "github-client-secret", "GitHub OAuth app secret",
        &["github"], named!("github[a-z0-9_.-]{0,16}secret[a-z0-9_]{0,6}", "[a-f0-9]{40}"),
        Harm::Great, "https://github.com/settings/developers",
        &["GITHUB_CLIENT_SECRET = '{x:40}'", "github_oauth_secret: {x:40}"],
        &["GITHUB_CLIENT_ID = '{x:20}'", "GITHUB_SHA = '{x:40}'"],
    ).checked(mixed),
    provider(
        "gitlab-personal-token", "GitLab personal access token",
        &["glpat-"], r"glpat-[A-Za-z0-9_-]{20,300}(?:\.[0-9a-z]{2}\.?[0-9a-z]{7})?",
        Harm::Great, "https://gitlab.com/-/user_settings/personal_access_tokens",
        &["glpat-{u:19}k", "glpat-{u:26}k.01.{l:7}"], &["glpat-{u:10}", "glpxt-{u:20}"],
    ),
    provider(
        "gitlab-token", "GitLab deploy, runner, trigger or feed token",
        &["glptt-", "gldt-", "glrt-", "glcbt-", "glft-", "glsoat-", "glimt-", "glagent-", "gloas-", "GR1348941"],
        r"(?:glptt-[0-9a-f]{40}|gldt-[A-Za-z0-9_-]{20}|glrt-[A-Za-z0-9_-]{20}|glcbt-[0-9a-zA-Z]{1,5}_[A-Za-z0-9_-]{20}|glft-[A-Za-z0-9_-]{20}|glsoat-[A-Za-z0-9_-]{20}|glimt-[A-Za-z0-9_-]{25}|glagent-[A-Za-z0-9_-]{50}|gloas-[a-f0-9]{64}|GR1348941[A-Za-z0-9_-]{20})",
        Harm::Great, "https://docs.gitlab.com/security/tokens/",
        &["glptt-{x:40}", "gldt-{u:19}k", "GR1348941{u:19}k"], &["glptt-{x:20}", "gldt-{u:8}"],
    ),
    provider(
        "bitbucket-token", "Bitbucket app password or access token",
        &["ATBB", "ATCTT3"], r"(?:ATBB[A-Za-z0-9]{24}[A-F0-9]{8}|ATCTT3[A-Za-z0-9_=-]{180,240})",
        Harm::Great, "https://bitbucket.org/account/settings/app-passwords/",
        &["ATBB{w:24}{X:8}", "ATCTT3{u:187}k"], &["ATBB{w:12}", "ATCTT3{u:20}"],
    ),
    provider(
        "atlassian-token", "Atlassian API token",
        &["ATATT3"], r"ATATT3[A-Za-z0-9_=-]{180,240}",
        Harm::Great, "https://id.atlassian.com/manage-profile/security/api-tokens",
        &["ATATT3{u:185}k"], &["ATATT3{u:20}"],
    ),
    provider(
        "sourcegraph-token", "Sourcegraph token",
        &["sgp_"], r"sgp_(?:(?:[a-f0-9]{16}|local)_)?[a-f0-9]{40}",
        Harm::Some, "https://sourcegraph.com/user/settings/tokens",
        &["sgp_{x:40}", "sgp_local_{x:40}"], &["sgp_{x:20}"],
    ),
    provider(
        "circleci-token", "CircleCI token",
        &["CCIPAT_", "CCIPRJ_"], r"CCIP(?:AT|RJ)_[A-Za-z0-9]{22}_[a-f0-9]{40}",
        Harm::Great, "https://app.circleci.com/settings/user/tokens",
        &["CCIPAT_{w:22}_{x:40}", "CCIPRJ_{w:22}_{x:40}"], &["CCIPAT_{w:22}_{x:10}"],
    ),
    provider(
        "buildkite-token", "Buildkite token",
        &["bkua_"], r"bkua_[a-z0-9]{40}",
        Harm::Great, "https://buildkite.com/user/api-access-tokens",
        &["bkua_{l:40}"], &["bkua_{l:20}"],
    ),
    provider(
        "travis-token", "Travis CI token",
        &["travis"], named!("travis[a-z0-9_.-]{0,12}token", "[A-Za-z0-9_-]{22}"),
        Harm::Great, "https://app.travis-ci.com/account/preferences",
        &["TRAVIS_TOKEN={w:19}9kA"], &["TRAVIS_TOKEN={w:8}", "TRAVIS_BRANCH={w:22}"],
    ).checked(mixed_case),
    provider(
        "codecov-token", "Codecov upload token",
        &["codecov"], named!("codecov[a-z0-9_.-]{0,12}token", "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        Harm::Little, "https://app.codecov.io/",
        &["CODECOV_TOKEN={uuid}", "codecov_token: \"{uuid}\""], &["CODECOV_TOKEN={x:12}"],
    ),
    provider(
        "snyk-token", "Snyk token",
        &["snyk"], named!("snyk[a-z0-9_.-]{0,12}(?:token|key)", "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        Harm::Some, "https://app.snyk.io/account",
        &["SNYK_TOKEN={uuid}"], &["SNYK_TOKEN={x:12}", "SNYK_ORG={uuid}"],
    ),
    provider(
        "sonar-token", "SonarQube or SonarCloud token",
        &["sqp_", "sqa_", "squ_"], r"sq[pau]_[a-f0-9]{40}",
        Harm::Some, "https://sonarcloud.io/account/security",
        &["sqp_{x:40}", "squ_{x:40}"], &["sqp_{x:20}", "sqx_{x:40}"],
    ),
    provider(
        "terraform-cloud-token", "Terraform Cloud token",
        &[".atlasv1."], r"[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,70}",
        Harm::Great, "https://app.terraform.io/app/settings/tokens",
        &["{w:14}.atlasv1.{w:66}"], &["{w:14}.atlasv1.{w:20}", "{w:5}.atlasv1.{w:66}"],
    ),
    provider(
        "pulumi-token", "Pulumi token",
        &["pul-"], r"pul-[a-f0-9]{40}",
        Harm::Great, "https://app.pulumi.com/account/tokens",
        &["pul-{x:40}"], &["pul-{x:20}"],
    ),
    provider(
        "vault-token", "HashiCorp Vault token",
        &["hvs.", "hvb.", "hvr."], r"hv[sbr]\.[A-Za-z0-9_-]{24,300}",
        Harm::Great, "https://developer.hashicorp.com/vault/docs/commands/token/revoke",
        &["hvs.{u:94}k", "hvb.{u:138}k"], &["hvs.{w:8}", "hvx.{u:95}"],
    ).checked(mixed_case),
    provider(
        "vault-legacy-token", "HashiCorp Vault token",
        &["vault"], named!("vault[a-z0-9_.-]{0,12}token", r"s\.[A-Za-z0-9]{24}"),
        Harm::Great, "https://developer.hashicorp.com/vault/docs/commands/token/revoke",
        &["VAULT_TOKEN=s.{w:21}9kA"], &["VAULT_TOKEN=s.{w:8}", "VAULT_TOKEN={w:5}"],
    ).checked(mixed_case),
    provider(
        "doppler-token", "Doppler token",
        &["dp.pt.", "dp.st.", "dp.ct.", "dp.sa.", "dp.scim."], r"dp\.(?:pt|ct|sa|scim|st(?:\.[a-z0-9_-]{2,35})?)\.[A-Za-z0-9]{40,44}",
        Harm::Great, "https://dashboard.doppler.com/",
        &["dp.pt.{w:43}", "dp.st.prd.{w:42}"], &["dp.pt.{w:12}", "dp.xx.{w:43}"],
    ),
    provider(
        "onepassword-service-account", "1Password service account token",
        &["ops_eyJ"], r"ops_eyJ[A-Za-z0-9+/_-]{200,1000}={0,3}",
        Harm::Great, "https://my.1password.com/developer-tools",
        &["ops_eyJ{w:300}"], &["ops_eyJ{w:40}"],
    ),
    provider(
        "age-secret-key", "age secret key",
        &["AGE-SECRET-KEY-1"], r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}",
        Harm::Great, "https://age-encryption.org/",
        &["AGE-SECRET-KEY-1{q:58}"], &["AGE-SECRET-KEY-1{q:20}", "AGE-SECRET-KEY-1{d:12}"],
    ),
    provider(
        "codeclimate-reporter-id", "Code Climate reporter id",
        &["cc_test_reporter"], named!("cc_test_reporter_id", "[a-f0-9]{64}"),
        Harm::Little, "https://codeclimate.com/",
        &["CC_TEST_REPORTER_ID={x:64}"], &["CC_TEST_REPORTER_ID={x:12}"],
    ),
];
