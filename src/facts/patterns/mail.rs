//! Mail services, and the passwords of mailboxes.

use super::verify::{letter_groups, mixed, mixed_case};
use super::{Harm, Provider, named, provider};

#[rustfmt::skip]
pub(super) const PROVIDERS: &[Provider] = &[
    provider(
        "sendgrid-key", "SendGrid API key",
        &["SG."], r"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}",
        Harm::Great, "https://app.sendgrid.com/settings/api_keys",
        &["SG.{u:22}.{u:42}k"], &["SG.{u:22}.{u:8}", "SG.{u:8}"],
    ),
    provider(
        "mailgun-key", "Mailgun API key",
        &["key-"], r"key-[a-z0-9]{32}",
        Harm::Great, "https://app.mailgun.com/settings/api_security",
        &["key-{x:32}", "key-{a:12}{x:20}"], &["key-{x:12}", "monkey-{x:32}"],
    ).checked(mixed),
    provider(
        "mailgun-private-key", "Mailgun private key",
        &["mailgun"], named!("mailgun[a-z0-9_.-]{0,16}(?:key|password|token)", "[a-f0-9]{32}-[a-f0-9]{8}-[a-f0-9]{8}"),
        Harm::Great, "https://app.mailgun.com/settings/api_security",
        &["MAILGUN_API_KEY={x:32}-{x:8}-{x:8}"], &["MAILGUN_API_KEY={x:12}", "MAILGUN_DOMAIN={x:32}-{x:8}-{x:8}"],
    ),
    provider(
        "mailchimp-key", "Mailchimp API key",
        &["-us"], r"[0-9a-f]{32}-us[0-9]{1,2}",
        Harm::Great, "https://admin.mailchimp.com/account/api/",
        &["{x:32}-us12"], &["{x:20}-us12", "{x:32}-eu12"],
    ).checked(mixed),
    provider(
        "mandrill-key", "Mandrill API key",
        &["mandrill"], named!("mandrill[a-z0-9_.-]{0,12}key", "(?:md-)?[A-Za-z0-9_-]{22}"),
        Harm::Great, "https://mandrillapp.com/settings",
        &["MANDRILL_API_KEY={w:19}9kA", "MANDRILL_API_KEY=md-{w:19}9kA"], &["MANDRILL_API_KEY={w:5}", "MANDRILL_USER={w:22}"],
    ).checked(mixed_case),
    provider(
        "postmark-token", "Postmark server token",
        &["postmark"], named!("postmark[a-z0-9_.-]{0,16}(?:token|key)", "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        Harm::Some, "https://account.postmarkapp.com/servers",
        &["POSTMARK_API_TOKEN={uuid}"], &["POSTMARK_API_TOKEN={x:8}", "POSTMARK_STREAM={uuid}"],
    ),
    provider(
        "brevo-key", "Brevo (Sendinblue) key",
        &["xkeysib-", "xsmtpsib-"], r"x(?:key|smtp)sib-[a-f0-9]{64}-[A-Za-z0-9]{16}",
        Harm::Great, "https://app.brevo.com/settings/keys/api",
        &["xkeysib-{x:64}-{w:16}", "xsmtpsib-{x:64}-{w:16}"], &["xkeysib-{x:12}-{w:16}"],
    ),
    provider(
        "mailjet-secret", "Mailjet API key or secret",
        &["mailjet", "mj_apikey"], named!("(?:mailjet|mj)[a-z0-9_.-]{0,16}(?:key|secret|private|public)", "[0-9a-f]{32}"),
        Harm::Some, "https://app.mailjet.com/account/apikeys",
        &["MAILJET_SECRET_KEY={x:32}", "MJ_APIKEY_PRIVATE={x:32}"], &["MAILJET_SECRET_KEY={x:8}", "MAILJET_TEMPLATE={x:32}"],
    ).checked(mixed),
    provider(
        "sparkpost-key", "SparkPost API key",
        &["sparkpost"], named!("sparkpost[a-z0-9_.-]{0,12}key", "[0-9a-f]{40}"),
        Harm::Some, "https://app.sparkpost.com/account/api-keys",
        &["SPARKPOST_API_KEY={x:40}"], &["SPARKPOST_API_KEY={x:8}"],
    ).checked(mixed),
    provider(
        "resend-key", "Resend API key",
        &["resend"], named!("resend[a-z0-9_.-]{0,12}key", "re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}"),
        Harm::Some, "https://resend.com/api-keys",
        &["RESEND_API_KEY=re_{w:8}_{w:24}"], &["RESEND_API_KEY=re_{w:8}"],
    ),
    provider(
        "klaviyo-key", "Klaviyo private key",
        &["pk_"], r"pk_[a-f0-9]{34}",
        Harm::Some, "https://www.klaviyo.com/settings/account/api-keys",
        &["pk_{x:34}"], &["pk_{x:12}"],
    ),
    provider(
        "gmail-app-password", "Google app password",
        &["mail", "smtp", "gmail", "google_pass", "app_pass"],
        named!("(?:mail|smtp|google|app)[a-z0-9_.-]{0,12}pass(?:word|wd)?", "[a-z]{4} [a-z]{4} [a-z]{4} [a-z]{4}"),
        Harm::Great, "https://myaccount.google.com/apppasswords",
        &["MAIL_PASSWORD = '{app}'", "smtp_password: \"{app}\""], &["MAIL_PASSWORD = '{a:4} {a:4}'", "MAIL_SUBJECT = '{app}'"],
    ).checked(letter_groups),
];
