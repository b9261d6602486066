//! The journal's promises: nothing acknowledged is lost, nothing executed is sent again.

use std::time::{Duration, SystemTime};

use md5::Digest as _;
use proptest::prelude::*;

use super::*;
use crate::Currency;
use crate::endpoint::Endpoint;
use crate::error::ErrorKind;
use crate::partner::{Expected, NewPayout};
use crate::wire::Api;
use crate::wire::BaseUrl;

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

fn payout(reference: &str) -> Intent {
    Intent::new("payout", reference)
}

fn id(byte: u8) -> RecordId {
    RecordId::from_bytes([byte; 16])
}

/// Does to any journal what the entry says.
fn store<J: Journal>(journal: &mut J, entry: &Entry) -> Result<(), J::Error> {
    match entry {
        Entry::Begun(unknown) => {
            let _ = journal.begin(&unknown.intent, unknown.sent_at)?;
        }
        Entry::Ended(intent, outcome) => {
            let open = journal.open()?.into_iter().find(|o| o.intent == *intent);
            let sent_by = open.map_or(SystemTime::UNIX_EPOCH, |open| open.sent_at);
            let _ = journal.end(intent, sent_by, *outcome)?;
        }
        Entry::Committed(update) => {
            journal.commit(update)?;
        }
    }
    Ok(())
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let intent = (0..2usize, 0..4u8).prop_map(|(kind, number)| {
        Intent::new(["payment", "payout"][kind], format!("r-{number}\n\"é"))
    });
    let outcome = prop_oneof![
        Just(Outcome::NotExecuted),
        (0..3u8).prop_map(|byte| Outcome::Executed(id(byte))),
    ];
    let update = (0..3u8, "paid|failed", 0..6u8).prop_map(|(order, status, key)| {
        OrderUpdate::new(order.to_string(), status, key.to_string())
    });
    prop_oneof![
        (intent.clone(), 0..1000u64, 0..1_000_000_000u32).prop_map(|(intent, seconds, nanos)| {
            let time = at(seconds) + Duration::from_nanos(nanos.into());
            Entry::Begun(UnknownOutcome::new(intent, time))
        }),
        (intent, outcome).prop_map(|(intent, outcome)| Entry::Ended(intent, outcome)),
        update.prop_map(Entry::Committed),
    ]
}

fn lines(entries: &[Entry]) -> Vec<u8> {
    entries.iter().flat_map(|e| e.to_line().unwrap()).collect()
}

fn sum(entries: &[Entry]) -> Entries {
    let mut sum = Entries::default();
    for entry in entries {
        sum.apply(entry);
    }
    sum
}

#[test]
fn what_is_open_or_executed_is_not_sent_again_and_what_was_not_executed_may_be() {
    let mut journal = MemoryJournal::default();
    let intent = payout("p-1");
    assert_eq!(journal.begin(&intent, at(30)), Ok(Begin::Send));
    let unknown = UnknownOutcome::new(intent.clone(), at(30));
    let look_up = Begin::LookUp(unknown.clone());
    assert_eq!(
        journal.begin(&intent, at(99)),
        Ok(look_up),
        "and keeps its time"
    );
    assert_eq!(journal.open(), Ok(vec![unknown]));
    let not_executed = Outcome::NotExecuted;
    assert_eq!(journal.end(&intent, at(30), not_executed), Ok(End::Stored));
    assert_eq!(journal.end(&intent, at(30), not_executed), Ok(End::Known));
    assert_eq!(journal.open(), Ok(vec![]));
    assert_eq!(journal.begin(&intent, at(200)), Ok(Begin::Send));
    let executed = Outcome::Executed(id(1));
    assert_eq!(journal.end(&intent, at(200), executed), Ok(End::Stored));
    assert_eq!(journal.end(&intent, at(200), not_executed), Ok(End::Known));
    assert_eq!(journal.begin(&intent, at(300)), Ok(Begin::Executed(id(1))));
    let payment = Intent::new("payment", "p-1");
    assert_eq!(
        journal.begin(&payment, at(300)),
        Ok(Begin::Send),
        "another type"
    );
}

