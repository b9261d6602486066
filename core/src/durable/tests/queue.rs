use super::*;

fn enqueue(world: &World, payout: &NewPayout) -> Result<Enqueued, Error> {
    let mut enqueue = Enqueue::new(&world.session, payout)?;
    while let Some(op) = enqueue.next() {
        enqueue.stored(op.ask_blocking(&world.store));
    }
    enqueue.end()
}

fn recover(world: &mut World) -> Recovered {
    world.attempts += 1;
    let attempt = format!("recovery-{}", world.attempts);
    let mut recovery = Recovery::new(world.session.clone(), attempt);
    let mut recovered = Recovered::default();
    while let Some(op) = recovery.next() {
        let answer = op.ask_blocking(&world.store).unwrap();
        for call in recovery.accept(answer) {
            let intent = call.intent().clone();
            let outcome = world.drive(call);
            recovered.outcomes.push((intent, outcome));
        }
    }
    recovered
}

#[test]
fn a_payout_that_was_enqueued_is_sent_once_by_a_worker() {
    let mut world = World::new();
    assert_eq!(enqueue(&world, &payout()).unwrap(), Enqueued::Now);
    assert_eq!(enqueue(&world, &payout()).unwrap(), Enqueued::Before);
    assert_eq!(recover(&mut world).executed(), 1);
    assert_eq!(world.executed, 1);
    assert_eq!(recover(&mut world).outcomes.len(), 0, "nothing is left");
    assert_eq!(enqueue(&world, &payout()).unwrap(), Enqueued::Before);
    let value = world.store.rows().remove(0).value;
    assert!(!value.contains("DE00"), "what is done needs no beneficiary");
}

#[test]
fn a_used_reference_is_enqueued_for_nothing_else() {
    let world = World::new();
    let _ = enqueue(&world, &payout()).unwrap();
    let other = NewPayout::new("p-1", "8".parse().unwrap(), Currency::EUR, "DE00");
    assert_eq!(enqueue(&world, &other).unwrap_err().problems().len(), 1);
}

#[test]
fn a_failure_that_passes_is_tried_again_and_others_are_told() {
    let mut world = World::new();
    world.answers = vec![not_sent(), status(429), status(422)];
    let _ = enqueue(&world, &payout()).unwrap();
    assert_eq!(recover(&mut world).unknown(), 1);
    assert_eq!(world.state(), State::Queued);
    assert_eq!(
        recover(&mut world).outcomes.len(),
        0,
        "not before its pause"
    );
    world.clock.pass(5);
    assert_eq!(recover(&mut world).unknown(), 1);
    world.clock.pass(10);
    assert_eq!(recover(&mut world).not_executed(), 1);
    assert!(matches!(world.state(), State::NotExecuted { .. }));
    assert!(enqueue(&world, &payout()).is_err(), "it was given up");
}

#[test]
fn a_worker_that_died_while_it_sent_is_followed_by_another() {
    for arrived in [true, false] {
        let mut world = World::new();
        let _ = enqueue(&world, &payout()).unwrap();
        world.answers.push(Err(TransportError::maybe_sent("reset")));
        assert_eq!(recover(&mut world).unknown(), 1);
        world.executed = usize::from(arrived);
        world.clock.pass(90);
        assert_eq!(recover(&mut world).executed(), 1);
        assert_eq!(world.executed, 1);
    }
}

#[test]
fn an_open_call_is_looked_up_and_never_sent_by_recovery() {
    let mut world = World::new();
    world.answers.push(Err(TransportError::maybe_sent("reset")));
    pending(&world.call(&payout()));
    assert_eq!(recover(&mut world).outcomes.len(), 0, "not due");
    world.clock.pass(30);
    assert_eq!(recover(&mut world).unknown(), 1, "not settled");
    world.clock.pass(60);
    assert_eq!(recover(&mut world).not_executed(), 1);
    assert_eq!(world.executed, 0);
    executed(&world.call(&payout()));
}

/// A provider whose list proves nothing is not asked again and again.
#[test]
fn what_cannot_be_found_out_is_looked_up_less_and_less() {
    let mut world = World::new();
    world.session = SessionBuilder::new(0)
        .base_url("https://h.example")
        .credentials("id", "secret")
        .build()
        .unwrap();
    world.answers.push(Err(TransportError::maybe_sent("reset")));
    pending(&world.call(&payout()));
    world.clock.pass(30);
    let mut lookups = 0;
    for _ in 0..360 {
        lookups += recover(&mut world).unknown();
        world.clock.pass(10);
    }
    assert!((5..60).contains(&lookups), "{lookups} in an hour");
    // Whoever asks for it is answered at once, and what turns up later is found.
    pending(&world.call(&payout()));
    world.executed = 1;
    executed(&world.call(&payout()));
    assert!(matches!(world.state(), State::Executed(_)));
    assert!(!world.store.rows().remove(0).value.contains("sent_by"));
}

/// The window of an attempt ends when it ended, however often it was looked up since.
#[test]
fn a_look_in_vain_does_not_put_off_the_proof() {
    let mut world = World::new();
    world.answers.push(Err(TransportError::maybe_sent("reset")));
    pending(&world.call(&payout()));
    world.clock.pass(30);
    assert_eq!(recover(&mut world).unknown(), 1, "not settled");
    world.clock.pass(60);
    executed(&world.call(&payout()));
    assert_eq!(world.executed, 1);
}

#[test]
fn recovery_reads_every_page_once() {
    let mut world = World::new();
    for number in 0..250 {
        let reference = format!("p-{number}");
        let amount = "7.50".parse().unwrap();
        let payout = NewPayout::new(reference, amount, Currency::EUR, "DE00");
        let _ = enqueue(&world, &payout).unwrap();
        world.answers.push(status(422));
    }
    assert_eq!(recover(&mut world).not_executed(), 250);
}
