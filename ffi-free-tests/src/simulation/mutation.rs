//! Mistakes that the simulation has to find: each is a switch in the simulated merchant or driver.

/// A mistake that a merchant or a driver can make. None of them exists outside the simulation:
/// where the mistake would be the core's own, the simulation puts a broken piece around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mutation {
    /// A payout whose answer was lost is sent again: its endpoint claims to be repeatable.
    RetryPayoutBlindly,
    /// The driver's clock stands still during a call, and its transport never gives up.
    ForgetDeadline,
    /// A call that is given up is never dropped, so that its token fetch is not taken over.
    DropLeaderHandOver,
    /// What a webhook claims is acted on without fetching the record.
    TrustUnconfirmedWebhook,
    /// A notification is accepted when its signature fits, however its text was cut.
    AcceptRecutNotification,
    /// A webhook is acknowledged before its effect is stored.
    AcknowledgeBeforeCommit,
    /// A 401 throws away whatever token is there, also a newer one than the refused.
    InvalidateWrongGeneration,
    /// The intent is stored when the answer is there, not before the request is sent.
    JournalAfterSending,
    /// Entries are written and not synchronised, so that a crash loses the latest.
    SkipSync,
    /// A record that is not listed yet counts as absent.
    ResendTooEarly,
    /// After a restart what is open is sent again instead of looked up.
    ResendOpenIntents,
    /// An unknown outcome is stored as not executed.
    TreatUnknownAsRefused,
    /// A conflict (409) is stored as not executed.
    TreatConflictAsRefused,
    /// A late notification may take back that an order is paid.
    UnpayOnLateNotification,
    /// Every call has a session, and so a token, of its own.
    SessionPerCall,
    /// Errors are logged together with the headers of the request.
    LogRequestHeaders,
    /// After a write that failed the next line is appended to what it left.
    WriteAfterFailure,
    /// When the journal is written anew, only what has ended is kept.
    ForgetOpenIntents,
    /// Nobody ever asks for what no webhook told.
    NeverReconcile,
    /// A second payment of an order counts as the first one told again.
    SwallowSecondPayment,
    /// What the browser brings back is shown and not acted on.
    IgnoreReturns,
    /// Neither the exchange nor the transport knows by when an intent has to be sent.
    SendAfterFence,
    /// What is not listed counts as absent, though nothing proves that it would be listed.
    AbsentWithoutProof,
    /// What is not listed counts as absent, though the answer says more than is understood.
    IgnoreUnaccountedFields,
    /// A record that is not what was asked for is stored as executed.
    TakeMismatchForSuccess,
    /// An order is paid when the record of the webhook about it is, whatever record that is.
    PayByStatusAlone,
    /// The transport claims that a request was not sent whenever no answer came.
    ClaimNotSent,
    /// A call that was given up is stored as not executed.
    TreatDroppedAsRefused,
    /// That an attempt came late is not looked at.
    SwallowLateEnd,
}

impl Mutation {
    /// All of them.
    pub const ALL: [Self; 29] = [
        Self::RetryPayoutBlindly,
        Self::ForgetDeadline,
        Self::DropLeaderHandOver,
        Self::TrustUnconfirmedWebhook,
        Self::AcceptRecutNotification,
        Self::AcknowledgeBeforeCommit,
        Self::InvalidateWrongGeneration,
        Self::JournalAfterSending,
        Self::SkipSync,
        Self::ResendTooEarly,
        Self::ResendOpenIntents,
        Self::TreatUnknownAsRefused,
        Self::TreatConflictAsRefused,
        Self::UnpayOnLateNotification,
        Self::SessionPerCall,
        Self::LogRequestHeaders,
        Self::WriteAfterFailure,
        Self::ForgetOpenIntents,
        Self::NeverReconcile,
        Self::SwallowSecondPayment,
        Self::IgnoreReturns,
        Self::SendAfterFence,
        Self::AbsentWithoutProof,
        Self::IgnoreUnaccountedFields,
        Self::TakeMismatchForSuccess,
        Self::PayByStatusAlone,
        Self::ClaimNotSent,
        Self::TreatDroppedAsRefused,
        Self::SwallowLateEnd,
    ];
}
