//! What names say: who is signed in, what asks for a role or permission, what a token is. Knows
//! English words and Flask's habits, no data flow.

use crate::facts::modules::Modules;
use crate::lang::python::{Expr, ExprKind};
pub(super) use crate::rules::words::{any, words};

/// Words of checks beyond "somebody is signed in".
const AUTHORIZING: [&str; 60] = [
    "admin",
    "admins",
    "administrator",
    "superadmin",
    "superuser",
    "staff",
    "moderator",
    "moderators",
    "mod",
    "mods",
    "role",
    "roles",
    "permission",
    "permissions",
    "permitted",
    "perm",
    "perms",
    "privilege",
    "privileges",
    "owner",
    "owned",
    "owns",
    "ownership",
    "authorize",
    "authorise",
    "authorized",
    "authorised",
    "authorization",
    "access",
    "accessible",
    "allow",
    "allows",
    "allowed",
    "can",
    "cannot",
    "restrict",
    "restricted",
    "acl",
    "policy",
    "scope",
    "scopes",
    "visibility",
    "visible",
    "manager",
    "editor",
    "teacher",
    "instructor",
    "root",
    "group",
    "groups",
    "belongs",
    "mine",
    "capability",
    "entitled",
    "clearance",
    "member",
    "membership",
    "participant",
    "viewable",
    "may",
];
/// Words that make a name build, list or change roles instead of asking for one.
const NOT_ASKING: [&str; 25] = [
    "token", "tokens", "add", "create", "set", "list", "update", "delete", "remove", "assign", "render", "log", "load",
    "new", "make", "send", "notify", "save", "url", "origin", "headers", "origins", "get", "clear", "handle",
];
const SIGNING_IN: [&str; 15] = [
    "login",
    "logged",
    "signin",
    "auth",
    "authenticate",
    "authenticated",
    "authed",
    "jwt",
    "token",
    "signed",
    "session",
    "user",
    "protected",
    "apikey",
    "verified",
];

/// Whether a function, method or attribute of this name asks for a role, permission or owner.
pub(super) fn is_authorizing(name: &str) -> bool {
    let author =
        any(name, &["author", "creator"]) && any(name, &["is", "check", "require", "verify", "ensure", "only"]);
    author || any(name, &AUTHORIZING) && !any(name, &NOT_ASKING) && !matches!(name, "owner" | "groups" | "group")
}

/// Whether a lookup of this name only finds what the person may see.
pub(super) fn narrows(name: &str) -> bool {
    any(name, &["filtered", "visible", "accessible", "allowed", "permitted", "my", "mine", "owned", "own", "current"])
}

/// Whether an attribute of the person signed in is a role or right.
pub(super) fn is_role(name: &str) -> bool {
    any(name, &AUTHORIZING) && !any(name, &["group", "groups", "member", "list", "tags"])
}

/// Whether a decorator of this name demands a role, permission or owner.
pub(super) fn decorator_authorizes(name: &str) -> bool {
    (any(name, &AUTHORIZING) || any(name, &["author", "owner"]))
        && !any(name, &["cross", "origin", "cors", "token"])
        && !takes_every_user(name)
}

/// `UserPermission`, `login_access_required`: by its name it lets everybody pass who is signed in.
pub(super) fn takes_every_user(name: &str) -> bool {
    const ANYBODY: [&str; 8] = ["user", "users", "login", "logged", "signed", "signin", "authenticated", "visitor"];
    const AROUND: [&str; 11] =
        ["permission", "permissions", "access", "required", "require", "requires", "role", "rule", "in", "is", "only"];
    let words = words(name);
    words.iter().any(|word| ANYBODY.contains(&word.as_str()))
        && words.iter().all(|word| ANYBODY.contains(&word.as_str()) || AROUND.contains(&word.as_str()))
}

/// `@admin_permission.require(403)`: the object that is asked is a permission or a role.
pub(super) fn asks_permission(dotted: &str) -> bool {
    let Some((object, last)) = dotted.rsplit_once('.') else { return false };
    let object = object.rsplit('.').next().unwrap_or(object);
    let asks =
        matches!(last, "require" | "requires" | "required" | "test" | "check" | "enforce" | "protect" | "needed");
    asks && decorator_authorizes(object)
}

/// Whether a decorator takes what to demand as an argument (`requires(IsModerator)`).
pub(super) fn decorator_demands(name: &str) -> bool {
    any(name, &["require", "requires", "required", "check", "protect", "guard", "restrict", "needs", "auth", "login"])
}

pub(super) fn decorator_signs_in(name: &str) -> bool {
    any(name, &SIGNING_IN)
}

/// Whether a field of this name is one people keep to themselves.
pub(super) fn is_private_field(name: &str) -> bool {
    any(
        name,
        &[
            "email",
            "mail",
            "phone",
            "mobile",
            "address",
            "birthday",
            "birthdate",
            "dob",
            "ssn",
            "ccn",
            "cc",
            "card",
            "iban",
            "salary",
            "balance",
            "credit",
            "secret",
            "diagnosis",
            "passport",
        ],
    )
}

/// Whether a parameter of this name carries a proof of its own (a signed link).
pub(super) fn is_proof(name: &str) -> bool {
    any(name, &["token", "sig", "signature", "hmac", "secret", "nonce", "otp"])
}

