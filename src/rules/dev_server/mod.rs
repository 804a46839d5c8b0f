//! Threat 5: the development server, and servers without limits.

mod development_server;
mod gunicorn_command;
mod gunicorn_settings;
mod host_header;
mod misspelt_setting;
mod no_server_settings;
mod one_request;
mod proxy_fix_missing;
mod proxy_trust;
mod request_size;
mod requirements;
mod resource_limits;
mod root_user;
mod run_call;
mod uwsgi_limits;
mod waitress_settings;

use super::Rule;

pub use development_server::replacement;

pub const RULES: &[&Rule] = &[
    &development_server::RULE,
    &no_server_settings::RULE,
    &run_call::RULE,
    &gunicorn_settings::RULE,
    &misspelt_setting::RULE,
    &one_request::RULE,
    &uwsgi_limits::RULE,
    &waitress_settings::RULE,
    &request_size::RULE,
    &host_header::RULE,
    &proxy_trust::RULE,
    &proxy_fix_missing::RULE,
    &root_user::RULE,
    &resource_limits::RULE,
];
