use super::*;

#[test]
fn a_payout_is_executed_once_however_often_it_is_called() {
    let mut world = World::new();
    let first = world.call(&payout());
    assert_eq!(executed(&first).record().unwrap().id().to_string(), ID);
    let second = world.call(&payout());
    assert_eq!(executed(&second).id().to_string(), ID);
    assert!(executed(&second).record().is_none());
    assert_eq!(world.executed, 1);
    assert!(matches!(world.state(), State::Executed(_)));
}

/// The cost: one change before, one after.
#[test]
fn a_durable_payout_asks_the_store_twice_and_a_second_one_twice() {
    let mut world = World::new();
    let mut questions = 0;
    for (expected, attempt) in [(2, "a"), (4, "b")] {
        let mut call = DurableCall::new(world.session.clone(), payout(), attempt);
        loop {
            match call.poll(world.clock.now()) {
                DurableStep::Store(op) => {
                    questions += 1;
                    call.stored(world.ask(&op));
                }
                DurableStep::Call(exchange) => {
                    let result = world.exchange(*exchange);
                    call.called(world.clock.now(), result);
                }
                DurableStep::Done(_) => break,
                _ => panic!("nothing is looked up or waited for"),
            }
        }
        assert_eq!(questions, expected);
    }
}

#[test]
fn what_was_refused_may_be_called_again_with_another_amount() {
    let mut world = World::new();
    world.answers.push(status(422));
    let outcome = world.call(&payout());
    assert_eq!(refused(&outcome).kind(), ErrorKind::Refused);
    assert!(matches!(world.state(), State::NotExecuted { .. }));
    // As if the first had been written wrongly.
    executed(&world.call(&payout()));
    assert_eq!(world.executed, 1);
}

#[test]
fn another_payout_under_a_used_reference_is_refused_with_every_difference() {
    let mut world = World::new();
    executed(&world.call(&payout()));
    let other = NewPayout::new("p-1", "8".parse().unwrap(), Currency::USD, "DE01");
    let outcome = world.call(&other);
    let error = refused(&outcome);
    let fields: Vec<_> = error.problems().iter().map(crate::Problem::field).collect();
    assert_eq!(fields, ["amount", "currency", "beneficiary"]);
    assert_eq!(world.executed, 1);
}

#[test]
fn invalid_input_stores_and_sends_nothing() {
    let mut world = World::new();
    let wrong = NewPayout::new("", "0".parse().unwrap(), Currency::EUR, "DE00");
    assert_eq!(refused(&world.call(&wrong)).problems().len(), 2);
    assert!(world.store.rows().is_empty());
}

#[test]
fn a_lost_answer_is_looked_up_at_once() {
    let mut world = World::new();
    world.answers.push(Err(TransportError::maybe_sent("reset")));
    world.executed = 1; // It arrived.
    executed(&world.call(&payout()));
    assert_eq!(world.executed, 1);
}

/// A lookup right after the call proves nothing: the request may still be on its way.
#[test]
fn a_lost_payout_is_sent_again_only_after_it_is_due_and_settled() {
    let mut world = World::new();
    world.answers.push(Err(TransportError::maybe_sent("reset")));
    let outcome = world.call(&payout());
    let again_in = pending(&outcome).again_in();
    assert_eq!(
        again_in,
        Duration::from_secs(30 + 60),
        "deadline and settle"
    );
    world.clock.pass(again_in.as_secs() - 1);
    let outcome = world.call(&payout());
    assert_eq!(world.executed, 0, "a second early is too early");
    assert!(pending(&outcome).again_in() <= Duration::from_secs(1));
    world.clock.pass(1);
    executed(&world.call(&payout()));
    assert_eq!(world.executed, 1);
}

/// M4: suspended between storing and sending, while another worker took it over.
#[test]
fn a_suspended_worker_sends_nothing_after_its_time() {
    let mut world = World::new();
    let mut suspended = DurableCall::new(world.session.clone(), payout(), "suspended");
    let DurableStep::Store(op) = suspended.poll(world.clock.now()) else {
        panic!()
    };
    suspended.stored(world.ask(&op));
    world.clock.pass(120);
    executed(&world.call(&payout()));
    let outcome = world.drive(suspended);
    assert_eq!(world.executed, 1);
    assert_eq!(
        executed(&outcome).id().to_string(),
        ID,
        "it learns of the other"
    );
}

