//! What a file is for, judged by its path alone, from the shapes seen in real projects. The path
//! is the one relative to the tree: who names a directory called `examples` wants it checked.
//! Knows no file's contents.

use crate::text::RepoPath;

/// What a file is for. Rules judge `Source` in full and the others with more doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FileRole {
    /// The project's own code and configuration; whatever nothing else claims.
    Source,
    Test,
    /// Examples, samples, and files such as `.env.example` that are copied and filled in.
    Example,
    Docs,
    /// Schema migrations (alembic, Flask-Migrate).
    Migration,
    /// Somebody else's code inside the repository.
    Vendored,
    /// A generator's template (cookiecutter, copier): its text becomes a project, it is none.
    Template,
    /// Continuous integration: what a build service runs, not what production runs.
    Ci,
}

const VENDOR_DIRS: &[&str] = &[
    "vendor",
    "vendors",
    "vendored",
    "_vendor",
    "_vendored",
    "third_party",
    "third-party",
    "thirdparty",
    "3rdparty",
    "extern",
    "externals",
    "node_modules",
    "bower_components",
    "jspm_packages",
    "site-packages",
    "dist-packages",
    "__pypackages__",
];
/// Single files that projects copy in whole.
const VENDOR_FILES: &[&str] = &["ez_setup.py", "get-pip.py", "get-poetry.py", "versioneer.py", "distribute_setup.py"];

const TEST_DIRS: &[&str] =
    &["tests", "test", "testing", "testsuite", "__tests__", "spec", "specs", "e2e", "fixtures", "testdata"];
const TEST_FILES: &[&str] =
    &["conftest.py", "test.py", "tests.py", "pytest.ini", "tox.ini", "noxfile.py", "locustfile.py"];
const EXAMPLE_DIRS: &[&str] = &["example", "sample", "demo", "tutorial", "snippet", "quickstart", "cookbook"];
const EXAMPLE_WORDS: &[&str] = &["example", "sample", "dist", "template", "tmpl", "default"];
const DOC_DIRS: &[&str] = &["docs", "doc", "documentation", "_docs"];
const DOC_EXTENSIONS: &[&str] = &["md", "rst", "adoc", "markdown", "ipynb"];
const MIGRATION_DIRS: &[&str] = &["migrations", "alembic", "migration", "migrate"];
const CI_DIRS: &[&str] = &[
    ".github",
    ".gitlab",
    ".gitea",
    ".forgejo",
    ".circleci",
    ".ci",
    "ci",
    ".azure",
    ".azure-pipelines",
    ".buildkite",
    ".woodpecker",
    ".semaphore",
    ".travis",
    ".jenkins",
];
const CI_FILES: &[&str] = &[
    ".gitlab-ci.yml",
    ".travis.yml",
    ".drone.yml",
    ".woodpecker.yml",
    ".cirrus.yml",
    ".appveyor.yml",
    "appveyor.yml",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    "circle.yml",
    "codeship-steps.yml",
    "jenkinsfile",
    ".pre-commit-config.yaml",
    ".pre-commit-config.yml",
];
/// Below `static/` these are shipped with a front-end library, not run or rendered by the app.
const SHIPPED_EXTENSIONS: &[&str] = &[
    "py", "html", "htm", "php", "json", "yml", "yaml", "toml", "ini", "cfg", "sh", "md", "js", "css", "map", "xml",
    "lock", "txt",
];

/// The role of the file at `path`.
pub fn role(path: &RepoPath) -> FileRole {
    let dirs: Vec<String> = path.parent().components().map(str::to_ascii_lowercase).collect();
    let name = path.name().to_ascii_lowercase();
    let in_dir = |known: &[&str]| dirs.iter().any(|dir| known.contains(&dir.as_str()));
    if in_dir(VENDOR_DIRS) || is_vendored_file(&dirs, &name) {
        FileRole::Vendored
    } else if is_generator_template(path, &name) {
        FileRole::Template
    } else if in_dir(CI_DIRS) || CI_FILES.contains(&name.as_str()) {
        FileRole::Ci
    } else if dirs.iter().any(|dir| is_test_dir(dir)) || is_test_file(&dirs, &name) {
        FileRole::Test
    } else if dirs.iter().any(|dir| is_example_dir(dir)) || is_example_file(&name) {
        FileRole::Example
    } else if in_dir(DOC_DIRS) || is_doc_file(&name) {
        FileRole::Docs
    } else if in_dir(MIGRATION_DIRS) {
        FileRole::Migration
    } else {
        FileRole::Source
    }
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(_, extension)| extension)
}

fn is_vendored_file(dirs: &[String], name: &str) -> bool {
    let shipped = dirs.iter().any(|dir| dir == "static") && SHIPPED_EXTENSIONS.contains(&extension(name));
    shipped || VENDOR_FILES.contains(&name) || name.ends_with(".min.js") || name.ends_with(".min.css")
}