#[test]
fn an_attempt_that_is_told_late_does_not_close_the_one_after_it() {
    let mut journal = MemoryJournal::default();
    let intent = payout("p-1");
    assert_eq!(journal.begin(&intent, at(30)), Ok(Begin::Send));
    // Another thread looks it up, finds nothing, and sends it once more: that answer is lost.
    let not_executed = Outcome::NotExecuted;
    assert_eq!(journal.end(&intent, at(30), not_executed), Ok(End::Stored));
    assert_eq!(journal.begin(&intent, at(200)), Ok(Begin::Send));
    // Only now the first thread says that its own attempt was refused.
    assert_eq!(journal.end(&intent, at(30), not_executed), Ok(End::Late));
    let open = UnknownOutcome::new(intent.clone(), at(200));
    assert_eq!(journal.begin(&intent, at(300)), Ok(Begin::LookUp(open)));
    // That one of them was executed is true whoever says it.
    let executed = Outcome::Executed(id(1));
    assert_eq!(journal.end(&intent, at(30), executed), Ok(End::Late));
    assert_eq!(journal.begin(&intent, at(400)), Ok(Begin::Executed(id(1))));
    // And the other one as well: paid twice, which somebody has to be told.
    let twice = Outcome::Executed(id(2));
    assert_eq!(journal.end(&intent, at(200), twice), Ok(End::Late));
}

#[test]
fn a_worker_that_wakes_after_it_was_given_up_is_told_that_it_came_late() {
    let mut journal = MemoryJournal::default();
    let intent = payout("p-1");
    assert_eq!(journal.begin(&intent, at(30)), Ok(Begin::Send));
    let given_up = journal.end(&intent, at(30), Outcome::NotExecuted);
    assert_eq!(given_up, Ok(End::Stored));
    let executed = Outcome::Executed(id(1));
    assert_eq!(journal.end(&intent, at(30), executed), Ok(End::Late));
    assert_eq!(
        journal.begin(&intent, at(90)),
        Ok(Begin::Executed(id(1))),
        "it is kept"
    );
}

fn paying(amount: &str, beneficiary: &str) -> Intent {
    let amount = amount.parse().unwrap();
    let expected = Expected::payout("p-1", amount, Currency::EUR);
    Intent::of(&expected).with_beneficiary(beneficiary)
}

#[test]
fn a_reference_that_is_used_for_something_else_is_a_conflict() {
    let mut journal = MemoryJournal::default();
    let first = paying("5", "DE00");
    assert_eq!(journal.begin(&first, at(30)), Ok(Begin::Send));
    for executed in [false, true] {
        for (other, field) in [
            (paying("6", "DE00"), "amount"),
            (paying("5", "DE01"), "beneficiary"),
        ] {
            let Ok(Begin::Conflict(differences)) = journal.begin(&other, at(99)) else {
                panic!("{field} {executed}")
            };
            let fields: Vec<_> = differences.iter().map(Problem::field).collect();
            assert_eq!(fields, [field]);
        }
        let same = journal.begin(&paying("5.00", "DE00"), at(99)).unwrap();
        assert_eq!(matches!(same, Begin::Executed(_)), executed);
        let executed = Outcome::Executed(id(1));
        let _ = journal
            .end(&Intent::new("payout", "p-1"), at(30), executed)
            .unwrap();
    }
}

#[test]
fn what_was_not_executed_may_be_corrected_under_its_reference() {
    let mut journal = MemoryJournal::default();
    let first = paying("5", "DE00");
    assert_eq!(journal.begin(&first, at(30)), Ok(Begin::Send));
    let refused = journal.end(&first, at(30), Outcome::NotExecuted);
    assert_eq!(refused, Ok(End::Stored));
    assert_eq!(journal.begin(&paying("6", "DE01"), at(60)), Ok(Begin::Send));
    let conflict = journal.begin(&first, at(99));
    assert!(
        matches!(conflict, Ok(Begin::Conflict(_))),
        "the corrected one counts now"
    );
}

#[test]
fn a_result_says_what_became_of_the_intent_unless_nobody_can_know() {
    let error = |kind| Err(Error::new(kind, "request payout", "for the test"));
    let refused = Outcome::of(&error(ErrorKind::Refused));
    assert_eq!(refused, Some(Outcome::NotExecuted));
    assert_eq!(Outcome::of(&error(ErrorKind::Conflict)), None);
    let lost = Error::new(ErrorKind::Lost, "request payout", "for the test");
    assert_eq!(Outcome::of(&Err(lost.with_outcome_unknown(None))), None);
    assert_eq!(
        Outcome::of_lookup(&Resolution::Absent),
        Some(Outcome::NotExecuted)
    );
}

