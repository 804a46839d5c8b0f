//! Logs, metrics, errors, alarms and analytics.

use super::verify::{mixed, mixed_case};
use super::{Harm, Provider, named, provider};

#[rustfmt::skip]
pub(super) const PROVIDERS: &[Provider] = &[
    provider(
        "datadog-api-key", "Datadog API key",
        &["datadog", "dd_api", "dd-api"], named!("(?:datadog|dd)[a-z0-9_.-]{0,6}api_?key", "[a-f0-9]{32}"),
        Harm::Some, "https://app.datadoghq.com/organization-settings/api-keys",
        &["DD_API_KEY={x:32}", "datadog_api_key: {x:32}"], &["DD_API_KEY={x:8}", "DD_TRACE={x:32}"],
    ).checked(mixed),
    provider(
        "datadog-app-key", "Datadog application key",
        &["datadog", "dd_app"], named!("(?:datadog|dd)[a-z0-9_.-]{0,6}app(?:lication)?_?key", "[a-f0-9]{40}"),
        Harm::Great, "https://app.datadoghq.com/organization-settings/application-keys",
        &["DD_APP_KEY={x:40}"], &["DD_APP_KEY={x:8}"],
    ).checked(mixed),
    provider(
        "newrelic-key", "New Relic user key",
        &["NRAK-"], r"NRAK-[A-Z0-9]{27}",
        Harm::Some, "https://one.newrelic.com/launcher/api-keys-ui.api-keys-launcher",
        &["NRAK-{U:27}"], &["NRAK-{U:8}"],
    ),
    provider(
        "newrelic-license-key", "New Relic license key",
        &["NRAL"], r"[a-f0-9]{36}NRAL",
        Harm::Some, "https://one.newrelic.com/launcher/api-keys-ui.api-keys-launcher",
        &["NEW_RELIC_LICENSE_KEY={x:36}NRAL", "license_key = {x:36}NRAL"], &["{x:12}NRAL"],
    ),
    provider(
        "sentry-auth-token", "Sentry auth token",
        &["sntrys_", "sntryu_"], r"(?:sntryu_[a-f0-9]{64}|sntrys_eyJ[A-Za-z0-9+/=]{60,600}_[A-Za-z0-9+/]{40,60})",
        Harm::Great, "https://sentry.io/settings/auth-tokens/",
        &["sntryu_{x:64}", "sntrys_eyJ{w:120}_{w:43}"], &["sntryu_{x:8}"],
    ),
    provider(
        "sentry-dsn", "Sentry DSN",
        &["sentry.io/", "sentry"], r"https?://([a-f0-9]{32}(?::[a-f0-9]{32})?)@[A-Za-z0-9.-]{0,80}sentry[A-Za-z0-9.-]{0,60}/[0-9]{1,19}",
        Harm::Little, "https://docs.sentry.io/concepts/key-terms/dsn-explainer/",
        &["SENTRY_DSN=https://{x:32}@o{d:6}.ingest.sentry.io/{d:7}"], &["https://{x:8}@sentry.io/{d:4}", "https://sentry.io/{d:7}"],
    ).checked(mixed),
    provider(
        "grafana-token", "Grafana token",
        &["glsa_", "glc_eyJ"], r"(?:glsa_[A-Za-z0-9]{32}_[a-f0-9]{8}|glc_eyJ[A-Za-z0-9+/]{60,400}={0,3})",
        Harm::Some, "https://grafana.com/profile/api-keys",
        &["glsa_{w:32}_{x:8}", "glc_eyJ{w:100}"], &["glsa_{w:8}_{x:8}"],
    ),
    provider(
        "pagerduty-key", "PagerDuty key",
        &["pagerduty", "pd_api"], named!("(?:pagerduty|pd)[a-z0-9_.-]{0,16}(?:key|token)", "(?:u\\+[A-Za-z0-9_+-]{18}|[a-f0-9]{32}|[A-Za-z0-9_+-]{20})"),
        Harm::Some, "https://support.pagerduty.com/main/docs/api-access-keys",
        &["PAGERDUTY_API_KEY=u+{w:15}9kA", "PAGERDUTY_ROUTING_KEY={x:32}"], &["PAGERDUTY_API_KEY={w:5}", "PAGERDUTY_TEAM={x:32}"],
    ).checked(mixed),
    provider(
        "rollbar-token", "Rollbar access token",
        &["rollbar"], named!("rollbar[a-z0-9_.-]{0,20}(?:token|key)", "[a-f0-9]{32}"),
        Harm::Little, "https://app.rollbar.com/",
        &["ROLLBAR_ACCESS_TOKEN={x:32}"], &["ROLLBAR_ACCESS_TOKEN={x:8}"],
    ).checked(mixed),
    provider(
        "honeycomb-key", "Honeycomb API key",
        &["hcaik_", "hcxik_", "hcxlk_"], r"hc[ax][il]k_[a-z0-9]{58}",
        Harm::Some, "https://ui.honeycomb.io/account",
        &["hcaik_{l:58}"], &["hcaik_{l:8}"],
    ),
    provider(
        "dynatrace-token", "Dynatrace token",
        &["dt0c01.", "dt0s01."], r"dt0[cs]01\.[A-Z2-7]{24}\.[A-Z2-7]{64}",
        Harm::Great, "https://docs.dynatrace.com/docs/manage/identity-access-management/access-tokens-and-oauth-clients",
        &["dt0c01.{2:24}.{2:64}"], &["dt0c01.{2:24}.{2:8}"],
    ),
    provider(
        "opsgenie-key", "Opsgenie API key",
        &["opsgenie"], named!("opsgenie[a-z0-9_.-]{0,12}key", "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        Harm::Some, "https://app.opsgenie.com/settings/api-key-management",
        &["OPSGENIE_API_KEY={uuid}"], &["OPSGENIE_API_KEY={x:8}", "OPSGENIE_TEAM={uuid}"],
    ),
    provider(
        "posthog-key", "PostHog personal key",
        &["phx_"], r"phx_[A-Za-z0-9_-]{40,60}",
        Harm::Some, "https://app.posthog.com/settings/user-api-keys",
        &["phx_{w:43}"], &["phx_{w:8}", "phc_{w:43}"],
    ),
    provider(
        "launchdarkly-key", "LaunchDarkly SDK or API key",
        &["sdk-", "launchdarkly"], r"(?:sdk|api)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        Harm::Some, "https://app.launchdarkly.com/settings/authorization",
        &["sdk-{uuid}", "LAUNCHDARKLY_TOKEN=api-{uuid}"], &["sdk-{x:8}", "mob-{uuid}"],
    ),
    provider(
        "segment-key", "Segment write key",
        &["segment"], named!("segment[a-z0-9_.-]{0,6}write[a-z0-9_.-]{0,6}key", "[A-Za-z0-9]{32}"),
        Harm::Little, "https://app.segment.com/",
        &["SEGMENT_WRITE_KEY={w:29}9kA"], &["SEGMENT_WRITE_KEY={w:8}"],
    ).checked(mixed_case),
    provider(
        "bugsnag-key", "Bugsnag API key",
        &["bugsnag"], named!("bugsnag[a-z0-9_.-]{0,12}key", "[a-f0-9]{32}"),
        Harm::Little, "https://app.bugsnag.com/settings",
        &["BUGSNAG_API_KEY={x:32}"], &["BUGSNAG_API_KEY={x:8}"],
    ).checked(mixed),
];
