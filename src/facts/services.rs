//! Services of compose files that run an image which is built from a Dockerfile of the tree: what
//! each is given, and where one more variable can be put.

use std::collections::BTreeSet;

use super::deploy::is_compose;
use super::files::Files;
use crate::lang::node::{Entry, Node, list_item_span};
use crate::lang::shell::is_name;
use crate::lang::yaml;
use crate::text::{Location, RepoPath, SourceFile, Span, TextEdit};

/// A service that runs an image of the tree.
pub struct Service {
    pub name: String,
    /// Its key in the compose file.
    pub location: Location,
    /// The Dockerfile.
    pub image: RepoPath,
    /// Variables that its `environment` sets or hands on.
    pub sets: BTreeSet<String>,
    pub env_files: Vec<RepoPath>,
    /// Where one more variable can stand; nothing where what it has is written in braces or shared.
    pub room: Option<Room>,
}

/// A place behind the last variable of a service, or behind all it says where it has none.
pub struct Room {
    /// The end of the last line.
    pub at: usize,
    /// What a variable's line starts with.
    pub indent: String,
    /// What `environment:` itself stands behind, where it has to be written too.
    pub head: Option<String>,
    /// Whether the variables are a list of `NAME=value`.
    pub list: bool,
}

impl Room {
    /// What sets a variable there, the line for `environment` itself first: it is the same for every
    /// variable.
    pub fn edits(&self, name: &str, value: &str, newline: &str) -> Vec<TextEdit> {
        let head = self.head.as_ref().map(|indent| TextEdit::insert(self.at, format!("{newline}{indent}environment:")));
        let line = if self.list { format!("- {name}={value}") } else { format!("{name}: {value}") };
        head.into_iter().chain([TextEdit::insert(self.at, format!("{newline}{}{line}", self.indent))]).collect()
    }

    /// How many more keys and values the file then has.
    pub fn added(&self) -> usize {
        if self.list { 1 } else { 2 + usize::from(self.head.is_some()) }
    }
}

/// Reads the compose files among the files.
pub fn read(files: &Files) -> Vec<Service> {
    let mut found = Vec::new();
    for source in files.sources.values().filter(|source| is_compose(&source.path)) {
        let Some(root) = yaml::read(&source.text).list.into_iter().next() else { continue };
        let Some(services) = root.get("services") else { continue };
        for entry in services.entries() {
            let Some(image) = dockerfile(source, &entry.value) else { continue };
            let environment = entry.value.get("environment");
            found.push(Service {
                name: entry.key.text.clone(),
                location: Location::in_file(source, entry.key.span),
                image,
                sets: environment.map(|node| names(node)).unwrap_or_default(),
                env_files: env_files(source, &entry.value),
                room: match environment {
                    Some(node) => room(source, &entry.value, node).filter(|_| is_own(&entry.value)),
                    None => room_for_all(source, entry),
                },
            });
        }
    }
    found
}

/// The Dockerfile that a service is built from.
fn dockerfile(source: &SourceFile, service: &Node) -> Option<RepoPath> {
    let build = service.get("build")?;
    let dir = build.text().or_else(|| build.get("context").and_then(|node| node.text())).unwrap_or(".");
    let name = build.get("dockerfile").and_then(|node| node.text()).unwrap_or("Dockerfile");
    source.path.parent().join(dir)?.join(name)
}

fn names(environment: &Node) -> BTreeSet<String> {
    let keys = environment.entries().iter().map(|entry| entry.key.text.as_str());
    let items = environment.items().iter().filter_map(|item| item.text()?.split('=').next());
    keys.chain(items).filter(|name| is_name(name)).map(str::to_owned).collect()
}

fn env_files(source: &SourceFile, service: &Node) -> Vec<RepoPath> {
    let Some(node) = service.get("env_file") else { return Vec::new() };
    let maps = node.items().iter().filter_map(|item| item.get("path")?.text());
    node.texts().into_iter().chain(maps).filter_map(|text| source.path.parent().join(text)).collect()
}

/// Whether the service's `environment` stands in it, not in what a merge key brings in.
fn is_own(service: &Node) -> bool {
    service.entry("environment").is_some_and(|entry| !entry.merged)
}

