//! What the doctor concludes from what came, and which paths it tries.

use std::time::{Duration, SystemTime};

use http::{Response, StatusCode};

use super::{CheckoutDiagnosis, Examination, ProbeSigning, Probed, Proof};
use crate::checkout::SigningKey;
use crate::diagnosis::Verdict;
use crate::endpoint::Endpoint;
use crate::error::{Error, ErrorKind};
use crate::{Api, BaseUrl};

const NOW: SystemTime = SystemTime::UNIX_EPOCH;

fn api() -> Api {
    Api::new(BaseUrl::new("https://pay.shop.example").unwrap())
}

/// What a probe gets, from its path.
fn examine(
    base_url: &str,
    answer: impl Fn(&str) -> Result<Response<String>, Error>,
) -> CheckoutDiagnosis {
    let mut examination = Examination::new(base_url);
    while let Some(probe) = examination.next() {
        let request = probe.request(&api()).unwrap();
        let probed = answer(request.uri().path()).and_then(|response| {
            let (parts, body) = response.into_parts();
            probe.read(&api(), &Response::from_parts(parts, body.as_bytes()))
        });
        examination.accept(NOW + Duration::from_secs(1000), probed);
    }
    examination.finish()
}

fn status(code: u16) -> Result<Response<String>, Error> {
    let mut response = Response::new(String::new());
    *response.status_mut() = StatusCode::from_u16(code).unwrap();
    Ok(response)
}