/// The usual check for unique references answers 422 and not 409.
#[test]
fn a_refusal_that_names_the_reference_leaves_the_intent_open() {
    let api = Api::new(BaseUrl::new("https://api.example.com").unwrap());
    let payout = NewPayout::new("p-1", "5".parse().unwrap(), Currency::EUR, "DE00");
    let refused = |body: &str| {
        let answer = http::Response::builder().status(422);
        payout.read(&api, &answer.body(body.as_bytes()).unwrap())
    };
    for taken in [
        r#"{"message":"m","errors":{"reference":["The reference has already been taken."]}}"#,
        r#"{"message":"m","errors":{"data.reference":["taken"]}}"#,
        r#"{"message":"m","code":"duplicate_reference"}"#,
        r#"{"message":"m","code":"idempotency_key_reused"}"#,
    ] {
        let result = refused(taken);
        assert_eq!(Outcome::of(&result), None, "{taken}");
        let advice = result.unwrap_err().advice();
        assert!(advice.starts_with("look up"), "{advice}");
    }
    let wrong = r#"{"message":"m","code":"validation_failed","errors":{"amount":["too small"]}}"#;
    assert_eq!(Outcome::of(&refused(wrong)), Some(Outcome::NotExecuted));
}

#[test]
fn a_damaged_line_is_refused_by_its_number_and_a_torn_one_left_out() {
    let entries = [payout("p-1"), payout("p-2"), payout("p-3")]
        .map(|intent| Entry::Begun(UnknownOutcome::new(intent, at(1))));
    let file = lines(&entries);
    let second = file.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    for place in [second, second + 60] {
        let mut rotten = file.clone();
        rotten[place] ^= 1;
        assert_eq!(Entries::read(&rotten).unwrap_err().line(), 2);
    }
    let mut zeros = file.clone();
    zeros.extend([0; 512]);
    assert_eq!(Entries::read(&zeros), Ok((sum(&entries), file.len())));
}

#[test]
fn the_form_of_the_lines_stays_as_it_is() {
    let intent = payout("p-1 \"é\"\n\u{1}\\");
    let sent_at = SystemTime::UNIX_EPOCH + Duration::new(1_800_000_000, 5);
    let id = "6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d".parse().unwrap();
    let entries = [
        Entry::Begun(UnknownOutcome::new(intent.clone(), sent_at)),
        Entry::Ended(intent.clone(), Outcome::NotExecuted),
        Entry::Ended(intent, Outcome::Executed(id)),
        Entry::Committed(OrderUpdate::new("o-1", "paid", "k:1")),
    ];
    let file = concat!(
        r#"{"md5":"e297f12595bb1aa9424145b827dcaa4e","entry":{"begun":{"intent":{"record_type":"#,
        r#""payout","reference":"p-1 \"é\"\n\u0001\\"},"sent_at":{"secs_since_epoch":1800000000,"#,
        r#""nanos_since_epoch":5}}}}"#,
        "\n",
        r#"{"md5":"00b100840968a4a6d241aeb644b856bc","entry":{"ended":[{"record_type":"payout","#,
        r#""reference":"p-1 \"é\"\n\u0001\\"},"not_executed"]}}"#,
        "\n",
        r#"{"md5":"a3eb36285cd2083e9a9ba24138a698fa","entry":{"ended":[{"record_type":"payout","#,
        r#""reference":"p-1 \"é\"\n\u0001\\"},{"executed":"6f2b7c1e-6a0e-4f53-9f0e-0d6f3a1b2c3d"}]}}"#,
        "\n",
        r#"{"md5":"add1173b73206fe7f2db18aac6cf5702","entry":{"committed":{"order":"o-1","#,
        r#""status":"paid","dedup_key":"k:1"}}}"#,
        "\n",
    );
    assert_eq!(String::from_utf8(lines(&entries)).unwrap(), file);
    assert_eq!(
        Entries::read(file.as_bytes()),
        Ok((sum(&entries), file.len()))
    );
}

#[test]
fn a_line_with_an_amount_and_a_beneficiary_is_read_as_it_was_written() {
    let entry = Entry::Begun(UnknownOutcome::new(paying("5.00", "DE00"), at(1)));
    let line = concat!(
        r#"{"md5":"0f6b49517cd7a64d77ed5a0dacf8eae4","entry":{"begun":{"intent":{"record_type":"payout","#,
        r#""reference":"p-1","amount":"5.00","currency":"EUR","#,
        r#""fingerprint":"354ee441e82626e2e2ad2cdd7ee34eaa"},"#,
        r#""sent_at":{"secs_since_epoch":1,"nanos_since_epoch":0}}}}"#,
        "\n"
    );
    assert_eq!(String::from_utf8(entry.to_line().unwrap()).unwrap(), line);
    let read = Entries::read(line.as_bytes());
    assert_eq!(read, Ok((sum(&[entry]), line.len())));
}

