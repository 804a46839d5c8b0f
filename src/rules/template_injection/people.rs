//! What names say of who wrote a value: text that people type, numbers and identifiers, and what
//! the app says by itself. Knows English words only.

use crate::rules::words::{any, words};

/// Last words of names whose values people write.
const WRITTEN: [&str; 57] = [
    "name",
    "username",
    "nickname",
    "fullname",
    "firstname",
    "lastname",
    "title",
    "subtitle",
    "body",
    "content",
    "contents",
    "text",
    "description",
    "desc",
    "comment",
    "comments",
    "message",
    "messages",
    "msg",
    "note",
    "notes",
    "bio",
    "about",
    "email",
    "mail",
    "address",
    "subject",
    "summary",
    "intro",
    "abstract",
    "excerpt",
    "signature",
    "caption",
    "query",
    "search",
    "q",
    "input",
    "html",
    "markdown",
    "md",
    "post",
    "article",
    "entry",
    "review",
    "feedback",
    "question",
    "answer",
    "reply",
    "bookmark",
    "website",
    "location",
    "city",
    "author",
    "value",
    "user",
    "data",
    "term",
];

/// Whether a value of this name is text that people write.
pub(super) fn writes(name: &str) -> bool {
    words(name).last().is_some_and(|last| WRITTEN.contains(&last.as_str())) && !is_plain(name)
}

/// Whether a parameter of a filter of this name takes any text.
pub(super) fn takes_text(name: &str) -> bool {
    writes(name) || matches!(name, "s" | "string" | "txt" | "str" | "source" | "val" | "x" | "t" | "line" | "lines")
}

/// Whether a value of this name is a number, a date, a flag or an identifier.
pub(super) fn is_plain(name: &str) -> bool {
    let words = words(name);
    let last = words.last().map_or("", String::as_str);
    let first = words.first().map_or("", String::as_str);
    matches!(first, "is" | "has" | "num" | "n" | "count" | "total" | "can" | "should" | "max" | "min")
        || matches!(
            last,
            "id" | "ids"
                | "uid"
                | "pk"
                | "uuid"
                | "count"
                | "counts"
                | "total"
                | "number"
                | "at"
                | "date"
                | "datetime"
                | "time"
                | "timestamp"
                | "year"
                | "month"
                | "day"
                | "days"
                | "hours"
                | "minutes"
                | "seconds"
                | "price"
                | "amount"
                | "balance"
                | "score"
                | "age"
                | "size"
                | "length"
                | "index"
                | "page"
                | "pages"
                | "percent"
                | "status"
                | "type"
                | "kind"
                | "state"
                | "role"
                | "code"
                | "token"
                | "hash"
                | "version"
                | "port"
                | "width"
                | "height"
                | "color"
                | "colour"
                | "lang"
                | "locale"
                | "language"
        )
}

/// Whether a template value of this name is what views and components say by themselves.
pub(super) fn is_wording(name: &str) -> bool {
    is_plain(name)
        || any(
            name,
            &[
                "label",
                "labels",
                "legend",
                "icon",
                "icons",
                "url",
                "urls",
                "link",
                "links",
                "href",
                "src",
                "key",
                "class",
                "classes",
                "attrs",
                "attributes",
                "style",
                "styles",
                "option",
                "options",
                "header",
                "footer",
                "partial",
                "partials",
                "component",
                "components",
                "widget",
                "button",
                "buttons",
                "menu",
                "nav",
                "navbar",
                "breadcrumb",
                "breadcrumbs",
                "error",
                "errors",
                "hint",
                "help",
                "tooltip",
                "placeholder",
                "asset",
                "assets",
                "favicon",
                "logo",
                "meta",
                "analytics",
                "tracking",
                "captcha",
                "recaptcha",
                "hcaptcha",
                "embed",
                "head",
                "scripts",
                "paginate",
                "rendered",
                "kwargs",
                "rules",
                "routes",
                "endpoints",
            ],
        )
}

/// Whether the last part of a dotted template name belongs to something the app says when it
/// complains or reports (`error.detail`, `message.title`).
pub(super) fn is_report(dotted: &str) -> bool {
    let mut parts = dotted.split('.');
    let first = parts.next().unwrap_or("");
    let last = parts.next_back().unwrap_or("");
    any(first, &["error", "err", "exception", "alert", "banner", "warning", "message", "notice"])
        && !matches!(last, "" | "text" | "body" | "content" | "html" | "message" | "author" | "name")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_text_from_numbers() {
        for name in ["body", "user_name", "postTitle", "about", "reply.text"] {
            assert!(writes(name), "{name}");
        }
        for name in ["post_id", "created_at", "job_type", "is_admin", "limit_days"] {
            assert!(!writes(name), "{name}");
        }
        assert!(is_report("error.detail") && !is_report("message.text") && !is_report("post.detail"));
    }
}
