//! What was read in a handler: the records it looks up, what becomes of them, and the signs that
//! somebody is asked for.

use std::collections::BTreeMap;

use crate::text::Span;

/// A place in a file of the project: scope and span.
pub(super) type Place = (usize, Span);

/// A record that is looked up by a parameter of the route.
pub(super) struct Lookup {
    /// The model, table or collection, as written.
    pub(super) subject: String,
    /// The parameter's name.
    pub(super) param: String,
    /// Whether who is signed in is part of the lookup.
    pub(super) scoped: bool,
    /// Whether the handler changes or deletes what it finds, and where.
    pub(super) changed: Option<Place>,
    pub(super) deleted: bool,
    /// Where a number of it is counted up or down, or another value is made of its own.
    pub(super) counted: Option<Place>,
    /// The column of the lookup that says whose records are meant, where it names one.
    pub(super) owner: Option<String>,
    /// Whether a method did that, rather than an assignment to a field.
    pub(super) by_method: bool,
    /// Where a field people keep to themselves is read from it.
    pub(super) shows: Option<Place>,
    /// Whether the handler answers with all of it.
    pub(super) handed_out: bool,
    /// Where the visitor is signed in as it.
    pub(super) becomes: Option<Place>,
    /// Whether it was found by a mail address or login name, as sign-in forms do.
    pub(super) by_contact: bool,
    /// Whether it is an entry of a dictionary or list.
    pub(super) in_store: bool,
}

/// What was read in a handler and the functions it calls.
#[derive(Default)]
pub(super) struct Evidence {
    pub(super) lookups: BTreeMap<Place, Lookup>,
    /// The first sign of authorization, as it stands in the code.
    pub(super) sign: Option<Place>,
    /// Whether the code asks who is signed in.
    pub(super) asks_who: Option<Place>,
    /// Identifiers read from the request's body or arguments, by where they are read.
    pub(super) sent_ids: BTreeMap<Place, String>,
    /// Whether a password or the like is asked for.
    pub(super) proves: bool,
    /// Whether something is saved for good.
    pub(super) saves: bool,
    /// Whether a record of the person who is signed in is made.
    pub(super) makes_own: bool,
    /// How many calls were looked into.
    pub(super) followed: usize,
}