fn room(source: &SourceFile, service: &Node, environment: &Node) -> Option<Room> {
    let text = &source.text;
    let entries = environment.entries().iter().filter(|entry| !entry.merged);
    let items: Vec<Option<Span>> = if environment.items().is_empty() {
        entries.map(|entry| entry.item_span(text)).collect()
    } else {
        environment.items().iter().map(|item| list_item_span(text, item)).collect()
    };
    let last = items.into_iter().collect::<Option<Vec<_>>>()?.pop()?;
    // An alias: what it stands for is given to others as well.
    if last.start < service.span.start || last.end > service.end() {
        return None;
    }
    let line = source.line_span(last.start);
    let indent = text.get(line.start..last.start)?;
    indent.trim().is_empty().then(|| Room {
        at: source.line_span(last.end).end,
        indent: indent.to_owned(),
        head: None,
        list: !environment.items().is_empty(),
    })
}

/// The place for an `environment` of its own, behind the last thing a service says.
fn room_for_all(source: &SourceFile, service: &Entry) -> Option<Room> {
    let text = &source.text;
    let own = service.value.entries().iter().filter(|entry| !entry.merged);
    let spans = own.map(|entry| whole(text, entry)).collect::<Option<Vec<_>>>()?;
    let (first, last) = (spans.first()?, spans.last()?);
    let indent = |at: usize| text.get(source.line_span(at).start..at).filter(|lead| lead.trim().is_empty());
    let (outer, inner) = (indent(service.key.span.start)?, indent(first.start)?);
    let step = inner.strip_prefix(outer).filter(|step| !step.is_empty())?;
    Some(Room {
        at: source.line_span(last.end).end,
        indent: format!("{inner}{step}"),
        head: Some(inner.to_owned()),
        list: false,
    })
}

/// An entry with its value; one in braces or brackets ends where those do.
fn whole(text: &str, entry: &Entry) -> Option<Span> {
    let value = entry.value.span;
    if text.get(value.start..)?.starts_with(['[', '{']) {
        return Some(Span::new(entry.key.span.start, value.end));
    }
    entry.item_span(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(text: &str) -> Service {
        let path = RepoPath::new("docker-compose.yml").unwrap();
        let mut files = Files::default();
        files.sources.insert(path.clone(), SourceFile::new(path, text.to_owned(), 0o644));
        read(&files).remove(0)
    }

    #[test]
    fn services_know_what_they_set_and_where_more_can_stand() {
        let text = "services:\n  web:\n    build: {context: ., dockerfile: docker/Dockerfile}\n    env_file: .env.web\n    environment:\n      - A=1\n      - B # from here\n    ports: []\n";
        let service = one(text);
        assert_eq!((service.image.as_str(), service.env_files[0].as_str()), ("docker/Dockerfile", ".env.web"));
        assert!(service.sets.contains("A") && service.sets.contains("B"));
        let room = service.room.unwrap();
        assert_eq!((&text[room.at..=room.at], room.indent.as_str(), room.list), ("\n", "      ", true));
        assert!(text[..room.at].ends_with("# from here"));
        let map = one("services:\n  web:\n    build: .\n    environment:\n      A: 1");
        assert!(map.room.is_some_and(|room| !room.list));
        let none = one("services:\n  web:\n    build: .\n    ports: [a]\nvolumes: {}\n").room.unwrap();
        let lines: Vec<String> = none.edits("K", "v", "\n").into_iter().map(|edit| edit.text).collect();
        assert_eq!(lines, ["\n    environment:", "\n      K: v"]);
    }

    #[test]
    fn shared_and_missing_environments_have_no_room() {
        for text in [
            "services:\n  web: {build: .}\n",
            "services:\n  web:\n    build: .\n    environment: {A: 1}\n",
            "x-e: &e\n  A: 1\nservices:\n  web:\n    build: .\n    environment: *e\n",
            "x-w: &w\n  build: .\n  environment:\n    A: 1\nservices:\n  web:\n    <<: *w\n",
        ] {
            assert!(one(text).room.is_none(), "{text}");
        }
    }
}
