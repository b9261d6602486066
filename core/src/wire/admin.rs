//! How the operator's side of a checkout installation is spelled.

/// The routes and names of a checkout installation's own API, seen in the provider's public server
/// (grade V), in one place. Change a field to follow an installation that differs; it is found in
/// [`Wire::admin`](crate::Wire::admin).
///
/// ```
/// let mut wire = sanspay_core::Wire::default();
/// wire.admin.trades = "/pay/api/admin/trade".into();
/// assert_eq!(wire.admin.log_in, "/api/auth/login");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AdminWire {
    /// Log in.
    pub log_in: String,
    /// The field of the log-in that holds the user's name.
    pub username: String,
    /// The field of the log-in that holds the password.
    pub password: String,
    /// The field of the answer that holds the token.
    pub token: String,
    /// List trades.
    pub trades: String,
    /// The parameters that ask for the newest trades first. A list in another order is an error
    /// and never read.
    pub newest_first: Vec<(String, String)>,
    /// The parameter that says how many trades are skipped.
    pub start: String,
    /// The parameter that says before which place the page ends.
    pub end: String,
    /// Show one trade: `{id}` stands for its id.
    pub trade: String,
    /// The route that signs whatever it is given, for everybody; the doctor probes it.
    pub sign: String,
    /// The field of its answer that holds the signature.
    pub signature: String,
}

impl Default for AdminWire {
    fn default() -> Self {
        let newest_first = [("_sort", "id"), ("_order", "DESC")];
        Self {
            log_in: "/api/auth/login".into(),
            username: "username".into(),
            password: "password".into(),
            token: "auth".into(),
            trades: "/api/admin/trade".into(),
            newest_first: newest_first.map(|(n, v)| (n.into(), v.into())).into(),
            start: "_start".into(),
            end: "_end".into(),
            trade: "/api/admin/trade/{id}".into(),
            sign: "/api/auth/sign".into(),
            signature: "trueSign".into(),
        }
    }
}
