//! Options of a command line, given which of them take no value.

use super::scope::Scope;
use super::words::Arg;

/// One option as it was met.
pub(crate) struct Opt {
    /// With its dashes.
    pub name: String,
    /// Expanded as far as variables are known.
    pub value: Option<String>,
    /// Which word it is.
    pub index: usize,
}

/// The options of a command and the indices of its other words.
pub(crate) struct Options {
    pub list: Vec<Opt>,
    pub positional: Vec<usize>,
}

impl Options {
    /// Reads `args[from..]`; options in `switches` take no value, all others take the next word
    /// unless theirs is attached.
    pub(crate) fn read(scope: &Scope<'_, '_>, args: &[Arg<'_>], from: usize, switches: &[&str]) -> Self {
        let mut options = Self { list: Vec::new(), positional: Vec::new() };
        let mut index = from;
        while index < args.len() {
            let text = args[index].text.as_str();
            if text == "--" {
                options.positional.extend(index + 1..args.len());
                break;
            }
            if text.len() < 2 || !text.starts_with('-') {
                options.positional.push(index);
                index += 1;
                continue;
            }
            index += options.take(scope, args, index, switches);
        }
        options
    }

    /// Reads the option at `index`; gives the number of its words.
    fn take(&mut self, scope: &Scope<'_, '_>, args: &[Arg<'_>], index: usize, switches: &[&str]) -> usize {
        let text = scope.expand(&args[index]);
        let mut push = |name: &str, value: Option<String>| {
            self.list.push(Opt { name: name.to_owned(), value, index });
        };
        if text.starts_with("--") {
            if let Some((name, value)) = text.split_once('=') {
                push(name, Some(value.to_owned()));
                return 1;
            }
        } else if text.chars().count() > 2 {
            let cut = text.char_indices().nth(2).map_or(text.len(), |(at, _)| at);
            let (name, rest) = text.split_at(cut);
            if !switches.contains(&name) {
                push(name, Some(rest.trim_start_matches('=').to_owned()));
            } else {
                for letter in text.chars().skip(1) {
                    push(&format!("-{letter}"), None);
                }
            }
            return 1;
        }
        let value = args.get(index + 1).filter(|_| !switches.contains(&text.as_str())).map(|arg| scope.expand(arg));
        let words = 1 + usize::from(value.is_some());
        push(&text, value);
        words
    }

    /// The value of the last of these options that is there.
    pub(crate) fn value(&self, names: &[&str]) -> Option<&str> {
        self.values(names).last()
    }

    /// The values of every one of these options.
    pub(crate) fn values(&self, names: &[&str]) -> impl Iterator<Item = &str> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        self.list.iter().filter(move |opt| names.contains(&opt.name)).filter_map(|opt| opt.value.as_deref())
    }

    pub(crate) fn has(&self, names: &[&str]) -> bool {
        self.index_of(names).is_some()
    }

    /// The word of the first of these options that is there.
    pub(crate) fn index_of(&self, names: &[&str]) -> Option<usize> {
        self.list.iter().find(|opt| names.contains(&opt.name.as_str())).map(|opt| opt.index)
    }
}
