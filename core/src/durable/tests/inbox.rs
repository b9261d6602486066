use super::*;

#[test]
fn an_event_is_news_once() {
    let world = World::new();
    let event = Event::new("id:paid");
    assert_eq!(event.apply_in_blocking(&world.store).unwrap(), Applied::Now);
    assert_eq!(
        event.apply_in_blocking(&world.store).unwrap(),
        Applied::Before
    );
    let other = Event::new("id:failed");
    assert_eq!(other.apply_in_blocking(&world.store).unwrap(), Applied::Now);
}

#[test]
fn an_event_without_its_order_comes_again_with_its_message() {
    let world = World::new();
    let event = Event::new("id:paid").with_body("{\"id\":1}");
    assert_eq!(event.wait_blocking(&world.store).unwrap(), Applied::Now);
    let waiting = || Event::waiting_blocking(&world.store).unwrap();
    assert_eq!(waiting(), [], "not before its pause");
    world.clock.pass(5);
    assert_eq!(waiting(), std::slice::from_ref(&event));
    // Once more, without the message, which is still there.
    let again = Event::new(waiting()[0].dedup_key());
    assert_eq!(again.wait_blocking(&world.store).unwrap(), Applied::Now);
    world.clock.pass(9);
    assert_eq!(waiting(), [], "twice as long");
    world.clock.pass(1);
    assert_eq!(waiting()[0].body(), Some("{\"id\":1}"));
    assert_eq!(event.apply_in_blocking(&world.store).unwrap(), Applied::Now);
    world.clock.pass(100_000);
    assert_eq!(waiting(), []);
    assert_eq!(event.wait_blocking(&world.store).unwrap(), Applied::Before);
    let kept = world.store.rows().remove(0).value;
    assert_eq!(kept, r#"{"format":1,"state":"applied","failures":2}"#);
}

#[test]
fn what_is_no_event_is_an_error_and_stays() {
    let world = World::new();
    let put = Put {
        key: "event:id:paid".into(),
        expected: 0,
        value: r#"{"format":2,"state":"waiting"}"#.into(),
        due_in: None,
    };
    BlockingStore::store_if(&world.store, &put).unwrap();
    assert!(
        Event::new("id:paid")
            .apply_in_blocking(&world.store)
            .is_err()
    );
    assert_eq!(world.store.rows()[0].version, 1);
}

#[test]
fn a_store_that_always_says_that_somebody_was_faster_is_given_up() {
    struct Never(MemoryStore);
    impl BlockingStore for Never {
        fn load(&self, key: &str) -> Result<Loaded, StoreError> {
            BlockingStore::load(&self.0, key)
        }
        fn store_if(&self, _: &Put) -> Result<bool, StoreError> {
            Ok(false)
        }
        fn scan(&self, scan: &Scan) -> Result<Scanned, StoreError> {
            BlockingStore::scan(&self.0, scan)
        }
    }
    let store = Never(MemoryStore::new(Virtual::new()));
    assert!(Event::new("id:paid").apply_in_blocking(&store).is_err());
}
