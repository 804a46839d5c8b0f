//! INI-like files with places: systemd units, supervisor and uWSGI settings. Sections and keys may
//! come several times; which value counts is for the reader of the file to say.

use crate::text::Span;

/// How long values go on over several lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Continues {
    /// A backslash at the end of the line (systemd).
    Backslash,
    /// An indented next line (supervisor, configparser).
    Indent,
    Never,
}

/// One `key = value`.
#[derive(Clone, Debug)]
pub struct Setting {
    pub key: String,
    /// The value in the file, all its lines.
    pub span: Span,
    /// The value as one line: continuations and comment lines between blanked, byte for byte as
    /// long as `span`.
    pub value: String,
    /// From the key to the end of the value.
    pub item: Span,
}

/// One section with its settings in order.
#[derive(Clone, Debug)]
pub struct Section {
    pub name: String,
    pub head: Span,
    pub settings: Vec<Setting>,
}

impl Section {
    /// The last value of a key.
    pub fn get(&self, key: &str) -> Option<&Setting> {
        self.settings.iter().rev().find(|setting| setting.key.eq_ignore_ascii_case(key))
    }

    /// Every value of a key.
    pub fn all<'s>(&'s self, key: &'s str) -> impl Iterator<Item = &'s Setting> {
        self.settings.iter().filter(move |setting| setting.key.eq_ignore_ascii_case(key))
    }
}

/// The sections of a text; what stands before the first one is in a section without a name.
pub fn sections(text: &str, continues: Continues) -> Vec<Section> {
    let mut found = vec![Section { name: String::new(), head: Span::at(0), settings: Vec::new() }];
    let mut start = 0;
    // Whether the line before goes on here.
    let mut open = false;
    for line in text.split_inclusive('\n') {
        let content = line.trim_end_matches(['\n', '\r']);
        let here = Span::new(start, start + content.len());
        start += line.len();
        let trimmed = content.trim_start_matches('\u{feff}').trim();
        let comment = trimmed.starts_with('#') || trimmed.starts_with(';');
        let indented = content.starts_with([' ', '\t']);
        let goes_on = match continues {
            Continues::Backslash => open,
            Continues::Indent => open && indented && !trimmed.is_empty(),
            Continues::Never => false,
        };
        let Some(section) = found.last_mut() else { break };
        if goes_on {
            if let Some(last) = section.settings.last_mut() {
                extend(last, text, here, comment || trimmed.is_empty());
            }
            open = continues == Continues::Indent || comment || content.trim_end().ends_with('\\');
            continue;
        }
        open = false;
        if trimmed.is_empty() || comment {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(name, _)| name) {
            found.push(Section { name: name.trim().to_owned(), head: here, settings: Vec::new() });
        } else if let Some(setting) = setting(text, here) {
            section.settings.push(setting);
            open = continues == Continues::Indent || content.trim_end().ends_with('\\');
        }
    }
    for setting in found.iter_mut().flat_map(|section| &mut section.settings) {
        finish(setting, continues);
    }
    found
}

/// `key = value` on one line.
fn setting(text: &str, line: Span) -> Option<Setting> {
    let content = line.of(text);
    let equals = content.find('=')?;
    let key = content[..equals].trim().trim_start_matches('\u{feff}').trim().to_owned();
    if key.is_empty() {
        return None;
    }
    let lead = content.len() - content.trim_start_matches(['\u{feff}', ' ', '\t']).len();
    let rest = &content[equals + 1..];
    let start = line.start + equals + 1 + (rest.len() - rest.trim_start().len());
    let span = Span::new(start.min(line.end), line.end);
    Some(Setting { key, span, value: span.of(text).to_owned(), item: Span::new(line.start + lead, line.end) })
}

/// Takes a further line into a value.
fn extend(setting: &mut Setting, text: &str, line: Span, blank: bool) {
    // What stands between the lines: the line end of the last one.
    setting.value.push_str(&" ".repeat(line.start - setting.span.end));
    if blank {
        setting.value.push_str(&" ".repeat(line.len()));
    } else {
        setting.value.push_str(line.of(text));
    }
    setting.span.end = line.end;
    setting.item.end = line.end;
}

/// Blanks the backslashes of continued lines and cuts blanks off the end.
fn finish(setting: &mut Setting, continues: Continues) {
    if continues == Continues::Backslash {
        let bytes = setting.value.as_bytes();
        let marks: Vec<usize> = (0..bytes.len())
            .filter(|at| bytes[*at] == b'\\' && (bytes.get(at + 1).is_none() || is_line_end(setting, *at)))
            .collect();
        for at in marks {
            setting.value.replace_range(at..=at, " ");
        }
    }
    let kept = setting.value.trim_end().len();
    setting.value.truncate(kept);
    setting.span.end = setting.span.start + kept;
    setting.item.end = setting.item.end.min(setting.span.end.max(setting.item.start));
}

/// Whether the backslash at `at` ended a line: line ends were blanked as runs of spaces.
fn is_line_end(setting: &Setting, at: usize) -> bool {
    setting.value[at + 1..].starts_with(' ')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn systemd_values_go_on_behind_a_backslash() {
        let text = "[Service]\nExecStart=/venv/bin/gunicorn \\\n  # why\n  -w 3 \\\n  shop:app\nUser=x\n; no\n";
        let all = sections(text, Continues::Backslash);
        let start = all[1].get("execstart").unwrap();
        assert_eq!(start.value.split_whitespace().collect::<Vec<_>>(), ["/venv/bin/gunicorn", "-w", "3", "shop:app"]);
        assert!(start.span.of(text).ends_with("shop:app"));
        assert_eq!(start.value.len(), start.span.len());
        assert_eq!(all[1].get("User").unwrap().span.of(text), "x");
    }

    #[test]
    fn supervisor_values_go_on_where_lines_are_indented() {
        let text = "[program:web]\ncommand = gunicorn\n    shop:app\n    -b :80\nenvironment=A=\"1\",\n  B='2'\n\n[program:x]\n";
        let all = sections(text, Continues::Indent);
        assert_eq!(all[1].get("command").unwrap().value.split_whitespace().count(), 4);
        assert_eq!(all[1].get("environment").unwrap().span.of(text), "A=\"1\",\n  B='2'");
        assert_eq!(all[2].name, "program:x");
    }

    #[test]
    fn settings_before_a_section_and_repeated_keys_are_kept() {
        let all = sections("a=1\r\n[uwsgi]\r\nenv = A=1\r\nenv = B=2=3\r\n=x\r\n[open\r\n", Continues::Never);
        assert_eq!(all[0].settings[0].value, "1");
        assert_eq!(all[1].all("env").map(|s| s.value.as_str()).collect::<Vec<_>>(), ["A=1", "B=2=3"]);
    }
}
