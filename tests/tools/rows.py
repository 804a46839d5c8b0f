"""One app's round trip as one row of the table in the documentation."""

HEADER = ("| app | tests before / after | fresh clone | boot before / after | session cookie before / after"
          " | key from, before / after | files touched | second run | undo | remedied | result |\n"
          "|---|---|---|---|---|---|---|---|---|---|---|")


def yes(found, good="yes", bad="NO"):
    if found is None or found.get("ok") is None:
        return "-"
    return good if found["ok"] else bad


def boot(facts):
    """How gunicorn came up: the status of the page that writes the session."""
    probe = facts.get("pages") or facts.get("probe") or {}
    return "fails" if "error" in probe else str(probe.get("status", "-"))


def cookie(facts):
    found = (facts.get("pages") or {}).get("cookie") or (facts.get("probe") or {}).get("cookie")
    if not found:
        return "none"
    names = [word for word, flag in (("Secure", "secure"), ("HttpOnly", "http_only")) if found[flag]]
    return " ".join(names + [found["same_site"] or "no SameSite"])


def key_source(facts):
    return (facts.get("probe") or {}).get("key_source", "-")


def percent(found):
    """How many of the findings are gone; None where there were none."""
    return 100 * (found["before"] - found["after"]) // found["before"] if found["before"] else None


def rate(found):
    """The rate, and beside it, where they differ, with advice without a patch and of what fails a scan."""
    text = "nothing to remedy"
    if found["before"]:
        text = "%d of %d (%d %%)" % (found["before"] - found["after"], found["before"], percent(found))
    for name, words in (("all", "with advice without a patch"), ("failing", "of what fails a scan")):
        before, after = found[name + "_before"], found[name + "_after"]
        if before != found["before"]:
            text += "; %s %d of %d" % (words, before - after, before)
    return text


def fresh(found):
    if not found:
        return "-"
    bad = [name for name, check in found["after"].items() if check["ok"] is False]
    worse = [name for name in bad if found["before"][name]["ok"] is not False]
    if worse:
        return "NO: " + ", ".join(worse)
    return "as before, not: " + ", ".join(bad) if bad else "yes"


def pair(result, words):
    return "%s / %s" % (words(result.get("before", {})),
                        words(result["after"]) if "after" in result else "-")


def row(result):
    cells = [
        result["app"],
        "%s / %s" % (yes(result.get("tests_before"), "pass", "fail"),
                     yes(result.get("tests_after"), "pass", "fail")),
        fresh(result.get("fresh_clone")),
        pair(result, boot), pair(result, cookie), pair(result, key_source),
        ", ".join(result.get("touched", [])) or "none",
        yes(result.get("second_run"), "no change", "CHANGES"),
        yes(result.get("undo"), "identical", "DIFFERS"),
        rate(result["remedied"]) if "remedied" in result else "-",
        "ok" if result["ok"] else "DIFFERS",
    ]
    return "| %s |" % " | ".join(cell.replace("|", "\\|") for cell in cells)
