/// A rule that one query proves, in both databases: each of its rows names, as `broken`, one thing that breaks it.
pub(crate) struct Rule {
    /// Name of the query.
    pub(crate) name: &'static str,
    /// The rule, as a sentence that must hold.
    pub(crate) rule: &'static str,
    pub(crate) sql: &'static str,
}
