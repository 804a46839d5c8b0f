//! The project's name out of a remote's address. Addresses hold credentials at times; only the
//! owner and the name leave this module.

/// `owner/name` of a remote address (`https://user:token@host/owner/name.git`,
/// `git@host:owner/name.git`, `ssh://…`); for groups within groups the last two. `None` for
/// paths of this machine and for addresses without an owner.
pub(super) fn owner_and_name(url: &str) -> Option<String> {
    let url = url.trim();
    let path = match url.split_once("://") {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("file") => return None,
        Some((_, rest)) => rest.split_once('/')?.1,
        None => {
            // `host:path`; a slash before the colon, or a drive letter, is a path of this machine.
            let (host, path) = url.split_once(':')?;
            if host.contains('/') || host.len() < 2 {
                return None;
            }
            path
        }
    };
    let path = path.split(['?', '#']).next().unwrap_or("").trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    let mut parts = path.rsplit('/').filter(|part| !part.is_empty());
    let (name, owner) = (parts.next()?, parts.next()?);
    let plain = |part: &str| {
        part != ".." && part.chars().all(|c| c.is_ascii_alphanumeric() || ['.', '_', '-', '~'].contains(&c))
    };
    (plain(owner) && plain(name)).then(|| format!("{owner}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::owner_and_name;

    #[test]
    fn addresses_of_all_kinds() {
        for url in [
            "https://git.example/shop/web.git",
            "https://user:hush@git.example/shop/web",
            "https://hush@git.example:8443/shop/web.git/",
            "git@git.example:shop/web.git",
            "ssh://git@git.example:2222/shop/web.git",
            "https://git.example/group/shop/web.git?x=hush",
        ] {
            assert_eq!(owner_and_name(url).as_deref(), Some("shop/web"), "{url}");
        }
    }

    #[test]
    fn what_names_no_owner() {
        for url in
            ["/srv/git/web.git", "../web", "file:///srv/shop/web", "https://host/web", "C:/x/y", "", "a:b@c/d e/f"]
        {
            assert_eq!(owner_and_name(url), None, "{url}");
        }
    }
}
