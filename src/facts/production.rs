//! Where production starts: the strongest kind of launch that has any (first match wins). Never a
//! guess: without one of them production is unknown.

use super::launch::{Launch, LaunchRole, Precedence};

/// The launches that are production, as indices, or that nothing says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Production {
    Known(Vec<usize>),
    Unknown,
}

impl Production {
    pub fn is_known(&self) -> bool {
        matches!(self, Production::Known(_))
    }

    /// The indices; none where it is unknown.
    pub fn indices(&self) -> &[usize] {
        match self {
            Production::Known(indices) => indices,
            Production::Unknown => &[],
        }
    }
}

/// Picks the production launches: declared ones, else platform start lines, else images, else
/// compose files named prod. A launch that is weaker than these proves nothing.
pub fn production(launches: &[Launch]) -> Production {
    let counts = |launch: &Launch| launch.role == LaunchRole::Production && launch.precedence != Precedence::Other;
    let Some(strongest) = launches.iter().filter(|launch| counts(launch)).map(|launch| launch.precedence).min() else {
        return Production::Unknown;
    };
    let picked = |launch: &Launch| counts(launch) && launch.precedence == strongest;
    Production::Known(launches.iter().enumerate().filter(|(_, l)| picked(l)).map(|(index, _)| index).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Server;
    use crate::text::{Location, RepoPath};

    fn launch(role: LaunchRole, precedence: Precedence) -> Launch {
        Launch {
            kind: "test",
            name: String::new(),
            server: Server::Gunicorn,
            role,
            precedence,
            argv: Vec::new(),
            env: Vec::new(),
            cwd: RepoPath::root(),
            started_in: RepoPath::root(),
            target: None,
            script: None,
            conf: None,
            bind: None,
            debug_flag: None,
            env_files: Vec::new(),
            https: None,
            location: Location::whole(RepoPath::root()),
            command_span: None,
            exec_form: false,
            host_quote: None,
            bounds: crate::facts::Bounds::default(),
            via: Vec::new(),
        }
    }

    #[test]
    fn the_strongest_kind_that_has_any_wins() {
        use LaunchRole::{Development, Evidence, Production as Prod};
        let all = [
            launch(Development, Precedence::Platform),
            launch(Prod, Precedence::Image),
            launch(Prod, Precedence::Compose),
            launch(Prod, Precedence::Image),
            launch(Evidence, Precedence::Platform),
        ];
        assert_eq!(production(&all), Production::Known(vec![1, 3]));
    }

    #[test]
    fn weak_launches_prove_nothing() {
        let all =
            [launch(LaunchRole::Production, Precedence::Other), launch(LaunchRole::Development, Precedence::Image)];
        assert_eq!(production(&all), Production::Unknown);
        assert_eq!(production(&[]), Production::Unknown);
    }
}