#[test]
fn white_space_does_no_damage_and_whatever_is_there_twice_does() {
    let entry = Entry::Committed(OrderUpdate::new("o-1", "paid", "k:1"));
    let line = String::from_utf8(entry.to_line().unwrap()).unwrap();
    let with_spaces = line.replace(":{\"com", " : {\"com").replace('\n', "\r\n");
    for fine in [line.replace('\n', "\r\n"), with_spaces] {
        let read = Entries::read(fine.as_bytes());
        assert_eq!(read, Ok((sum(std::slice::from_ref(&entry)), fine.len())));
    }
    let committed = r#""committed":{"order":"o","status":"paid","dedup_key":"k"}"#;
    let twice = r#"{"committed":{"order":"o","order":"p","status":"paid","dedup_key":"k"}}"#;
    for wrong in [twice, &format!("{{{committed},{committed}}}"), "{}", "[]"] {
        let md5 = hex::encode(md5::Md5::digest(wrong));
        for more in ["", ",\"more\":0"] {
            let line = format!("{{\"md5\":\"{md5}\",\"entry\":{wrong}{more}}}\n");
            assert_eq!(Entries::read(line.as_bytes()).unwrap_err().line(), 1);
        }
    }
    let more = line.replace("}\n", ",\"more\":0}\n");
    assert_eq!(Entries::read(more.as_bytes()).unwrap_err().line(), 1);
}

#[test]
fn debug_shows_no_reference_and_no_order() {
    let entries = sum(&[
        Entry::Begun(UnknownOutcome::new(payout("SECRET"), at(1))),
        Entry::Committed(OrderUpdate::new("SECRET", "paid", "SECRET")),
    ]);
    let entry = Entry::Begun(UnknownOutcome::new(payout("SECRET"), at(1)));
    let update = OrderUpdate::new("SECRET", "paid", "SECRET");
    let journal = MemoryJournal::default();
    assert!(!format!("{entries:?}{entry:?}{update:?}{journal:?}").contains("SECRET"));
}

#[test]
fn a_time_before_1970_is_refused_and_not_misread() {
    let early = SystemTime::UNIX_EPOCH - Duration::from_secs(1);
    let entry = Entry::Begun(UnknownOutcome::new(payout("p"), early));
    assert!(entry.to_line().is_err());
}

proptest! {
    #[test]
    fn any_prefix_of_a_file_recovers_what_was_whole(
        entries in prop::collection::vec(any_entry(), 0..12), cut in any::<prop::sample::Index>(),
    ) {
        let file = lines(&entries);
        let cut = cut.index(file.len() + 1);
        let (read, whole) = Entries::read(&file[..cut]).unwrap();
        let complete = file[..cut].split(|byte| *byte == b'\n').count() - 1;
        prop_assert_eq!(read, sum(&entries[..complete]));
        prop_assert_eq!(whole, lines(&entries[..complete]).len());
    }

    #[test]
    fn any_changed_byte_is_noticed_or_torn(
        entries in prop::collection::vec(any_entry(), 1..6),
        place in any::<prop::sample::Index>(), change in 1u8..,
    ) {
        let mut file = lines(&entries);
        let place = place.index(file.len());
        file[place] ^= change;
        let all = sum(&entries);
        // Only the last line's own line feed can be lost without an error.
        let torn = sum(&entries[..entries.len() - 1]);
        if let Ok((read, _)) = Entries::read(&file) {
            prop_assert!(place == file.len() - 1 && read == torn || read == all);
        }
    }

    #[test]
    fn a_journal_written_anew_says_the_same(entries in prop::collection::vec(any_entry(), 0..40)) {
        let all = sum(&entries);
        let fewest: Vec<_> = all.compact().collect();
        prop_assert!(fewest.len() <= entries.len());
        prop_assert_eq!(sum(&fewest), all);
    }

    /// A journal stores only news, and its lines add up to what it says itself.
    #[test]
    fn the_journal_and_its_lines_agree(entries in prop::collection::vec(any_entry(), 0..40)) {
        let mut journal = MemoryJournal::default();
        for entry in &entries {
            store(&mut journal, entry).unwrap();
        }
        prop_assert_eq!(journal.open().unwrap(), sum(&entries).open().collect::<Vec<_>>());
        let all = sum(&entries);
        for order in ["0", "1", "2"] {
            let status = journal.order_status(order).unwrap();
            prop_assert_eq!(status.as_deref(), all.order_status(order));
        }
    }
}
