//! The collection of a provider that does not exist is adopted, with two answered questions, and
//! what comes of it is spoken to the sandbox of that provider.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use sanspay_adopt::{Adoption, Answers, Collection, Verdict};
use sanspay_core::Wire;
use sanspay_core::profile::{LEAVES, LeafValue, Leaves};
use sanspay_ffi_free_tests::{Speaking, run_in, run_spelled, scenarios};
use sanspay_testkit::world::World;

const COLLECTION: &str = include_str!("data/aurora.postman.json");
const TRUTH: &str = include_str!("data/aurora.toml");

const ANSWERS: &str = r#"
    money = { form = "minor-integer" }
    status = { created = "PENDING", paid = "SETTLED", failed = "DECLINED", expired = "LAPSED" }
"#;

fn answers() -> Answers {
    Answers::from_toml(ANSWERS).unwrap()
}

fn one(value: LeafValue) -> LeafValue {
    match value {
        LeafValue::Text(text) => LeafValue::Texts(vec![text]),
        other => other,
    }
}

#[test]
fn money_and_the_meaning_of_words_are_asked_and_nothing_else_is() {
    let collection = Collection::read(COLLECTION).unwrap();
    let open = Adoption::new(&collection, Answers::new());
    let asked: Vec<&str> = open.questions().iter().map(|q| q.name.as_str()).collect();
    assert_eq!(asked, ["money.form", "status"]);
    assert_eq!(open.questions()[0].seen, ["1050"]);
    assert_eq!(
        open.questions()[1].seen,
        ["DECLINED", "LAPSED", "PENDING", "SETTLED"]
    );
    let refused = open.profile("aurora").unwrap_err();
    assert_eq!(refused.questions(), open.questions());
    assert!(Adoption::new(&collection, answers()).questions().is_empty());
}

#[test]
fn the_profile_that_comes_of_it_is_the_truth_leaf_by_leaf() {
    let collection = Collection::read(COLLECTION).unwrap();
    let written = Adoption::new(&collection, answers())
        .profile("aurora")
        .unwrap();
    let adopted = sanspay_profile::from_toml(&written).unwrap_or_else(|p| panic!("{p}\n{written}"));
    let truth = sanspay_profile::from_toml(TRUTH).unwrap();
    let mut wrong = Vec::new();
    for leaf in LEAVES {
        let (is, should) = (
            adopted.profile().leaves().get(leaf.path()),
            truth.profile().leaves().get(leaf.path()),
        );
        if one(is.clone()) != one(should.clone()) {
            wrong.push(format!("{}: {is:?} and not {should:?}", leaf.path()));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
    let graded = adopted.grade(sanspay_core::profile::Leaf::of("record.amount").unwrap());
    assert!(graded.evidence.unwrap().contains("Show"));
    assert!(written.contains("answered by a person"), "{written}");
}

#[test]
fn a_client_of_the_adopted_profile_passes_the_suite_at_that_providers_sandbox() {
    let collection = Collection::read(COLLECTION).unwrap();
    let written = Adoption::new(&collection, answers())
        .profile("aurora")
        .unwrap();
    let adopted = sanspay_profile::from_toml(&written).unwrap();
    let truth = sanspay_profile::from_toml(TRUTH).unwrap();
    let (client, provider) = (
        Wire::from(adopted.profile().clone()),
        Wire::from(truth.profile().clone()),
    );
    let mut differs = Vec::new();
    for scenario in scenarios::all() {
        let mut config = scenario.sandbox_config();
        config.partner.wire = provider.clone();
        let trace = run_in(&World::new(config), &Speaking(client.clone()), &scenario);
        // What a client of the truth does is the reference: some scenarios are about numbers.
        let reference = run_spelled(&sanspay_ffi_free_tests::InMemory, &scenario, &provider);
        differs.extend(
            trace
                .difference(&reference.lines())
                .map(|difference| format!("{}: {difference}", scenario.name())),
        );
    }
    assert_eq!(differs, Vec::<String>::new());
}

#[test]
fn every_saved_answer_is_read_and_every_request_is_laid_beside() {
    let collection = Collection::read(COLLECTION).unwrap();
    let adoption = Adoption::new(&collection, answers());
    let profile = sanspay_profile::from_toml(&adoption.profile("aurora").unwrap()).unwrap();
    let proofs = adoption.prove(profile.profile()).unwrap();
    let told: Vec<String> = proofs
        .iter()
        .map(|proof| format!("{}: {}", proof.what, proof.result.as_ref().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            "Auth / Get token / OK: a token",
            "Charges / Create / Created: payment, 10.50 USD, created",
            "our request beside Charges / Create: only ours: nothing; only theirs: \
             /merchant/data/cart /payer/email /statement/text /times/deadline /urls/abort /urls/back",
            "Transfers / Create / Created: payout, 10.50 USD, created",
            "our request beside Transfers / Create: only ours: /receiver; only theirs: \
             /receiver/iban /statement/text",
            "Transactions / Show / OK: payment, 10.50 USD, paid",
            "Transactions / List / More: 1 records, and more: payment, 10.50 USD, paid",
            "Transactions / List / OK: 2 records: payment, 10.50 USD, paid; payout, 10.50 USD, created",
            "Webhooks / charge.opened: payment.created: payment, 10.50 USD, created",
            "Webhooks / charge.settled: payment.paid: payment, 10.50 USD, paid",
            "Webhooks / charge.declined: payment.failed: payment, 10.50 USD, failed",
            "Webhooks / charge.lapsed: payment.expired: payment, 10.50 USD, expired",
        ]
    );
}

#[test]
fn a_report_says_field_by_field_what_differs_from_what_is_assumed() {
    let collection = Collection::read(COLLECTION).unwrap();
    let adoption = Adoption::new(&collection, answers());
    let report = adoption.report(&Leaves::new());
    assert!(report.differs());
    let verdict = |name: &str| {
        let line = report.lines().iter().find(|line| line.name == name);
        line.unwrap_or_else(|| panic!("{name}\n{report}")).verdict
    };
    assert_eq!(verdict("record.id"), Verdict::Differs);
    assert_eq!(verdict("token.answer.token_type"), Verdict::MissingThere);
    assert_eq!(verdict("page.offset"), Verdict::Matches);
    let text = report.to_string();
    assert!(
        text.contains("create_payment: Charges / Create, POST /v3/charges"),
        "{text}"
    );
    // Against its own profile nothing differs: what a check in CI asks.
    let own = adoption.report(&adoption.leaves());
    assert!(!own.differs(), "{own}");
}