/// The answer of the provider's server, which signs with this key.
fn signed(key: &str) -> Result<Response<String>, Error> {
    let sign = SigningKey::new(key)
        .unwrap()
        .sign(&[("sanspay_doctor", "probe")]);
    let sign = sign.as_str();
    let body = format!(r#"{{"sign":null,"trueSign":"{sign}","isMatch":false}}"#);
    Ok(Response::new(body))
}

fn verdicts(diagnosis: &CheckoutDiagnosis) -> Vec<(&'static str, Verdict)> {
    let checks = diagnosis.checks().iter();
    checks
        .map(|check| (check.name(), check.verdict()))
        .collect()
}

const HOST: &str = "https://pay.shop.example";

#[test]
fn the_route_is_tried_under_every_path_that_leads_to_it() {
    let paths: Vec<_> = ProbeSigning::all()
        .map(|probe| probe.request(&api()).unwrap().uri().path().to_owned())
        .collect();
    let expected = [
        "/api/auth/sign",
        "/api/auth/0/sign",
        "/api/auth/SIGN",
        "/api/auth/sign-",
        "/api/a/0uth/sign",
    ];
    assert_eq!(paths, expected);
}

#[test]
fn an_open_route_means_that_messages_prove_nothing_and_shows_what_to_block() {
    let diagnosis = examine(HOST, |_| signed("another key"));
    assert_eq!(diagnosis.proof(), Proof::Nothing);
    assert!(!diagnosis.is_healthy());
    assert!(
        diagnosis
            .sentence()
            .starts_with("its messages prove nothing, because it signs")
    );
    let printed = diagnosis.to_string();
    assert!(printed.contains("return 403;") && printed.contains("Require all denied"));
    let verdicts = verdicts(&diagnosis);
    assert_eq!(verdicts[1], ("public signing route", Verdict::Bad));
    assert_eq!(verdicts[2], ("published sample key", Verdict::Good));
}

#[test]
fn the_sample_key_is_recognised_by_what_it_signs() {
    let diagnosis = examine(HOST, |_| signed(SigningKey::PUBLIC_SAMPLE));
    assert_eq!(
        verdicts(&diagnosis)[2],
        ("published sample key", Verdict::Bad)
    );
    assert!(diagnosis.sentence().contains("everybody knows the key"));
}

#[test]
fn one_path_that_is_left_open_is_as_bad_as_all() {
    for open in ["/api/auth/0/sign", "/api/auth/SIGN", "/api/a/0uth/sign"] {
        let diagnosis = examine(HOST, |path| {
            if path == open {
                signed("k")
            } else {
                status(403)
            }
        });
        assert_eq!(diagnosis.proof(), Proof::Nothing, "{open}");
        assert!(diagnosis.checks()[1].told().contains(open), "{diagnosis}");
    }
}

#[test]
fn a_closed_route_lets_messages_prove_what_they_can() {
    for code in [403, 404, 200] {
        let diagnosis = examine(HOST, |_| status(code));
        assert_eq!(diagnosis.proof(), Proof::Signature, "{code}");
        assert!(diagnosis.is_healthy() && diagnosis.sentence().contains("nothing to block"));
        assert!(
            !diagnosis.to_string().contains("403;"),
            "no lines are needed"
        );
        assert_eq!(
            verdicts(&diagnosis)[2].1,
            Verdict::Skipped,
            "the key is not seen"
        );
    }
    // A page of the shop's own with some hexadecimal text in it is no signature.
    let page = "<p>44b125501d3833a7c293a03fe0f5ce3c</p>";
    let diagnosis = examine(HOST, |_| Ok(Response::new(page.into())));
    assert_eq!(diagnosis.proof(), Proof::Signature);
}

#[test]
fn a_server_that_fails_or_leads_away_or_is_not_reached_shows_nothing() {
    for code in [500, 502, 301, 429] {
        let diagnosis = examine(HOST, |_| status(code));
        assert_eq!(diagnosis.proof(), Proof::Unknown, "{code}");
        assert!(diagnosis.sentence().contains("could not be seen") && !diagnosis.is_healthy());
    }
    let diagnosis = examine(HOST, |_| {
        Err(Error::new(ErrorKind::NotSent, "probe", "no connection"))
    });
    assert_eq!(diagnosis.proof(), Proof::Unknown);
    assert!(
        diagnosis.sentence().contains("check address and network"),
        "{diagnosis}"
    );
    // What was seen before a failure counts.
    let diagnosis = examine(HOST, |path| {
        if path == "/api/auth/sign" {
            signed("k")
        } else {
            Err(Error::new(ErrorKind::Lost, "probe", "lost"))
        }
    });
    assert_eq!(diagnosis.proof(), Proof::Nothing);
}

#[test]
fn plain_http_and_a_wrong_clock_are_named() {
    let diagnosis = examine("http://pay.shop.example", |_| status(403));
    assert_eq!(verdicts(&diagnosis)[0], ("TLS", Verdict::Bad));
    assert!(
        diagnosis
            .sentence()
            .ends_with("signed returns and log-ins can be read")
    );
    assert!(!diagnosis.is_healthy());
    for (date, verdict) in [
        ("Thu, 01 Jan 1970 00:16:40 GMT", Verdict::Good),
        ("Thu, 01 Jan 1970 00:17:40 GMT", Verdict::Good),
        ("Thu, 01 Jan 1970 00:17:41 GMT", Verdict::Warning),
        ("Thu, 01 Jan 1970 00:15:00 GMT", Verdict::Warning),
        ("yesterday", Verdict::Skipped),
    ] {
        let diagnosis = examine(HOST, |_| {
            let mut response = status(403)?;
            let date = http::HeaderValue::from_static(date);
            response.headers_mut().insert("date", date);
            Ok(response)
        });
        assert_eq!(verdicts(&diagnosis)[3], ("clock", verdict), "{date}");
        assert_eq!(
            diagnosis.proof(),
            Proof::Signature,
            "a clock changes no proof"
        );
    }
}

#[test]
fn what_was_probed_prints_no_signature() {
    let probe = ProbeSigning::all().next().unwrap();
    let answer = signed("key").unwrap();
    let response = Response::new(answer.body().as_bytes());
    let probed: Probed = probe.read(&api(), &response).unwrap();
    let sign = SigningKey::new("key")
        .unwrap()
        .sign(&[("sanspay_doctor", "probe")]);
    assert!(!format!("{probed:?}").contains(sign.as_str()));
}
