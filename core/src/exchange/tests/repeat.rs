//! What is sent again, when, and what is not.

use super::*;

#[test]
fn what_may_have_been_executed_is_not_repeated_and_says_so() {
    let session = warm(|_| ());
    for outcome in [
        lost(),
        answered(500, ""),
        answered(408, ""),
        answered(302, ""),
        answered(201, "{\"tru"),
    ] {
        let (result, waits, _) = run(&session, Probe(Replay::WithIdempotencyKey), vec![outcome]);
        let error = result.unwrap_err();
        assert!(
            error.outcome_unknown() && !error.safe_to_retry() && waits.is_empty(),
            "{error}"
        );
        assert!(!error.is_transient(), "a retry loop would send it again");
        let unknown = error.unknown().unwrap();
        assert_eq!(
            (
                unknown.reference(),
                unknown.record_type(),
                unknown.sent_at()
            ),
            ("ref-1", "probe", at(1))
        );
    }
    for outcome in [
        answered(400, ""),
        answered(403, ""),
        answered(422, ""),
        answered(429, ""),
    ] {
        let (result, ..) = run(&session, Probe(Replay::Unsafe), vec![outcome]);
        assert!(!result.unwrap_err().outcome_unknown());
    }
}

#[test]
fn an_unknown_outcome_stays_unknown_whatever_comes_after_it() {
    let session = warm(|s| {
        s.idempotency = Idempotency::Honoured;
        s.retry.max_attempts = 2;
    });
    for last in [not_sent(), answered(422, ""), answered(429, "")] {
        let (result, ..) = run(
            &session,
            Probe(Replay::WithIdempotencyKey),
            vec![lost(), last],
        );
        assert!(result.unwrap_err().outcome_unknown());
    }
}

#[test]
fn a_connection_never_made_is_tried_again_even_for_a_payout() {
    let session = warm(|_| ());
    let script = vec![not_sent(), not_sent(), answered(201, "\"ok\"")];
    let (result, waits, left) = run(&session, Probe(Replay::Unsafe), script);
    assert_eq!((result.unwrap().as_str(), waits.len(), left), ("ok", 2, 0));
    let (result, ..) = run(
        &session,
        Probe(Replay::Unsafe),
        vec![not_sent(), not_sent(), not_sent(), not_sent()],
    );
    let error = result.unwrap_err();
    assert_eq!(
        (error.kind(), error.attempts(), error.outcome_unknown()),
        (ErrorKind::NotSent, 4, false)
    );
    assert!(
        std::error::Error::source(&error)
            .unwrap()
            .to_string()
            .contains("refused")
    );
}

#[test]
fn retry_after_is_obeyed_in_both_forms_and_bounded() {
    let session = warm(|_| ());
    let asks = |value: &str| {
        let response = Response::builder().status(503).header("retry-after", value);
        Ok(response.body(Vec::new()).unwrap())
    };
    let ok = || answered(200, "\"ok\"");
    let (_, waits, _) = run(&session, Probe(Replay::Safe), vec![asks("7"), ok()]);
    assert_eq!(waits, [Duration::from_secs(7)]);
    let date = httpdate::fmt_http_date(at(1) + Duration::from_secs(9));
    let (_, waits, _) = run(&session, Probe(Replay::Safe), vec![asks(&date), ok()]);
    assert_eq!(waits, [Duration::from_secs(9)]);
    let past = httpdate::fmt_http_date(at(0));
    let (result, waits, _) = run(&session, Probe(Replay::Safe), vec![asks(&past), ok()]);
    assert!(result.is_ok() && waits[0] <= Duration::from_millis(200));
    for far in [
        "31".to_owned(),
        "99999999999999999999999".to_owned(),
        httpdate::fmt_http_date(at(3601)),
    ] {
        let (result, waits, _) = run(&session, Probe(Replay::Safe), vec![asks(&far)]);
        assert!(
            waits.is_empty() && result.unwrap_err().retry_after() > Some(Duration::from_secs(30))
        );
    }
}

#[test]
fn the_same_seed_gives_the_same_waits_and_neighbours_differ() {
    let waits = |seed| {
        let session = warm(|s| s.seed = seed);
        let script = || vec![lost(), lost(), answered(200, "\"ok\"")];
        let first = run(&session, Probe(Replay::Safe), script()).1;
        (first, run(&session, Probe(Replay::Safe), script()).1)
    };
    assert_eq!(waits(1), waits(1));
    assert_ne!(waits(1), waits(2));
    assert_ne!(waits(1).0, waits(1).1);
}