/// Whether a key names what people sign in with.
pub(super) fn is_contact(key: &str) -> bool {
    matches!(key, "email" | "mail" | "username" | "user_name" | "login" | "e-mail" | "user_email")
}

/// Whether a function of this name checks that a request was sent by who it says (webhooks, token
/// endpoints).
pub(super) fn verifies_sender(name: &str) -> bool {
    let asks = any(name, &["verify", "validate", "check", "require", "ensure"]);
    let proof = any(name, &["signature", "webhook", "hmac", "incoming", "grant"]);
    asks && (proof || any(name, &["token"]) && any(name, &["request"]))
}

/// Whether a function of this name sends mail and the like.
pub(super) fn sends(name: &str) -> bool {
    any(name, &["send", "mail", "email", "notify", "sms"]) || name == "Message"
}

/// Whether a function of this name asks for a password, a code or the like.
pub(super) fn asks_proof(name: &str) -> bool {
    any(
        name,
        &["password", "passwd", "pwd", "verify", "authenticate", "checkpw", "totp", "otp", "signature", "construct"],
    )
}

/// Whether a handler of this name signs in, registers or restores accounts.
pub(super) fn manages_sign_in(name: &str) -> bool {
    any(
        name,
        &[
            "login",
            "signin",
            "register",
            "signup",
            "sign",
            "reset",
            "forgot",
            "password",
            "confirm",
            "verify",
            "auth",
            "authorize",
            "token",
            "invite",
            "recover",
            "activate",
            "callback",
            "oauth",
            "logout",
            "subscribe",
            "unsubscribe",
            "resend",
        ],
    )
}

/// Whether a value of this name is hard to guess or is no identifier of a record.
pub(super) fn is_token(name: &str) -> bool {
    any(
        name,
        &[
            "token",
            "sig",
            "signature",
            "secret",
            "nonce",
            "otp",
            "hash",
            "activation",
            "invite",
            "invitation",
            "code",
            "filename",
            "path",
            "page",
            "lang",
            "locale",
            "year",
            "month",
            "day",
            "key",
            "hmac",
            "digest",
            "reset",
        ],
    )
}

/// Whether a name stands for who is signed in.
fn names_principal(name: &str) -> bool {
    let words = words(name);
    let first = words.first().map_or("", String::as_str);
    let person = |word: &String| {
        matches!(
            word.as_str(),
            "user"
                | "account"
                | "member"
                | "identity"
                | "customer"
                | "username"
                | "userid"
                | "org"
                | "tenant"
                | "employee"
                | "team"
                | "admin"
                | "login"
                | "service"
        )
    };
    matches!(first, "current" | "logged" | "authenticated" | "auth" | "requesting" | "acting" | "jwt" | "session")
        && words[1..].iter().any(person)
}

/// Functions that say who is signed in.
fn call_names_principal(dotted: &str) -> bool {
    let last = dotted.rsplit('.').next().unwrap_or(dotted);
    // It is told who, it does not say who.
    if matches!(last, "login_user" | "logout_user") {
        return false;
    }
    let words = words(last);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let from_token = has(&["token", "jwt", "tokens"])
        && has(&["decode", "verify", "validate", "validator", "check", "parse", "load"]);
    let person = has(&["user", "identity", "account", "member", "username", "claims", "customer", "org"]);
    matches!(
        dotted,
        "jwt.decode" | "auth.username" | "auth.current_user" | "get_jwt" | "get_jwt_claims" | "get_raw_jwt"
    ) || from_token
        || (person && has(&["current", "jwt", "logged", "authenticated", "session", "auth", "my", "login"]))
        // `get_user_by_token(token)`
        || (person && has(&["token", "jwt"]) && has(&["by", "from"]))
}

/// Whether an expression is, or is read from, who is signed in.
pub(super) fn is_principal(modules: &Modules<'_>, scope: usize, expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(name) => {
            names_principal(name)
                || (name == "session" && is_flask_session(modules, scope))
                // `from flask_login import current_user as me`
                || modules.absolute(scope, name).ends_with(".current_user")
        }
        ExprKind::Attr { value, name } => {
            let base = value.as_name().unwrap_or("");
            match base {
                "g" => any(
                    name,
                    &["user", "account", "member", "identity", "org", "tenant", "team", "uid", "me", "customer"],
                ),
                "self" | "cls" => names_principal(name),
                "request" => {
                    matches!(name.as_str(), "authorization" | "user" | "user_id" | "current_user" | "jwt_payload")
                }
                "flask" => name == "session",
                _ => name == "current_user",
            }
        }
        ExprKind::Call(call) => call.func.dotted().is_some_and(|dotted| call_names_principal(&dotted)),
        _ => false,
    }
}

fn is_flask_session(modules: &Modules<'_>, scope: usize) -> bool {
    modules.comes_from(scope, "session", "flask")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_asking_from_doing() {
        for name in ["require_admin_or_owner", "can_edit", "hasAccess", "is_administrator", "check_permission"] {
            assert!(is_authorizing(name), "{name}");
        }
        for name in ["create_access_token", "add_role", "get_post", "candidate", "render_admin"] {
            assert!(!is_authorizing(name), "{name}");
        }
    }
}
