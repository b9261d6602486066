//! What has to come of a payout that a fault happens to, whichever client asks for it.

use std::net::TcpListener;
use std::time::Duration;

use sanspay_core::{Error, ErrorKind};
use sanspay_testkit::sandbox::{RecordKind, Sandbox};

use sanspay_testkit::network::{Fault, Proxy};

/// Far more than anything takes that does not stall.
pub(crate) const PATIENT: Duration = Duration::from_secs(20);

/// Enough to reach the provider.
const HASTY: Duration = Duration::from_millis(400);

/// The times that a call may end late, on a machine with other things to do.
const SLACK: Duration = Duration::from_secs(1);

/// Which request the fault happens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HappensTo {
    /// The one for the token.
    Token,
    /// The payout itself, over the connection on which the token came.
    Payout,
}

/// A fault, and what has to come of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Case {
    fault: Fault,
    happens: HappensTo,
    pub(crate) deadline: Duration,
    /// The kind of the error, and whether it says that the outcome is unknown.
    error: Option<(ErrorKind, bool)>,
    executions: usize,
}

pub(crate) const CASES: [Case; 10] = {
    use HappensTo::{Payout, Token};
    const LATE: Duration = Duration::from_millis(1200);
    const LOST: Option<(ErrorKind, bool)> = Some((ErrorKind::Lost, true));
    const TOO_LATE: Option<(ErrorKind, bool)> = Some((ErrorKind::Deadline, true));
    const NO_TOKEN: Option<(ErrorKind, bool)> = Some((ErrorKind::Lost, false));
    const NO_TIME: Option<(ErrorKind, bool)> = Some((ErrorKind::Deadline, false));
    [
        case(Fault::Reset, Payout, PATIENT, LOST, 0),
        case(Fault::AnswerLost, Payout, PATIENT, LOST, 1),
        case(Fault::Truncate, Payout, PATIENT, LOST, 1),
        case(Fault::Stall, Payout, HASTY, TOO_LATE, 1),
        case(Fault::StallInAnswer, Payout, HASTY, TOO_LATE, 1),
        case(Fault::Delay(LATE), Payout, HASTY, TOO_LATE, 1),
        case(
            Fault::Delay(Duration::from_millis(50)),
            Payout,
            PATIENT,
            None,
            1,
        ),
        case(Fault::CloseAfter, Payout, PATIENT, None, 1),
        case(Fault::Reset, Token, PATIENT, NO_TOKEN, 0),
        case(Fault::Stall, Token, HASTY, NO_TIME, 0),
    ]
};

const fn case(
    fault: Fault,
    happens: HappensTo,
    deadline: Duration,
    error: Option<(ErrorKind, bool)>,
    executions: usize,
) -> Case {
    Case {
        fault,
        happens,
        deadline,
        error,
        executions,
    }
}

impl Case {
    /// The proxy that makes it happen.
    pub(crate) fn proxy(&self, upstream: &str) -> Proxy {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let mut faults = match self.happens {
            HappensTo::Token => vec![self.fault],
            HappensTo::Payout => vec![Fault::None, self.fault],
        }
        .into_iter();
        Proxy::start(listener, upstream, move || {
            faults.next().unwrap_or(Fault::None)
        })
    }

    /// Says that the call ended as it must, and in time.
    pub(crate) fn check<T>(&self, result: &Result<T, Error>, took: Duration) {
        let error = result.as_ref().err();
        let told = error.map(|error| (error.kind(), error.outcome_unknown()));
        assert_eq!(told, self.error, "{self:?}: {error:?}");
        let resumes = error.is_some_and(|error| error.unknown().is_some());
        let unknown = self.error.is_some_and(|(_, unknown)| unknown);
        assert_eq!(
            resumes, unknown,
            "{self:?} can be resumed where it is unknown"
        );
        assert!(took < self.deadline + SLACK, "{self:?} took {took:?}");
    }

    /// How often the provider executed the payout is what the client was told, or did not claim
    /// to know.
    pub(crate) fn is_executed(&self, sandbox: &Sandbox, reference: &str) -> bool {
        sandbox.executions(RecordKind::Payout, reference) == self.executions
    }
}
