//! Office tools, search, identity and other services.

use super::verify::{mixed, mixed_case, recaptcha};
use super::{Harm, Provider, named, provider};

#[rustfmt::skip]
pub(super) const PROVIDERS: &[Provider] = &[
    provider(
        "algolia-admin-key", "Algolia API key",
        &["algolia"], named!("algolia[a-z0-9_.-]{0,20}(?:key|token)", "[a-f0-9]{32}"),
        Harm::Some, "https://dashboard.algolia.com/account/api-keys",
        &["ALGOLIA_ADMIN_API_KEY={x:32}"], &["ALGOLIA_ADMIN_API_KEY={x:8}", "ALGOLIA_INDEX={x:32}"],
    ).checked(mixed),
    provider(
        "airtable-token", "Airtable token",
        &["airtable"], named!("airtable[a-z0-9_.-]{0,16}(?:key|token|pat)", r"(?:pat[A-Za-z0-9]{14}\.[a-f0-9]{64}|key[A-Za-z0-9]{14})"),
        Harm::Great, "https://airtable.com/create/tokens",
        &["AIRTABLE_TOKEN=pat{w:14}.{x:64}", "AIRTABLE_API_KEY=key{w:11}9kA"], &["AIRTABLE_TOKEN=pat{w:5}", "AIRTABLE_BASE=app{w:14}"],
    ).checked(mixed_case),
    provider(
        "notion-token", "Notion integration token",
        &["ntn_", "notion"], r#"(?:ntn_[0-9]{11}[A-Za-z0-9]{35}|(?i:notion)[a-zA-Z0-9_.-]{0,16}["'\])]{0,3}[ \t]*[=:,][ \t]*["']?(secret_[A-Za-z0-9]{43}))"#,
        Harm::Great, "https://www.notion.so/my-integrations",
        &["ntn_{d:11}{w:35}", "NOTION_TOKEN=secret_{w:43}"], &["ntn_{w:12}", "NOTION_TOKEN=secret_{w:8}"],
    ),
    provider(
        "linear-key", "Linear API key",
        &["lin_api_", "lin_oauth_"], r"lin_(?:api|oauth)_[A-Za-z0-9]{40,64}",
        Harm::Some, "https://linear.app/settings/account/security",
        &["lin_api_{w:40}"], &["lin_api_{w:12}"],
    ),
    provider(
        "asana-token", "Asana token",
        &["asana"], named!("asana[a-z0-9_.-]{0,16}(?:token|secret|pat|key)", "[0-9]/[0-9]{10,20}(?:/[0-9]{10,20})?:[a-f0-9]{32}"),
        Harm::Great, "https://app.asana.com/0/my-apps",
        &["ASANA_TOKEN=1/{d:16}:{x:32}", "ASANA_PAT: 2/{d:16}/{d:16}:{x:32}"], &["ASANA_TOKEN=1/{d:16}", "ASANA_PROJECT={d:16}"],
    ),
    provider(
        "okta-token", "Okta API token",
        &["okta"], named!("okta[a-z0-9_.-]{0,20}(?:token|key)", "00[A-Za-z0-9_-]{40}"),
        Harm::Great, "https://help.okta.com/oie/en-us/content/topics/security/api.htm",
        &["OKTA_API_TOKEN=00{w:38}9k"], &["OKTA_API_TOKEN=00{w:8}", "OKTA_CLIENT_ID=0o{w:18}"],
    ).checked(mixed_case),
    provider(
        "okta-client-secret", "Okta client secret",
        &["okta"], named!("okta[a-z0-9_.-]{0,16}secret", "[A-Za-z0-9_-]{40,64}"),
        Harm::Great, "https://developer.okta.com/login/",
        &["OKTA_CLIENT_SECRET={w:37}9kA", "OKTA_CLIENT_SECRET={w:61}9kA"], &["OKTA_CLIENT_SECRET={w:12}"],
    ).checked(mixed_case),
    provider(
        "auth0-client-secret", "Auth0 client secret",
        &["auth0"], named!("auth0[a-z0-9_.-]{0,16}secret", "[A-Za-z0-9_-]{43,90}"),
        Harm::Great, "https://manage.auth0.com/",
        &["AUTH0_CLIENT_SECRET={w:61}9kA"], &["AUTH0_CLIENT_SECRET={w:12}", "AUTH0_CLIENT_ID={w:32}"],
    ).checked(mixed_case),
    provider(
        "dropbox-token", "Dropbox token or app secret",
        &["dropbox"], named!("dropbox[a-z0-9_.-]{0,16}(?:token|secret|key)", r"(?:sl\.(?:u\.)?[A-Za-z0-9_-]{60,1000}|[a-z0-9]{15})"),
        Harm::Great, "https://www.dropbox.com/developers/apps",
        &["DROPBOX_ACCESS_TOKEN=sl.{u:135}k", "DROPBOX_APP_SECRET={l:13}9k"], &["DROPBOX_ACCESS_TOKEN=sl.{u:5}", "DROPBOX_FOLDER={l:15}"],
    ).checked(mixed),
    provider(
        "figma-token", "Figma token",
        &["figd_"], r"figd_[A-Za-z0-9_-]{40,50}",
        Harm::Some, "https://www.figma.com/settings",
        &["figd_{u:39}k"], &["figd_{u:12}"],
    ),
    provider(
        "postman-key", "Postman API key",
        &["PMAK-"], r"PMAK-[a-f0-9]{24}-[a-f0-9]{34}",
        Harm::Some, "https://go.postman.co/settings/me/api-keys",
        &["PMAK-{x:24}-{x:34}"], &["PMAK-{x:24}-{x:5}"],
    ),
    provider(
        "hubspot-token", "HubSpot private app token",
        &["pat-na", "pat-eu", "pat-ap"], r"pat-(?:na|eu|ap)[0-9]-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        Harm::Great, "https://app.hubspot.com/private-apps/",
        &["pat-na1-{uuid}", "pat-eu1-{uuid}"], &["pat-na1-{x:8}"],
    ),
    provider(
        "zendesk-token", "Zendesk API token",
        &["zendesk"], named!("zendesk[a-z0-9_.-]{0,16}(?:token|key|secret)", "[A-Za-z0-9]{40}"),
        Harm::Great, "https://support.zendesk.com/hc/en-us/articles/4408889192858",
        &["ZENDESK_API_TOKEN={w:37}9kA"], &["ZENDESK_API_TOKEN={w:8}", "ZENDESK_SUBDOMAIN={w:40}"],
    ).checked(mixed_case),
    provider(
        "intercom-token", "Intercom access token",
        &["intercom"], named!("intercom[a-z0-9_.-]{0,16}(?:token|key)", "dG9r[A-Za-z0-9+/=_:]{56}"),
        Harm::Some, "https://app.intercom.com/a/apps/_/developer-hub",
        &["INTERCOM_TOKEN=dG9r{w:56}"], &["INTERCOM_TOKEN=dG9r{w:8}", "INTERCOM_APP_ID={l:8}"],
    ),
    provider(
        "contentful-token", "Contentful personal token",
        &["CFPAT-"], r"CFPAT-[A-Za-z0-9_-]{43}",
        Harm::Some, "https://app.contentful.com/account/profile/cma_tokens",
        &["CFPAT-{u:42}k"], &["CFPAT-{u:8}"],
    ),
    provider(
        "typeform-token", "Typeform token",
        &["tfp_"], r"tfp_[A-Za-z0-9_-]{40,60}",
        Harm::Some, "https://admin.typeform.com/user/tokens",
        &["tfp_{u:43}k"], &["tfp_{u:8}"],
    ),
    provider(
        "readme-key", "ReadMe API key",
        &["rdme_"], r"rdme_[a-z0-9]{70}",
        Harm::Some, "https://dash.readme.com/",
        &["rdme_{l:70}"], &["rdme_{l:8}"],
    ),
    provider(
        "mapbox-secret-token", "Mapbox secret token",
        &["sk.eyJ"], r"sk\.eyJ[A-Za-z0-9_-]{60,200}\.[A-Za-z0-9_-]{22}",
        Harm::Some, "https://account.mapbox.com/access-tokens/",
        &["sk.eyJ{w:84}.{w:22}"], &["sk.eyJ{w:10}.{w:22}", "pk.eyJ{w:84}.{w:22}"],
    ),
    provider(
        "recaptcha-secret", "reCAPTCHA secret key",
        &["captcha"], named!("captcha[a-z0-9_.-]{0,12}(?:private|secret)[a-z0-9_.-]{0,12}", "6L[A-Za-z0-9_-]{38}"),
        Harm::Little, "https://www.google.com/recaptcha/admin",
        &["RECAPTCHA_PRIVATE_KEY = '6L{w:36}9k'"], &["RECAPTCHA_PRIVATE_KEY = '6L{w:8}'", "RECAPTCHA_PUBLIC_KEY = '6L{w:36}9k'"],
    ).checked(recaptcha),
    provider(
        "turnstile-secret", "Cloudflare Turnstile secret",
        &["0x4AAAAAAA"], r"0x4AAAAAAA[A-Za-z0-9_-]{25,30}",
        Harm::Little, "https://dash.cloudflare.com/?to=/:account/turnstile",
        &["0x4AAAAAAA{w:27}"], &["0x4AAAAAAA{w:14}"],
    ),
    provider(
        "clickup-token", "ClickUp token",
        &["pk_"], r"pk_[0-9]{6,10}_[A-Z0-9]{32}",
        Harm::Some, "https://app.clickup.com/settings/apps",
        &["pk_{d:8}_{U:32}"], &["pk_{d:8}_{U:8}"],
    ),
    provider(
        "tailscale-key", "Tailscale key",
        &["tskey-"], r"tskey-(?:api|auth|client|scim|webhook)-[A-Za-z0-9]{10,20}-[A-Za-z0-9]{20,40}",
        Harm::Great, "https://login.tailscale.com/admin/settings/keys",
        &["tskey-auth-{w:16}-{w:32}"], &["tskey-auth-{w:5}"],
    ),
    provider(
        "ngrok-token", "ngrok authtoken",
        &["ngrok"], named!("ngrok[a-z0-9_.-]{0,12}(?:token|key)", "[A-Za-z0-9]{20,32}_[A-Za-z0-9]{15,30}"),
        Harm::Some, "https://dashboard.ngrok.com/get-started/your-authtoken",
        &["NGROK_AUTHTOKEN={w:27}_{w:21}"], &["NGROK_AUTHTOKEN={w:8}", "NGROK_DOMAIN={w:27}_{w:21}"],
    ).checked(mixed_case),
    provider(
        "dropbox-sign-key", "Dropbox Sign (HelloSign) API key",
        &["hellosign"], named!("hellosign[a-z0-9_.-]{0,12}key", "[a-f0-9]{64}"),
        Harm::Some, "https://app.hellosign.com/home/myAccount#api",
        &["HELLOSIGN_API_KEY={x:64}"], &["HELLOSIGN_API_KEY={x:8}"],
    ),
    provider(
        "openweather-key", "OpenWeather API key",
        &["openweather", "owm"], named!("(?:openweather|owm)[a-z0-9_.-]{0,16}key", "[a-f0-9]{32}"),
        Harm::Little, "https://home.openweathermap.org/api_keys",
        &["OPENWEATHER_API_KEY={x:32}", "OWM_KEY: '{x:32}'"], &["OPENWEATHER_API_KEY={x:8}"],
    ).checked(mixed),
    provider(
        "basic-auth-header", "Basic authorization header",
        &["basic "], r#"(?i:authorization)[\\"'\])]{0,4}[ \t]*[:=,][ \t]*[\\"'`]{0,3}[Bb]asic ([A-Za-z0-9+/]{8,400}={0,2})"#,
        Harm::Some, "https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Authorization",
        &["Authorization: Basic {basic}", "headers={'Authorization': 'Basic {basic}'}"], &["Authorization: Basic realm", "Authorization: Bearer {w:12}"],
    ).checked(super::verify::basic_auth),
    provider(
        "json-web-token", "JSON web token",
        &["eyJ"], r"eyJ[A-Za-z0-9_-]{10,600}\.eyJ[A-Za-z0-9_-]{10,1000}\.[A-Za-z0-9_-]{20,700}",
        Harm::Little, "https://www.rfc-editor.org/rfc/rfc7519",
        &["{jwt}"], &["eyJ{w:20}.eyJ{w:20}", "eyJ{w:12}"],
    ).checked(super::verify::jwt),
];
