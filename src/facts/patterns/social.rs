//! Sign-in with, and posting to, social networks and media.

use super::verify::{mixed, mixed_case};
use super::{Harm, Provider, named, provider};

#[rustfmt::skip]
pub(super) const PROVIDERS: &[Provider] = &[
    provider(
        "facebook-access-token", "Facebook access token",
        &["EAA"], r"EAA[A-Za-z0-9]{90,300}",
        Harm::Great, "https://developers.facebook.com/apps/",
        &["EAA{w:180}"], &["EAA{w:12}"],
    ).checked(mixed_case),
    provider(
        "facebook-app-secret", "Facebook app secret",
        &["facebook", "fb_"], named!("(?:facebook|fb)[a-z0-9_.-]{0,20}secret[a-z0-9_]{0,6}", "[0-9a-f]{32}"),
        Harm::Great, "https://developers.facebook.com/apps/",
        &["FACEBOOK_APP_SECRET={x:32}", "fb_secret = '{x:32}'"], &["FACEBOOK_APP_SECRET={x:8}", "FACEBOOK_APP_ID={d:15}"],
    ).checked(mixed),
    provider(
        "twitter-bearer-token", "Twitter (X) bearer token",
        &["AAAAAAAAAAAAAAAAAAAAA"], r"AAAAAAAAAAAAAAAAAAAAA[A-Za-z0-9%]{60,120}",
        Harm::Some, "https://developer.x.com/en/portal/dashboard",
        &["AAAAAAAAAAAAAAAAAAAAA{w:80}"], &["AAAAAAAAAAAAAAAAAAAAA{w:10}"],
    ).checked(twitter_bearer),
    provider(
        "twitter-consumer-secret", "Twitter (X) API secret",
        &["twitter", "consumer_secret", "tw_"],
        named!("(?:twitter[a-z0-9_.-]{0,24}secret|consumer_secret|twitter_api_key_secret)[a-z0-9_]{0,6}", "[A-Za-z0-9]{45,50}"),
        Harm::Great, "https://developer.x.com/en/portal/dashboard",
        &["TWITTER_CONSUMER_SECRET={w:47}9kA", "consumer_secret = '{w:42}9kA'"], &["TWITTER_CONSUMER_SECRET={w:12}", "TWITTER_HANDLE={w:50}"],
    ).checked(mixed_case),
    provider(
        "twitter-access-token", "Twitter (X) access token",
        &["twitter", "access_token"], named!("(?:twitter[a-z0-9_.-]{0,24}|access_)token", "[0-9]{7,19}-[A-Za-z0-9]{38,42}"),
        Harm::Some, "https://developer.x.com/en/portal/dashboard",
        &["TWITTER_ACCESS_TOKEN={d:18}-{w:38}9k"], &["TWITTER_ACCESS_TOKEN={d:18}-{w:5}"],
    ),
    provider(
        "linkedin-client-secret", "LinkedIn client secret",
        &["linkedin", "WPL_AP"], named!("linkedin[a-z0-9_.-]{0,20}secret", r"(?:WPL_AP[01]\.[A-Za-z0-9]{16}\.[A-Za-z0-9+/=]{6,12}|[A-Za-z0-9]{16})"),
        Harm::Some, "https://www.linkedin.com/developers/apps",
        &["LINKEDIN_CLIENT_SECRET={w:13}9kA", "LINKEDIN_SECRET=WPL_AP1.{w:16}.{w:8}"], &["LINKEDIN_CLIENT_SECRET={w:5}", "LINKEDIN_CLIENT_ID={l:14}"],
    ).checked(mixed_case),
    provider(
        "spotify-client-secret", "Spotify client secret",
        &["spotify", "spotipy"], named!("spoti(?:fy|py)[a-z0-9_.-]{0,20}secret", "[0-9a-f]{32}"),
        Harm::Some, "https://developer.spotify.com/dashboard",
        &["SPOTIFY_CLIENT_SECRET={x:32}", "SPOTIPY_CLIENT_SECRET='{x:32}'"], &["SPOTIFY_CLIENT_SECRET={x:8}", "SPOTIFY_CLIENT_ID={x:32}"],
    ).checked(mixed),
    provider(
        "twitch-client-secret", "Twitch client secret or token",
        &["twitch"], named!("twitch[a-z0-9_.-]{0,20}(?:secret|token)", "(?:oauth:)?[a-z0-9]{30}"),
        Harm::Some, "https://dev.twitch.tv/console/apps",
        &["TWITCH_CLIENT_SECRET={l:28}9k"], &["TWITCH_CLIENT_SECRET={l:8}", "TWITCH_CLIENT_ID={l:30}"],
    ).checked(mixed),
    provider(
        "steam-key", "Steam web API key",
        &["steam"], named!("steam[a-z0-9_.-]{0,16}key", "[0-9A-F]{32}"),
        Harm::Little, "https://steamcommunity.com/dev/apikey",
        &["STEAM_API_KEY={X:32}"], &["STEAM_API_KEY={X:8}", "STEAM_ID={d:17}"],
    ).checked(mixed),
    provider(
        "yandex-client-secret", "Yandex OAuth secret",
        &["yandex"], named!("yandex[a-z0-9_.-]{0,16}secret", "[0-9a-f]{32}"),
        Harm::Some, "https://oauth.yandex.com/",
        &["YANDEX_CLIENT_SECRET={x:32}"], &["YANDEX_CLIENT_SECRET={x:8}"],
    ).checked(mixed),
    provider(
        "wechat-app-secret", "WeChat app secret",
        &["wechat", "weixin", "wx_", "wxapp"], named!("(?:wechat|weixin|wx)[a-z0-9_.-]{0,16}secret", "[0-9a-f]{32}"),
        Harm::Great, "https://mp.weixin.qq.com/",
        &["WECHAT_APP_SECRET={x:32}", "wx_secret: '{x:32}'"], &["WECHAT_APP_SECRET={x:8}", "WECHAT_APP_ID=wx{x:16}"],
    ).checked(mixed),
];

/// The row of `A` in front is the mark itself.
fn twitter_bearer(token: &str) -> super::Verdict {
    mixed_case(token.trim_start_matches('A'))
}
