//! OpenAPI descriptions in YAML, read line by line as far as routes go: path, method and the
//! Python function that answers (`operationId`). Knows indentation, no anchors and no references.

/// One operation of a description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operation {
    /// `/users/{username}`.
    pub path: String,
    /// Upper case.
    pub method: String,
    /// Dotted name of the function.
    pub function: String,
}

const METHODS: [&str; 7] = ["get", "post", "put", "patch", "delete", "head", "options"];

/// The operations of a description that name their function.
pub fn operations(text: &str) -> Vec<Operation> {
    let mut found = Vec::new();
    let mut path: Option<(usize, String)> = None;
    let mut method: Option<(usize, String)> = None;
    for line in text.lines() {
        let content = line.trim_start();
        let indent = line.len() - content.len();
        let Some((key, value)) = content.split_once(':') else { continue };
        let (key, value) = (unquoted(key), unquoted(value));
        if key.starts_with('/') && value.is_empty() {
            path = Some((indent, key.to_owned()));
            method = None;
        } else if path.as_ref().is_some_and(|(at, _)| indent <= *at) {
            path = None;
            method = None;
        } else if METHODS.contains(&key) && value.is_empty() {
            method = Some((indent, key.to_ascii_uppercase()));
        } else if key == "operationId"
            && let (Some((_, path)), Some((at, method))) = (&path, &method)
            && indent > *at
            && value.contains('.')
        {
            found.push(Operation { path: path.clone(), method: method.clone(), function: value.to_owned() });
        }
    }
    found
}

fn unquoted(text: &str) -> &str {
    text.trim().trim_matches(['"', '\''])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_paths_methods_and_functions() {
        let text = "openapi: 3.0.1\npaths:\n  /users/{name}:\n    get:\n      responses: {}\n      operationId: api.users.one\n    \
                    delete:\n      operationId: 'api.users.drop'\n  /x:\n    post:\n      operationId: bare\ninfo:\n  operationId: a.b\n";
        let seen: Vec<String> =
            operations(text).iter().map(|op| format!("{} {} {}", op.method, op.path, op.function)).collect();
        assert_eq!(seen, ["GET /users/{name} api.users.one", "DELETE /users/{name} api.users.drop"]);
    }
}
