//! Which findings are in view, in which order, and how they count.

use crate::finding::{Finding, Severity, Threat};
use crate::remedy::Remedy;
use crate::text::Place;

use super::Flow;

/// Findings of a sitting by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Nothing was decided on them.
    pub open: usize,
    /// Their fix is accepted.
    pub planned: usize,
    /// Set aside, before or in this sitting.
    pub ignored: usize,
}

impl Flow {
    /// The findings in view: by threat, the worst first, without those set aside in this sitting
    /// and those the filter leaves out.
    pub fn visible(&self) -> Vec<&Finding> {
        let Some(scan) = &self.scan else { return Vec::new() };
        let words = self.filter.to_lowercase();
        let mut found: Vec<&Finding> =
            scan.findings.iter().filter(|found| !self.is_ignored(found) && matches(found, &words)).collect();
        if let Some(target) = &self.target {
            let names = self.targets();
            found.retain(|found| concerns(found, target, &names));
        }
        found.sort_by_key(|found| found.threat);
        found
    }

    /// The ways the app is started, production first, each once.
    pub fn targets(&self) -> Vec<String> {
        let Some(scan) = &self.scan else { return Vec::new() };
        let mut targets: Vec<_> = scan.facts.targets.iter().collect();
        targets.sort_by_key(|target| !(target.production || target.assumed));
        let mut names: Vec<String> = Vec::new();
        for target in targets {
            if !names.contains(&target.name) {
                names.push(target.name.clone());
            }
        }
        names
    }

    /// The finding in view.
    pub fn current(&self) -> Option<&Finding> {
        self.visible().get(self.finding).copied()
    }

    /// Whether a finding was set aside in this sitting.
    pub fn is_ignored(&self, found: &Finding) -> bool {
        self.ignores().iter().any(|ignore| ignore.covers(&found.key))
    }

    /// How many findings in view a threat has.
    pub fn of_threat(&self, threat: Threat) -> usize {
        self.visible().iter().filter(|found| found.threat == threat).count()
    }

    /// Findings by severity, those of this sitting's ignores left out.
    pub fn of_severity(&self, severity: Severity) -> usize {
        let Some(scan) = &self.scan else { return 0 };
        scan.findings.iter().filter(|found| found.severity == severity && !self.is_ignored(found)).count()
    }

    pub fn counted(&self) -> Counted {
        let Some(scan) = &self.scan else { return Counted::default() };
        let mut counted = Counted { ignored: scan.set_aside.len(), ..Counted::default() };
        for found in &scan.findings {
            if self.is_ignored(found) {
                counted.ignored += 1;
            } else if self.fix_of(found).is_some_and(|remedy| self.decisions().accepts(&remedy.id)) {
                counted.planned += 1;
            } else {
                counted.open += 1;
            }
        }
        counted
    }

    /// The fix of a finding: the one that needs the least from a person.
    pub fn fix_of(&self, found: &Finding) -> Option<&Remedy> {
        let remedies = self.planned.as_ref()?.plan.remedies.iter();
        remedies.filter(|remedy| remedy.findings.contains(&found.key)).max_by_key(|remedy| remedy.applicability)
    }
}

fn matches(found: &Finding, words: &str) -> bool {
    let texts = [found.key.rule, &found.message, found.primary.path.as_str(), found.severity.word()];
    words.split_whitespace().all(|word| texts.iter().any(|text| text.to_lowercase().contains(word)))
}

/// Whether a finding holds on this target: it says so, or it names no target at all.
fn concerns(found: &Finding, target: &str, names: &[String]) -> bool {
    let says = |name: &str| {
        found.how_we_know.iter().any(|line| line.strip_prefix(name).is_some_and(|rest| rest.starts_with(": ")))
    };
    says(target) || !names.iter().any(|name| says(name))
}

/// `config.py:9`, or with the commit it stands in.
pub fn place_of(found: &Finding) -> String {
    let place = format!("{}:{}", found.primary.path, found.primary.line);
    match &found.primary.place {
        Place::Tree => place,
        Place::Commit(id) => format!("{place} in {}", id.get(..7).unwrap_or(id)),
    }
}
