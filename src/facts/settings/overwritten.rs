//! Which settings of a file never count, because another assignment always replaces them later.

use super::{Collector, Scope, Write};

impl Collector<'_> {
    /// A setting that every branch of a statement sets is set by the statement.
    pub(super) fn written_in_all(&mut self, since: usize, (statement, branches): (usize, usize), scope: &Scope) {
        let inside: Vec<Write> = self.writes[since..].to_vec();
        for write in &inside {
            let everywhere = (0..branches).all(|branch| {
                let direct = |other: &&Write| other.blocks.last() == Some(&(statement, branch));
                inside.iter().filter(direct).any(|other| self.same(write.at, other.at))
            });
            if everywhere {
                self.writes.push(Write { at: write.at, blocks: scope.blocks.clone(), function: write.function });
            }
        }
    }

    fn same(&self, one: usize, other: usize) -> bool {
        let (one, other) = (&self.found[one], &self.found[other]);
        one.key == other.key && one.holder == other.holder
    }

    /// Marks what a later write of the same block, or of one around it, always replaces.
    pub(super) fn mark_overwritten(&mut self) {
        for at in 0..self.writes.len() {
            let earlier = &self.writes[at];
            let statement = self.found[earlier.at].statement;
            let replaced = self.writes[at + 1..].iter().any(|later| {
                later.function == earlier.function
                    && earlier.blocks.starts_with(&later.blocks)
                    && later.at != earlier.at
                    && self.same(earlier.at, later.at)
                    && self.found[later.at].statement.start >= statement.end
                    && !self.exclusive(earlier, later)
            });
            let index = self.writes[at].at;
            self.found[index].overwritten |= replaced;
        }
    }

    /// Whether two writes stand in different branches of one statement, so that only one runs.
    fn exclusive(&self, earlier: &Write, later: &Write) -> bool {
        let own = |at: usize| self.writes.iter().find(|write| write.at == at).map_or(&[][..], |write| &write.blocks);
        let parting = own(earlier.at).iter().zip(own(later.at)).find(|(one, other)| one != other);
        parting.is_some_and(|(one, other)| one.0 == other.0)
    }
}
