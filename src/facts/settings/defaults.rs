//! The settings that every Flask app has a value of from the start: `setdefault` never gives them
//! another one.

/// Flask's own defaults, of all versions; some of them are `None`.
const OWN: &[&str] = &[
    "APPLICATION_ROOT",
    "DEBUG",
    "ENV",
    "EXPLAIN_TEMPLATE_LOADING",
    "JSONIFY_MIMETYPE",
    "JSONIFY_PRETTYPRINT_REGULAR",
    "JSON_AS_ASCII",
    "JSON_SORT_KEYS",
    "MAX_CONTENT_LENGTH",
    "MAX_COOKIE_SIZE",
    "MAX_FORM_MEMORY_SIZE",
    "MAX_FORM_PARTS",
    "PERMANENT_SESSION_LIFETIME",
    "PREFERRED_URL_SCHEME",
    "PROPAGATE_EXCEPTIONS",
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
    "SEND_FILE_MAX_AGE_DEFAULT",
    "SERVER_NAME",
    "SESSION_COOKIE_DOMAIN",
    "SESSION_COOKIE_HTTPONLY",
    "SESSION_COOKIE_NAME",
    "SESSION_COOKIE_PARTITIONED",
    "SESSION_COOKIE_PATH",
    "SESSION_COOKIE_SAMESITE",
    "SESSION_COOKIE_SECURE",
    "SESSION_REFRESH_EACH_REQUEST",
    "TEMPLATES_AUTO_RELOAD",
    "TESTING",
    "TRAP_BAD_REQUEST_ERRORS",
    "TRAP_HTTP_EXCEPTIONS",
    "TRUSTED_HOSTS",
    "USE_X_SENDFILE",
];

/// Whether `config.setdefault(key, …)` comes too late for the key.
pub fn has_default(key: &str) -> bool {
    OWN.contains(&key)
}
