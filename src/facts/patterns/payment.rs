//! Payment services and shops.

use super::verify::{mixed_case, test_mode};
use super::{Harm, Provider, named, provider};

#[rustfmt::skip]
pub(super) const PROVIDERS: &[Provider] = &[
    provider(
        "stripe-secret-key", "Stripe secret key",
        &["sk_live_", "rk_live_", "sk_test_", "rk_test_"], r"[sr]k_(?:live|test)_[A-Za-z0-9]{20,120}",
        Harm::Great, "https://dashboard.stripe.com/apikeys",
        &["sk_live_{w:24}", "rk_live_{w:99}", "key='sk_test_{w:24}'"], &["sk_live_{w:8}", "pk_live_{w:24}"],
    ).checked(test_mode),
    provider(
        "stripe-webhook-secret", "Stripe webhook signing secret",
        &["whsec_"], r"whsec_[A-Za-z0-9+/]{32,80}={0,2}",
        Harm::Some, "https://dashboard.stripe.com/webhooks",
        &["whsec_{w:32}"], &["whsec_{w:10}"],
    ),
    provider(
        "square-access-token", "Square access token",
        &["EAAA", "sq0atp-"], r"(?:EAAA[A-Za-z0-9_-]{60}|sq0atp-[A-Za-z0-9_-]{22})",
        Harm::Great, "https://developer.squareup.com/apps",
        &["EAAA{u:59}k", "sq0atp-{u:21}k"], &["EAAA{w:20}", "sq0atp-{u:8}"],
    ).checked(mixed_case),
    provider(
        "square-application-secret", "Square application secret",
        &["sq0csp-"], r"sq0csp-[A-Za-z0-9_-]{43}",
        Harm::Great, "https://developer.squareup.com/apps",
        &["sq0csp-{u:42}k"], &["sq0csp-{u:12}", "sq0idp-{u:22}"],
    ),
    provider(
        "braintree-access-token", "PayPal Braintree access token",
        &["access_token$"], r"access_token\$(?:production|sandbox)\$[a-z0-9]{16}\$[a-f0-9]{32}",
        Harm::Great, "https://www.braintreegateway.com/",
        &["access_token$production${l:16}${x:32}", "access_token$sandbox${l:16}${x:32}"], &["access_token$production${l:16}"],
    ).checked(test_mode),
    provider(
        "braintree-private-key", "PayPal Braintree private key",
        &["braintree", "bt_private"], named!("(?:braintree|bt)[a-z0-9_.-]{0,12}private[a-z0-9_]{0,6}", "[a-f0-9]{32}"),
        Harm::Great, "https://www.braintreegateway.com/",
        &["BRAINTREE_PRIVATE_KEY={x:32}", "BT_PRIVATE_KEY = '{x:32}'"], &["BRAINTREE_PRIVATE_KEY={x:8}", "BRAINTREE_PUBLIC_KEY={l:16}"],
    ),
    provider(
        "paypal-client-secret", "PayPal client secret",
        &["paypal"], named!("paypal[a-z0-9_.-]{0,16}secret", "E[A-Za-z0-9_-]{79}"),
        Harm::Great, "https://developer.paypal.com/dashboard/applications/live",
        &["PAYPAL_CLIENT_SECRET={E80}", "paypal_secret: '{E80}'"], &["PAYPAL_CLIENT_SECRET={w:20}", "PAYPAL_CLIENT_ID=A{u:79}"],
    ),
    provider(
        "razorpay-key", "Razorpay key id",
        &["rzp_live_"], r"rzp_live_[A-Za-z0-9]{14}",
        Harm::Some, "https://dashboard.razorpay.com/app/keys",
        &["rzp_live_{w:14}"], &["rzp_live_{w:5}", "rzp_test_{w:14}"],
    ),
    provider(
        "plaid-access-token", "Plaid access token",
        &["access-production-", "access-sandbox-", "access-development-"],
        r"access-(?:production|development|sandbox)-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}",
        Harm::Great, "https://dashboard.plaid.com/developers/keys",
        &["access-production-{uuid}", "access-sandbox-{uuid}"], &["access-production-{x:8}"],
    ).checked(test_mode),
    provider(
        "plaid-secret", "Plaid API secret",
        &["plaid"], named!("plaid[a-z0-9_.-]{0,12}secret", "[a-f0-9]{30}"),
        Harm::Great, "https://dashboard.plaid.com/developers/keys",
        &["PLAID_SECRET={x:30}"], &["PLAID_SECRET={x:8}", "PLAID_CLIENT_ID={x:24}"],
    ),
    provider(
        "shopify-token", "Shopify token or app secret",
        &["shpat_", "shpca_", "shppa_", "shpss_"], r"shp(?:at|ca|pa|ss)_[a-fA-F0-9]{32}",
        Harm::Great, "https://partners.shopify.com/",
        &["shpat_{x:32}", "shpss_{x:32}"], &["shpat_{x:12}", "shpxx_{x:32}"],
    ),
    provider(
        "flutterwave-secret", "Flutterwave secret key",
        &["FLWSECK"], r"FLWSECK(?:_TEST)?-[a-fA-F0-9]{32}-X",
        Harm::Great, "https://app.flutterwave.com/dashboard/settings/apis",
        &["FLWSECK-{x:32}-X", "FLWSECK_TEST-{x:32}-X"], &["FLWSECK-{x:12}-X", "FLWPUBK-{x:32}-X"],
    ).checked(test_mode),
    provider(
        "mollie-key", "Mollie API key",
        &["mollie"], named!("mollie[a-z0-9_.-]{0,12}key", "live_[A-Za-z0-9]{30}"),
        Harm::Great, "https://my.mollie.com/dashboard/developers/api-keys",
        &["MOLLIE_API_KEY=live_{w:30}"], &["MOLLIE_API_KEY=live_{w:8}", "MOLLIE_API_KEY=test_{w:30}"],
    ),
    provider(
        "easypost-key", "EasyPost API key",
        &["EZAK", "EZTK"], r"EZ[AT]K[A-Za-z0-9]{54}",
        Harm::Some, "https://www.easypost.com/account/api-keys",
        &["EZAK{w:54}"], &["EZAK{w:12}"],
    ),
    provider(
        "shippo-token", "Shippo token",
        &["shippo_live_", "shippo_test_"], r"shippo_(?:live|test)_[a-f0-9]{40}",
        Harm::Some, "https://apps.goshippo.com/settings/api",
        &["shippo_live_{x:40}", "shippo_test_{x:40}"], &["shippo_live_{x:12}"],
    ).checked(test_mode),
];