/// `{{cookiecutter.app}}/app.py`, `config.py.jinja`, `app.py-tpl`; not `page.html.j2`, which is
/// a page of the app.
fn is_generator_template(path: &RepoPath, name: &str) -> bool {
    let braces = |part: &str| part.contains("{{") && part.contains("}}") || part.contains("{%") && part.contains("%}");
    let ending = [".jinja", ".jinja2", ".j2", ".tmpl", ".tpl", "-tpl", ".mustache", ".mako"];
    let inner = ending.iter().find_map(|ending| name.strip_suffix(ending)).map(extension);
    path.components().any(braces)
        || inner.is_some_and(|inner| ["py", "toml", "cfg", "yml", "yaml", "env", "ini", "sh"].contains(&inner))
}

fn is_test_dir(dir: &str) -> bool {
    TEST_DIRS.contains(&dir) || dir.ends_with("_tests") || dir.ends_with("-tests") || dir.starts_with("tests_")
}

fn is_test_file(dirs: &[String], name: &str) -> bool {
    if TEST_FILES.contains(&name) {
        return true;
    }
    if let Some(stem) = name.strip_suffix(".py") {
        let test_settings = ["testing", "test_config", "test_settings"].contains(&stem)
            && dirs.last().is_some_and(|dir| ["config", "configs", "settings", "conf"].contains(&dir.as_str()));
        return stem.starts_with("test_") || stem.ends_with("_test") || stem.ends_with("_tests") || test_settings;
    }
    // `.env.test`, `test.env`, `docker-compose.test.yml`.
    let configuration = name.contains("env") || name.contains("compose");
    configuration && name.split(['.', '-', '_']).any(|word| ["test", "testing", "tests"].contains(&word))
}

fn is_example_dir(dir: &str) -> bool {
    let singular = dir.strip_suffix('s').unwrap_or(dir);
    EXAMPLE_DIRS.contains(&dir) || EXAMPLE_DIRS.contains(&singular)
}

/// `.env.example`, `config.py.dist`, `config.sample.py`, `example_config.py`, `config_example.py`.
fn is_example_file(name: &str) -> bool {
    let ends = |word: &&str| name.strip_suffix(*word).is_some_and(|rest| rest.ends_with(['.', '-', '_']));
    if EXAMPLE_WORDS.iter().any(ends) && name.contains('.') {
        return true;
    }
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    stem.split(['.', '-', '_']).any(|word| ["example", "examples", "sample", "samples"].contains(&word))
}

fn is_doc_file(name: &str) -> bool {
    DOC_EXTENSIONS.contains(&extension(name))
        || ["readme", "changelog", "contributing", "history"]
            .iter()
            .any(|word| name.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest == ".txt"))
        || ["mkdocs.yml", ".readthedocs.yml", ".readthedocs.yaml", "readthedocs.yml"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn roles(paths: &[&str]) -> Vec<FileRole> {
        paths.iter().map(|path| role(&RepoPath::new(path).unwrap())).collect()
    }

    fn all(expected: FileRole, paths: &[&str]) {
        for (path, found) in paths.iter().zip(roles(paths)) {
            assert_eq!(found, expected, "{path}");
        }
    }

    #[test]
    fn the_projects_own_files() {
        all(
            FileRole::Source,
            &[
                "app.py",
                "config.py",
                "src/flask/testing.py",
                "app/templates/page.html",
                "app/templates/mail.html.j2",
                "contest.py",
                "latest_orders.py",
                ".env",
                ".env.production",
                "docker-compose.yml",
                "static/.env",
                "config/production.py",
                "app/default.py",
                "requirements.txt",
                "attestation/app.py",
                "distribution.py",
            ],
        );
    }

    #[test]
    fn tests_and_their_settings() {
        all(
            FileRole::Test,
            &[
                "tests/unit/app.py",
                "app/test_views.py",
                "views_test.py",
                "conftest.py",
                "unit_tests/app.py",
                ".env.test",
                "test.env",
                "docker-compose.test.yml",
                "config/testing.py",
                "tests.py",
            ],
        );
    }

    #[test]
    fn examples_docs_migrations() {
        all(
            FileRole::Example,
            &[
                "examples/tutorial/flaskr/__init__.py",
                "demo/app.py",
                ".env.example",
                "config.py.dist",
                "config.sample.py",
                "config_example.py",
                "env.template",
                "example.env",
            ],
        );
        all(FileRole::Docs, &["docs/conf.py", "README.md", "doc/app.py", "CHANGELOG", "mkdocs.yml", "notes.ipynb"]);
        all(FileRole::Migration, &["migrations/env.py", "db/alembic/versions/1a2b_init.py"]);
    }

    #[test]
    fn what_others_wrote_and_what_generators_fill_in() {
        all(
            FileRole::Vendored,
            &[
                "app/static/admin/build.py",
                "vendor/flask/app.py",
                "third_party/x.py",
                "static/plugins/codemirror/mode/index.html",
                "app/_vendor/six.py",
                "assets/jquery.min.js",
            ],
        );
        all(
            FileRole::Template,
            &["{{cookiecutter.app_name}}/app.py", "{{ name }}/tests/test_a.py", "config.py.jinja", "app.py-tpl"],
        );
        all(FileRole::Ci, &[".github/workflows/test.yml", ".gitlab-ci.yml", ".ci/run", "Jenkinsfile"]);
    }
}