/// The store's clock is minutes away from the machine's: neither is compared with the other.
#[test]
fn the_clocks_of_store_and_machine_may_disagree() {
    for ahead in [true, false] {
        let mut world = World::new();
        let other = Virtual::new();
        let skew = Duration::from_secs(300);
        let mut time = other.0.lock().unwrap();
        *time = if ahead { *time + skew } else { *time - skew };
        drop(time);
        world.store = MemoryStore::new(other.clone());
        world.answers.push(Err(TransportError::maybe_sent("reset")));
        pending(&world.call(&payout()));
        // Neither the machine's time nor a part of the store's makes it certain.
        world.clock.pass(1_000);
        other.pass(89);
        pending(&world.call(&payout()));
        assert_eq!(world.executed, 0);
        other.pass(1);
        executed(&world.call(&payout()));
        assert_eq!(world.executed, 1);
    }
}

#[test]
fn a_begin_whose_answer_is_lost_goes_on_where_it_was_stored() {
    let mut world = World::new();
    world.store_errors.push(StoreError::maybe_stored("cut"));
    executed(&world.call(&payout()));
    assert_eq!(world.executed, 1);
}

#[test]
fn a_store_that_is_down_sends_nothing() {
    let mut world = World::new();
    world.store_errors = vec![StoreError::not_stored("refused"); 3];
    let outcome = world.call(&payout());
    assert!(matches!(
        pending(&outcome).reason(),
        PendingReason::Store(_)
    ));
    assert_eq!(world.executed, 0);
    assert!(world.store.rows().is_empty());
}

#[test]
fn what_was_executed_is_told_although_it_could_not_be_stored() {
    let mut world = World::new();
    let mut call = DurableCall::new(world.session.clone(), payout(), "a");
    let DurableStep::Store(op) = call.poll(world.clock.now()) else {
        panic!()
    };
    call.stored(world.ask(&op));
    world.store_errors = vec![StoreError::not_stored("full"); 3];
    let outcome = world.drive(call);
    assert!(executed(&outcome).not_stored().is_some());
    // It is open there, and the same line finds the record.
    assert!(matches!(world.state(), State::Open { .. }));
    executed(&world.call(&payout()));
    assert_eq!(world.executed, 1);
    assert!(matches!(world.state(), State::Executed(_)));
}

#[test]
fn an_end_whose_answer_is_lost_is_looked_at() {
    for error in [
        StoreError::maybe_stored("cut"),
        StoreError::not_stored("busy"),
    ] {
        let mut world = World::new();
        let mut call = DurableCall::new(world.session.clone(), payout(), "a");
        let DurableStep::Store(op) = call.poll(world.clock.now()) else {
            panic!()
        };
        call.stored(world.ask(&op));
        world.store_errors.push(error);
        assert!(executed(&world.drive(call)).not_stored().is_none());
        assert!(matches!(world.state(), State::Executed(_)));
    }
}

#[test]
fn what_is_not_understood_is_never_sent() {
    for value in [
        "{}",
        "not json",
        r#"{"format":2,"state":"open","attempt":"x","intent":{"record_type":"payout","reference":"p-1"}}"#,
        r#"{"format":1,"state":"open","intent":{"record_type":"payout","reference":"p-1"}}"#,
        r#"{"format":1,"state":"resting","intent":{"record_type":"payout","reference":"p-1"}}"#,
        r#"{"format":1,"state":"not_executed","intent":{"record_type":"payout","reference":"p-2"}}"#,
    ] {
        let mut world = World::new();
        let put = Put {
            key: "intent:payout:p-1".into(),
            expected: 0,
            value: value.into(),
            due_in: Some(Duration::ZERO),
        };
        BlockingStore::store_if(&world.store, &put).unwrap();
        let outcome = world.call(&payout());
        let reason = pending(&outcome).reason();
        assert!(
            matches!(reason, PendingReason::NotUnderstood(_)),
            "{value}: {reason:?}"
        );
        assert_eq!(world.executed, 0);
    }
}

#[test]
fn polling_before_an_answer_asks_and_sends_nothing_twice() {
    let world = World::new();
    let mut call = DurableCall::new(world.session.clone(), payout(), "a");
    assert!(matches!(
        call.poll(world.clock.now()),
        DurableStep::Store(_)
    ));
    assert!(matches!(call.poll(world.clock.now()), DurableStep::Wait(_)));
    call.stored(Ok(StoreAnswer::Stored(true)));
    call.stored(Ok(StoreAnswer::Stored(true)));
    assert!(matches!(call.poll(world.clock.now()), DurableStep::Call(_)));
    assert!(matches!(call.poll(world.clock.now()), DurableStep::Wait(_)));
}

/// References and beneficiaries are customer data.
#[test]
fn nothing_printed_holds_reference_or_beneficiary() {
    let mut world = World::new();
    let secret = NewPayout::new("SECRET-1", "7.50".parse().unwrap(), Currency::EUR, "SECRET");
    world.answers.push(Err(TransportError::maybe_sent("reset")));
    let outcome = world.call(&secret);
    assert!(!format!("{outcome:?} {:?}", world.store).contains("SECRET"));
}
