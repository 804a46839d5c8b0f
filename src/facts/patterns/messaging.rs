//! Chat, telephone and push messages.

use super::verify::{mixed, mixed_case};
use super::{Harm, Provider, named, provider};

#[rustfmt::skip]
pub(super) const PROVIDERS: &[Provider] = &[
    provider(
        "slack-bot-token", "Slack bot token",
        &["xoxb-"], r"xoxb-[0-9]{8,14}-[A-Za-z0-9-]{18,70}",
        Harm::Great, "https://api.slack.com/apps",
        &["xoxb-{d:12}-{d:12}-{w:24}"], &["xoxb-{d:5}", "xoxb-your-token"],
    ),
    provider(
        "slack-user-token", "Slack user token",
        &["xoxp-", "xoxa-", "xoxs-", "xoxe-", "xoxe.xox", "xoxr-"],
        r"(?:xox[pars]-(?:[0-9]{8,14}-){1,3}[A-Za-z0-9-]{20,70}|xoxe(?:\.xox[bp])?-[0-9]-[A-Za-z0-9]{100,250})",
        Harm::Great, "https://api.slack.com/apps",
        &["xoxp-{d:12}-{d:12}-{d:12}-{x:32}", "xoxe-1-{w:146}"], &["xoxp-{d:5}", "xoxz-{d:12}-{x:32}"],
    ),
    provider(
        "slack-app-token", "Slack app-level token",
        &["xapp-"], r"xapp-[0-9]-[A-Z0-9]{8,14}-[0-9]{8,14}-[a-f0-9]{60,70}",
        Harm::Great, "https://api.slack.com/apps",
        &["xapp-1-{U:11}-{d:13}-{x:64}"], &["xapp-1-{U:11}-{x:10}"],
    ),
    provider(
        "slack-webhook", "Slack webhook",
        &["hooks.slack.com/"], r"hooks\.slack\.com/(?:services|workflows|triggers)/([A-Za-z0-9]{8,14}/[A-Za-z0-9]{8,24}/[A-Za-z0-9]{20,56})",
        Harm::Some, "https://api.slack.com/apps",
        &["https://hooks.slack.com/services/T{U:9}/B{U:9}/{w:24}"], &["https://hooks.slack.com/services/", "https://hooks.slack.com/services/T{U:9}"],
    ),
    provider(
        "discord-bot-token", "Discord bot token",
        &["discord", "bot_token", "bot.run", "client.run"],
        r#"(?i:discord|bot|client)[A-Za-z0-9_.\[\]"' \t-]{0,30}(?:=|:|\(|,)[ \t]*\(?[bru]?[\\"'`]{0,3}([MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,38})"#,
        Harm::Great, "https://discord.com/developers/applications",
        &["DISCORD_TOKEN=M{w:23}.{w:6}.{w:38}", "bot.run(\"N{w:25}.{w:6}.{w:27}\")"], &["DISCORD_TOKEN=M{w:8}.{w:6}.{w:5}", "discord = X{w:23}.{w:6}.{w:38}"],
    ),
    provider(
        "discord-webhook", "Discord webhook",
        &["/api/webhooks/"], r"discord(?:app)?\.com/api/webhooks/([0-9]{17,20}/[A-Za-z0-9_-]{60,80})",
        Harm::Some, "https://support.discord.com/hc/en-us/articles/228383668",
        &["https://discord.com/api/webhooks/{d:18}/{u:67}k"], &["https://discord.com/api/webhooks/{d:18}/{u:10}"],
    ),
    provider(
        "discord-client-secret", "Discord OAuth client secret",
        &["discord"], named!("discord[a-z0-9_.-]{0,12}secret", "[A-Za-z0-9_-]{32}"),
        Harm::Some, "https://discord.com/developers/applications",
        &["DISCORD_CLIENT_SECRET={w:29}9kA"], &["DISCORD_CLIENT_SECRET={w:12}", "DISCORD_GUILD={w:32}"],
    ).checked(mixed_case),
    provider(
        "telegram-bot-token", "Telegram bot token",
        &[":AA"], r"[0-9]{8,10}:AA[A-Za-z0-9_-]{33}",
        Harm::Great, "https://t.me/BotFather",
        &["{d:10}:AA{u:32}k"], &["{d:10}:AA{u:10}", "{d:4}:AA{u:33}"],
    ),
    provider(
        "twilio-auth-token", "Twilio auth token",
        &["twilio"], named!("twilio[a-z0-9_.-]{0,12}(?:auth|token|secret|password)[a-z0-9_]{0,8}", "[0-9a-f]{32}"),
        Harm::Great, "https://console.twilio.com/",
        &["TWILIO_AUTH_TOKEN={x:32}", "twilio_auth = '{x:32}'"], &["TWILIO_AUTH_TOKEN={x:12}", "TWILIO_SERVICE={x:32}"],
    ),
    provider(
        "twilio-api-key", "Twilio API key id",
        &["twilio"], named!("twilio[a-z0-9_.-]{0,16}(?:key|sid)[a-z0-9_]{0,6}", "SK[0-9a-f]{32}"),
        Harm::Some, "https://console.twilio.com/us1/account/keys-credentials/api-keys",
        &["TWILIO_API_KEY=SK{x:32}"], &["TWILIO_ACCOUNT_SID=AC{x:32}", "TWILIO_API_KEY=SK{x:5}"],
    ),
    provider(
        "teams-webhook", "Microsoft Teams webhook",
        &["webhook.office.com/"], r"webhook\.office\.com/webhookb2/([0-9a-f-]{36}@[0-9a-f-]{36}/IncomingWebhook/[0-9a-f]{32}/[0-9a-f-]{36})",
        Harm::Some, "https://teams.microsoft.com/",
        &["https://shop.webhook.office.com/webhookb2/{uuid}@{uuid}/IncomingWebhook/{x:32}/{uuid}"],
        &["https://shop.webhook.office.com/webhookb2/{uuid}"],
    ),
    provider(
        "zapier-webhook", "Zapier webhook",
        &["hooks.zapier.com/"], r"hooks\.zapier\.com/hooks/catch/([0-9]{4,12}/[a-z0-9]{5,16})",
        Harm::Little, "https://zapier.com/app/zaps",
        &["https://hooks.zapier.com/hooks/catch/{d:8}/{l:7}"], &["https://hooks.zapier.com/hooks/catch/"],
    ),
    provider(
        "matrix-token", "Matrix access token",
        &["syt_"], r"syt_[A-Za-z0-9+/=]{4,80}_[A-Za-z]{20}_[A-Za-z0-9]{6}",
        Harm::Some, "https://app.element.io/",
        &["syt_{w:12}_{L:20}_{w:6}"], &["syt_{w:12}_{L:5}"],
    ),
    provider(
        "pusher-secret", "Pusher app secret",
        &["pusher"], named!("pusher[a-z0-9_.-]{0,12}secret", "[0-9a-f]{20}"),
        Harm::Some, "https://dashboard.pusher.com/",
        &["PUSHER_SECRET={x:20}", "PUSHER_APP_SECRET: '{x:20}'"], &["PUSHER_SECRET={x:5}", "PUSHER_CHANNEL={x:20}"],
    ).checked(mixed),
    provider(
        "vonage-secret", "Vonage (Nexmo) API secret",
        &["nexmo", "vonage"], named!("(?:nexmo|vonage)[a-z0-9_.-]{0,12}secret", "[A-Za-z0-9]{16}"),
        Harm::Some, "https://dashboard.vonage.com/settings",
        &["NEXMO_API_SECRET={w:13}9kA"], &["NEXMO_API_SECRET={w:5}", "NEXMO_NUMBER={d:12}"],
    ).checked(mixed_case),
    provider(
        "line-channel-secret", "LINE channel secret",
        &["line_channel", "line_secret"], named!("line[a-z0-9_.-]{0,12}secret", "[0-9a-f]{32}"),
        Harm::Some, "https://developers.line.biz/console/",
        &["LINE_CHANNEL_SECRET={x:32}"], &["LINE_CHANNEL_SECRET={x:8}"],
    ),
];
