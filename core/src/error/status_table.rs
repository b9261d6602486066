//! What an HTTP status says: who answered, whether the operation was executed, whether to try again.
//!
//! It is the only such table. The kind of an error, [`Error::is_transient`](crate::Error::is_transient),
//! the retry decision and "may have been executed" read from it.

use http::StatusCode;

use super::ErrorKind;

/// What one status says.
#[derive(Clone, Copy)]
pub(crate) struct Meaning {
    /// The kind of the error.
    pub(crate) kind: ErrorKind,
    /// What happened, for people.
    pub(crate) detail: &'static str,
    /// The application refused, or something in front of it refused before it passed the request
    /// on: nothing was executed. Everything else may have been executed, also where a proxy made
    /// the status up.
    pub(crate) refused: bool,
    /// The same request may succeed later.
    pub(crate) transient: bool,
}

const fn refused(kind: ErrorKind, detail: &'static str) -> Meaning {
    Meaning {
        kind,
        detail,
        refused: true,
        transient: false,
    }
}

/// The server or a proxy in between failed after it had the request, or may have.
const fn failed(detail: &'static str) -> Meaning {
    Meaning {
        kind: ErrorKind::Server,
        detail,
        refused: false,
        transient: true,
    }
}

const fn unreadable(detail: &'static str) -> Meaning {
    Meaning {
        kind: ErrorKind::Unreadable,
        detail,
        refused: false,
        transient: false,
    }
}

impl Meaning {
    /// What a status that is no success says. The numbers above 511 and those between 430 and 499 that
    /// no RFC has are those of NGINX, of load balancers and of content networks.
    pub(crate) fn of(status: StatusCode) -> Self {
        use ErrorKind as K;
        match status.as_u16() {
            300..=399 => unreadable("the server redirects, and redirects are not followed"),
            401 => refused(
                K::Unauthorized,
                "the server refused the credentials or the token",
            ),
            403 => refused(K::Forbidden, "the server forbids this"),
            404 => refused(K::NotFound, "the server knows no such record or route"),
            409 => refused(K::Conflict, "the request contradicts what the server holds"),
            429 => Meaning {
                transient: true,
                ..refused(K::RateLimited, "too many requests")
            },
            // All of these are given before anything is executed. Not 406, 408, 418, 420, 424, 425 and
            // the like: they may come after it, or from something in between.
            400 | 402 | 405 | 410..=417 | 421..=423 | 426 | 428 | 431 | 451 => {
                refused(K::Refused, "the server refused the request")
            }
            408 => failed("the server waited too long for the request"),
            425 => failed("the server or a proxy found the request too early"),
            444 => failed("the server or a proxy hung up without an answer"),
            460 | 499 => failed("a proxy saw the connection end before the answer came"),
            501 | 505 | 506 | 508 | 510 | 511 => Meaning {
                transient: false,
                ..failed("the server cannot do this")
            },
            509 => failed("the server or a proxy has used up its bandwidth"),
            500 | 502..=504 | 507 => failed("the server failed"),
            520..=530 => failed("a proxy could not get an answer from the server"),
            512..=599 => Meaning {
                transient: false,
                ..failed("the server failed")
            },
            400..=499 => unreadable("a proxy may have made up this status"),
            _ => unreadable("the status means nothing here"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(code: u16) -> Meaning {
        Meaning::of(StatusCode::from_u16(code).unwrap())
    }

    #[test]
    fn only_what_is_given_before_anything_is_executed_is_a_refusal() {
        let refusals: Vec<u16> = (100..1000).filter(|&code| of(code).refused).collect();
        assert_eq!(
            refusals,
            [
                400, 401, 402, 403, 404, 405, 409, 410, 411, 412, 413, 414, 415, 416, 417, 421,
                422, 423, 426, 428, 429, 431, 451
            ]
        );
    }

    #[test]
    fn what_may_succeed_later() {
        let transient: Vec<u16> = (100..1000).filter(|&code| of(code).transient).collect();
        let rest = [
            408, 425, 429, 444, 460, 499, 500, 502, 503, 504, 507, 509, 520, 521, 522, 523, 524,
            525, 526, 527, 528, 529, 530,
        ];
        assert_eq!(transient, rest);
    }

    #[test]
    fn a_status_without_a_row_proves_nothing() {
        for code in [430, 440, 463, 494, 498, 600, 999] {
            let meaning = of(code);
            assert!(!meaning.refused && !meaning.transient, "{code}");
            assert_eq!(meaning.kind, ErrorKind::Unreadable, "{code}");
        }
    }
}
