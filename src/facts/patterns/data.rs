//! Databases and data platforms.

use super::verify::{mixed, mixed_case};
use super::{Harm, Provider, named, provider};

#[rustfmt::skip]
pub(super) const PROVIDERS: &[Provider] = &[
    provider(
        "databricks-token", "Databricks token",
        &["dapi"], r"dapi[a-f0-9]{32}(?:-[0-9])?",
        Harm::Great, "https://docs.databricks.com/aws/en/dev-tools/auth/pat",
        &["dapi{x:32}", "dapi{x:32}-2"], &["dapi{x:12}"],
    ),
    provider(
        "snowflake-password", "Snowflake password",
        &["snowflake"], named!("snowflake[a-z0-9_.-]{0,16}(?:password|passwd|pwd)", r"[A-Za-z0-9!@#$%^&*_+.-]{10,64}"),
        Harm::Great, "https://docs.snowflake.com/en/user-guide/admin-user-management",
        &["SNOWFLAKE_PASSWORD={w:12}9kA", "snowflake_password: '{w:13}9kA'"], &["SNOWFLAKE_PASSWORD=none", "SNOWFLAKE_ACCOUNT={w:12}"],
    ).checked(mixed_case),
    provider(
        "planetscale-token", "PlanetScale token or password",
        &["pscale_"], r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{32,64}",
        Harm::Great, "https://app.planetscale.com/",
        &["pscale_tkn_{w:43}", "pscale_pw_{w:43}"], &["pscale_tkn_{w:8}"],
    ),
    provider(
        "neon-api-key", "Neon API key",
        &["napi_"], r"napi_[a-z0-9]{60,70}",
        Harm::Great, "https://console.neon.tech/app/settings/api-keys",
        &["napi_{l:64}"], &["napi_{l:8}"],
    ),
    provider(
        "prefect-key", "Prefect API key",
        &["pnu_", "pnb_"], r"pn[ub]_[A-Za-z0-9]{36}",
        Harm::Some, "https://app.prefect.cloud/my/api-keys",
        &["pnu_{w:36}"], &["pnu_{w:8}"],
    ),
    provider(
        "dbt-token", "dbt Cloud token",
        &["dbtc_", "dbtu_"], r"dbt[cu]_[A-Za-z0-9_-]{40,60}",
        Harm::Great, "https://cloud.getdbt.com/settings/tokens",
        &["dbtc_{w:43}"], &["dbtc_{w:8}"],
    ),
    provider(
        "confluent-secret", "Confluent Cloud secret",
        &["confluent"], named!("confluent[a-z0-9_.-]{0,20}secret", "[A-Za-z0-9+/]{64}"),
        Harm::Great, "https://confluent.cloud/settings/api-keys",
        &["CONFLUENT_API_SECRET={w:61}9kA"], &["CONFLUENT_API_SECRET={w:8}"],
    ).checked(mixed_case),
    provider(
        "upstash-token", "Upstash Redis token",
        &["upstash"], named!("upstash[a-z0-9_.-]{0,20}token", "[A-Za-z0-9_=-]{40,120}"),
        Harm::Great, "https://console.upstash.com/",
        &["UPSTASH_REDIS_REST_TOKEN={w:53}9kA"], &["UPSTASH_REDIS_REST_TOKEN={w:8}"],
    ).checked(mixed_case),
    provider(
        "elastic-api-key", "Elasticsearch API key",
        &["elastic"], named!("elastic[a-z0-9_.-]{0,16}api_?key", "[A-Za-z0-9+/]{56,80}={0,2}"),
        Harm::Great, "https://www.elastic.co/docs/deploy-manage/api-keys/elasticsearch-api-keys",
        &["ELASTIC_API_KEY={w:57}9kA"], &["ELASTIC_API_KEY={w:8}", "ELASTIC_INDEX={w:60}"],
    ).checked(mixed_case),
    provider(
        "azure-cosmos-key", "Azure Cosmos DB key",
        &["cosmos"], named!("cosmos[a-z0-9_.-]{0,16}key", "[A-Za-z0-9+/]{86}=="),
        Harm::Great, "https://portal.azure.com/#browse/Microsoft.DocumentDb%2FdatabaseAccounts",
        &["COSMOS_KEY={b:86}=="], &["COSMOS_KEY={b:20}=="],
    ).checked(mixed),
    provider(
        "rapidapi-key", "RapidAPI key",
        &["msh"], r"[a-z0-9]{10}msh[a-z0-9]{15}p1[a-z0-9]{6}jsn[a-z0-9]{12}",
        Harm::Some, "https://rapidapi.com/developer/apps",
        &["{l:10}msh{l:15}p1{l:6}jsn{l:12}"], &["{l:10}msh{l:15}p2{l:6}jsn{l:12}", "{l:10}msh{l:4}"],
    ),
    provider(
        "tmdb-key", "TMDB API key",
        &["tmdb", "themoviedb"], named!("(?:tmdb|themoviedb)[a-z0-9_.-]{0,12}key", "[a-f0-9]{32}"),
        Harm::Little, "https://www.themoviedb.org/settings/api",
        &["TMDB_API_KEY={x:32}"], &["TMDB_API_KEY={x:8}", "TMDB_PAGE={x:32}"],
    ).checked(mixed),
    provider(
        "newsapi-key", "NewsAPI key",
        &["newsapi", "news_api"], named!("news_?api[a-z0-9_.-]{0,8}key", "[a-f0-9]{32}"),
        Harm::Little, "https://newsapi.org/account",
        &["NEWSAPI_KEY={x:32}", "news_api_key = '{x:32}'"], &["NEWSAPI_KEY={x:8}", "NEWSAPI_PAGE={x:32}"],
    ).checked(mixed),
    provider(
        "imgbb-key", "ImgBB API key",
        &["imgbb"], named!("imgbb[a-z0-9_.-]{0,8}key", "[a-f0-9]{32}"),
        Harm::Little, "https://api.imgbb.com/",
        &["IMGBB_API_KEY={x:32}"], &["IMGBB_API_KEY={x:8}", "IMGBB_ALBUM={x:32}"],
    ).checked(mixed),
];
