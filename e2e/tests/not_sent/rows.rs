//! The table: what happens to a payout, what is reported of it over ureq and over reqwest, and how
//! often the server executed it.

use std::ops::RangeInclusive;
use std::time::Duration;

use rustls::AlertDescription as Alert;
use sanspay_core::TlsProblem as P;
use sanspay_e2e::Told::{self, Answer, MaybeSent, NotSent};
use sanspay_e2e::{End, Manner, Meddling};

use crate::scene::{Scene, Shows};

/// One line of the table. Where more than one report is right, which one comes is a matter of time.
pub(crate) struct Row {
    pub(crate) number: &'static str,
    pub(crate) what: &'static str,
    pub(crate) scene: Scene,
    pub(crate) blocking: &'static [Told],
    pub(crate) asynchronous: &'static [Told],
    pub(crate) executed: RangeInclusive<usize>,
}

/// Not sent.
const N: &[Told] = &[NotSent(None)];
/// Maybe sent.
const M: &[Told] = &[MaybeSent(None)];
/// Maybe sent; or given back by hyper before it was written, or the connector saw the reset.
const M_OR_N: &[Told] = &[MaybeSent(None), NotSent(None)];
/// Answered in the usual way.
const A: &[Told] = &[Answer(201)];

/// Not sent, and what is wrong with TLS.
macro_rules! t {
    ($problem:ident) => {
        &[NotSent(Some(P::$problem))]
    };
}

/// Maybe sent, and what is wrong with TLS.
macro_rules! mt {
    ($problem:ident) => {
        &[MaybeSent(Some(P::$problem))]
    };
}

/// Maybe sent, or given back by hyper, and what is wrong with TLS where it is told.
macro_rules! late_refusal {
    ($problem:ident) => {
        &[
            MaybeSent(Some(P::$problem)),
            NotSent(Some(P::$problem)),
            NotSent(None),
            MaybeSent(None),
        ]
    };
}

fn row(
    number: &'static str,
    what: &'static str,
    scene: Scene,
    blocking: &'static [Told],
    asynchronous: &'static [Told],
    executed: RangeInclusive<usize>,
) -> Row {
    Row {
        number,
        what,
        scene,
        blocking,
        asynchronous,
        executed,
    }
}

/// A whole record of five bytes' header that claims to be an alert: fatal, `handshake_failure`.
const FORGED_ALERT: &[u8] = &[21, 3, 3, 0, 2, 2, 40];
/// The same with `bad_certificate`.
const FORGED_BAD_CERTIFICATE: &[u8] = &[21, 3, 3, 0, 2, 2, 42];
/// Application data of nobody's keys.
const GARBLED_RECORD: &[u8] = &[
    23, 3, 3, 0, 24, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
    23, 24,
];
const CUT_SHORT: &str = "HTTP/1.1 201 Created\r\ncontent-length: 500\r\n\r\n{\"success\":true";
const CUT_CHUNKED: &str =
    "HTTP/1.1 201 Created\r\ntransfer-encoding: chunked\r\n\r\n20\r\n{\"success\":true";
const NO_LENGTH: &str = "HTTP/1.1 201 Created\r\nconnection: close\r\n\r\n{\"success\":true";
const MOVED: &str =
    "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
const BUSY: &str = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n";
const TOO_LARGE: &str =
    "HTTP/1.1 413 Content Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

fn says(text: &str, end: End) -> Manner {
    Manner::Says(text.into(), end)
}

fn replaced(bytes: &[u8]) -> Meddling {
    Meddling::Answer(bytes.into(), End::Fin)
}

#[rustfmt::skip]
pub(crate) fn rows() -> Vec<Row> {
    use End::{Fin, Goodbye, Reset, Stall};
    use Manner::{Alerts, Answers, Ends, EndsBeforeRequest, EndsIdle, EndsInBody, Floods, ReadsOn};
    use Meddling::{BeforeAnswer, CutAnswer, FirstWords, ToServer};
    let (http, tls12, tls13) = (Scene::plain, Scene::tls12, Scene::tls13);
    let long = Duration::from_millis(500);
    vec![
        row("0a", "nothing",                             http(),                                            A, A, 1..=1),
        row("0b", "nothing, TLS 1.2",                    tls12(),                                           A, A, 1..=1),
        row("0c", "nothing, TLS 1.3",                    tls13(),                                           A, A, 1..=1),
        row("0d", "nothing, mutual TLS 1.3",             tls13().client_shows(Shows::Good),                 A, A, 1..=1),
        row("1",  "the port refuses",                    Scene::refusing(),                                 N, N, 0..=0),
        row("2",  "the host is unknown",                 Scene::unknown_host(),                             N, N, 0..=0),
        row("3",  "the SYN is not answered",             Scene::full().hasty(),                             N, N, 0..=0),
        row("4",  "silent in the handshake",             tls13().server(Ends(Stall)).hasty(),               N, N, 0..=0),
        row("5a", "reset in the handshake",              tls13().server(Ends(Reset)),                       N, N, 0..=0),
        row("5b", "closed in the handshake",             tls13().server(Ends(Fin)),                         N, N, 0..=0),
        row("6a", "forged alert in the handshake, 1.3",  tls13().relay(FirstWords(FORGED_ALERT.into())),    t!(HandshakeRefused), t!(HandshakeRefused), 0..=0),
        row("6b", "forged alert in the handshake, 1.2",  tls12().relay(FirstWords(FORGED_BAD_CERTIFICATE.into())), t!(ClientCertificateRejected), t!(ClientCertificateRejected), 0..=0),
        row("7a", "certificate of another name",         tls13().server_shows(Shows::WrongName),            t!(ServerWrongName), t!(ServerWrongName), 0..=0),
        row("7b", "certificate of another CA",           tls13().server_shows(Shows::Strange),              t!(ServerNotTrusted), t!(ServerNotTrusted), 0..=0),
        row("7c", "certificate expired",                 tls12().server_shows(Shows::Expired),              t!(ServerExpired), t!(ServerExpired), 0..=0),
        row("8",  "https to a plain port",               Scene::tls_to_plain(),                             t!(TlsToPlainHttp), t!(TlsToPlainHttp), 0..=0),
        row("9a", "1.2: client certificate missing",     tls12().client_shows(Shows::Nothing),              t!(ClientCertificateMissing), t!(ClientCertificateMissing), 0..=0),
        row("9b", "1.2: client certificate strange",     tls12().client_shows(Shows::Strange),              t!(ClientCertificateRejected), t!(ClientCertificateRejected), 0..=0),
        row("9c", "1.2: client certificate expired",     tls12().client_shows(Shows::Expired),              t!(ClientCertificateExpired), t!(ClientCertificateExpired), 0..=0),
        row("12a", "closed right after accept",          http().server(Ends(Fin)),                          M, M_OR_N, 0..=0),
        row("12b", "reset right after accept",           http().server(Ends(Reset)),                        M_OR_N, M_OR_N, 0..=0),
        row("13a", "closed right after the handshake",   tls13().server(EndsBeforeRequest(Fin)),            M, M_OR_N, 0..=0),
        row("13b", "reset right after the handshake",    tls12().server(EndsBeforeRequest(Reset)),          M_OR_N, M_OR_N, 0..=0),
        row("14a", "idle connection ended before",       http().server(EndsIdle(Duration::ZERO, Fin)).after(long), A, A, 1..=1),
        row("14b", "the same by a reset, TLS",           tls13().server(EndsIdle(Duration::ZERO, Reset)).after(long), A, A, 1..=1),
        row("16a", "executed, then closed",              http().server(says("", Fin)),                      M, M, 1..=1),
        row("16b", "executed, then reset",               http().server(says("", Reset)),                    M, M, 1..=1),
        row("16c", "the same, reused",                   http().server(says("", Fin)).reused(),             M, M, 1..=1),
        row("16d", "the same, reused and reset",         http().server(says("", Reset)).reused(),           M, M, 1..=1),
        row("16e", "the same, TLS 1.2",                  tls12().server(says("", Fin)),                     M, M, 1..=1),
        row("16f", "the same, TLS 1.3, with a goodbye",  tls13().server(says("", Goodbye)).reused(),        M, M, 1..=1),
        row("16g", "the same, TLS 1.3, reset",           tls13().server(says("", Reset)).reused(),          M, M, 1..=1),
        row("17a", "HHHHH for the answer, TLS 1.2",      tls12().relay(replaced(b"HHHHH")),                 mt!(TlsToPlainHttp), mt!(TlsToPlainHttp), 1..=1),
        row("17b", "HHHHH for the answer, TLS 1.3",      tls13().relay(replaced(b"HHHHH")),                 mt!(TlsToPlainHttp), mt!(TlsToPlainHttp), 1..=1),
        row("17c", "502 for the answer, TLS 1.2",        tls12().relay(replaced(b"HTTP/1.1 502 Bad\r\n\r\n")), mt!(TlsToPlainHttp), mt!(TlsToPlainHttp), 1..=1),
        row("17d", "HHHHH before the answer, TLS 1.3",   tls13().relay(BeforeAnswer(b"HHHHH".into())).reused(), mt!(TlsToPlainHttp), mt!(TlsToPlainHttp), 1..=1),
        row("18a", "a plain alert for the answer, 1.3",  tls13().relay(replaced(FORGED_BAD_CERTIFICATE)),   M, M, 1..=1),
        row("18b", "a plain alert for the answer, 1.2",  tls12().relay(replaced(FORGED_ALERT)),             M, M, 1..=1),
        row("18c", "a garbled record for the answer",    tls13().relay(replaced(GARBLED_RECORD)),           M, M, 1..=1),
        row("20a", "five bytes towards rustls, 1.2",     tls12().server(ReadsOn).relay(ToServer(b"HHHHH".into())), M, M, 1..=1),
        row("20b", "five bytes towards rustls, 1.3",     tls13().server(ReadsOn).relay(ToServer(b"HHHHH".into())), M, M, 1..=1),
        row("21a", "executed, then bad_certificate, 1.2", tls12().server(Alerts(Alert::BadCertificate)),    mt!(ClientCertificateRejected), mt!(ClientCertificateRejected), 1..=1),
        row("21b", "executed, then bad_certificate, 1.3", tls13().server(Alerts(Alert::BadCertificate)),    mt!(ClientCertificateRejected), mt!(ClientCertificateRejected), 1..=1),
        row("21c", "the same, reused",                   tls13().server(Alerts(Alert::BadCertificate)).reused(), mt!(ClientCertificateRejected), mt!(ClientCertificateRejected), 1..=1),
        row("21d", "executed, then protocol_version",    tls12().server(Alerts(Alert::ProtocolVersion)),    mt!(VersionRefused), mt!(VersionRefused), 1..=1),
        row("21e", "executed, then handshake_failure",   tls13().server(Alerts(Alert::HandshakeFailure)),   mt!(HandshakeRefused), mt!(HandshakeRefused), 1..=1),
        row("21f", "executed, then access_denied",       tls13().server(Alerts(Alert::AccessDenied)),       mt!(ClientCertificateRejected), mt!(ClientCertificateRejected), 1..=1),
        row("22",  "executed, then internal_error",      tls13().server(Alerts(Alert::InternalError)),      M, M, 1..=1),
        row("23a", "1.3: client certificate missing",    tls13().client_shows(Shows::Nothing),              late_refusal!(ClientCertificateMissing), late_refusal!(ClientCertificateMissing), 0..=0),
        row("23b", "1.3: client certificate strange",    tls13().client_shows(Shows::Strange),              late_refusal!(ClientCertificateRejected), late_refusal!(ClientCertificateRejected), 0..=0),
        row("23c", "1.3: client certificate expired",    tls13().client_shows(Shows::Expired),              late_refusal!(ClientCertificateExpired), late_refusal!(ClientCertificateExpired), 0..=0),
        row("28a", "no answer in time",                  http().server(says("", Stall)).deadline(2000),      M, M, 1..=1),
        row("28b", "no answer in time, TLS, reused",     tls13().server(says("", Stall)).reused().deadline(2000), M, M, 1..=1),
        row("29",  "the write stalls",                   http().server(EndsInBody(1000, "", Stall)).large().deadline(2000), M, M, 0..=0),
        row("30a", "reset in the middle of the body",    http().server(EndsInBody(100_000, "", Reset)).large(), M, M, 0..=0),
        row("30b", "the same, TLS 1.3",                  tls13().server(EndsInBody(100_000, "", Reset)).large(), M, M, 0..=0),
        row("31",  "413 before the body was read",       http().server(EndsInBody(100, TOO_LARGE, Reset)).large(), &[MaybeSent(None), Answer(413)], &[MaybeSent(None), Answer(413)], 0..=0),
        row("32",  "1xx without end",                    http().server(Floods("HTTP/1.1 100 Continue\r\n\r\n")).deadline(2000), M, M, 1..=1),
        row("33",  "headers without end",                http().server(Floods("HTTP/1.1 201 Created\r\nx: y\r\n")).deadline(2000), M, M, 1..=1),
        row("34a", "the answer is no HTTP",              http().server(says("hello\r\n\r\n", Fin)),          M, M, 1..=1),
        row("34b", "the body is cut off",                http().server(says(CUT_SHORT, Fin)),               M, M, 1..=1),
        row("34c", "the same by a reset",                http().server(says(CUT_SHORT, Reset)),             M, M, 1..=1),
        row("34d", "the same, TLS 1.3, with a goodbye",  tls13().server(says(CUT_SHORT, Goodbye)),          M, M, 1..=1),
        row("34e", "a chunked body is cut off",          http().server(says(CUT_CHUNKED, Fin)),             M, M, 1..=1),
        row("34f", "the same in TLS 1.2",                tls12().server(says(CUT_CHUNKED, Fin)),            M, M, 1..=1),
        row("34g", "no length, no goodbye, TLS 1.2",     tls12().server(says(NO_LENGTH, Fin)),              M, M, 1..=1),
        row("34h", "no length, no goodbye, TLS 1.3",     tls13().server(says(NO_LENGTH, Fin)),              M, M, 1..=1),
        row("34i", "no length, reset",                   http().server(says(NO_LENGTH, Reset)),             M, M, 1..=1),
        row("34k", "no length, ended by a goodbye, TLS",  tls13().server(says(NO_LENGTH, Goodbye)),          &[Answer(201)], &[Answer(201)], 1..=1),
        row("34l", "no length, ended by a FIN, plain",   http().server(says(NO_LENGTH, Fin)),               &[Answer(201)], &[Answer(201)], 1..=1),
        row("34j", "the answer's TLS is cut off",        tls13().server(Answers).relay(CutAnswer(40, Fin)), M, M, 1..=1),
        row("35a", "redirected to a refused port",       http().server(says(MOVED, Fin)),                   &[Answer(307)], &[Answer(307)], 1..=1),
        row("35b", "busy after it executed",             http().server(says(BUSY, Fin)),                    &[Answer(503)], &[Answer(503)], 1..=1),
    ]
}
