//! Plans as they are written, and what is wrong with them.

use super::*;
use crate::checkout::Resource;
use crate::checkout::resource::json;
use crate::error::Problem;

fn plan() -> Plan {
    let day = BillingCycle::regular(IntervalUnit::Day, 1, "0.01".parse().unwrap(), Currency::USD);
    Plan::new("Plan Name")
        .description("Plan Description")
        .cycle(day)
}

#[test]
fn a_plan_is_written_as_the_document_shows_it() {
    let shown = r#""name":"Plan Name","description":"Plan Description","status":"ACTIVE","billing_cycles":[{"frequency":{"interval_unit":"day","interval_count":1},"pricing_scheme":{"fixed_price":{"value":"0.01","currency_code":"USD"}},"tenure_type":"REGULAR","sequence":1,"total_cycles":0}],"payment_preferences":{"auto_bill_outstanding":true}}"#;
    let written = json(&Resource::Create(plan()));
    assert_eq!(written, format!("{{{shown}"));
    let update = Resource::Update {
        id: 2,
        details: plan(),
    };
    assert_eq!(json(&update), format!("{{\"id\":2,{shown}"));
}

#[test]
fn each_word_and_number_of_a_plan_is_written_as_it_is_meant() {
    let price = |text: &str| text.parse().unwrap();
    let plan = Plan::new("P")
        .status("INACTIVE")
        .auto_bill_outstanding(false)
        .cycle(BillingCycle::trial(
            IntervalUnit::Week,
            2,
            price("0"),
            Currency::EUR,
        ))
        .cycle(
            BillingCycle::regular(IntervalUnit::Month, 3, price("9.9"), Currency::EUR)
                .total_cycles(12),
        )
        .cycle(BillingCycle::regular(
            IntervalUnit::Year,
            1,
            price("99"),
            Currency::EUR,
        ));
    assert_eq!(
        json(&Resource::Create(plan)),
        r#"{"name":"P","status":"INACTIVE","billing_cycles":[{"frequency":{"interval_unit":"week","interval_count":2},"pricing_scheme":{"fixed_price":{"value":"0.00","currency_code":"EUR"}},"tenure_type":"TRIAL","sequence":1,"total_cycles":1},{"frequency":{"interval_unit":"month","interval_count":3},"pricing_scheme":{"fixed_price":{"value":"9.90","currency_code":"EUR"}},"tenure_type":"REGULAR","sequence":2,"total_cycles":12},{"frequency":{"interval_unit":"year","interval_count":1},"pricing_scheme":{"fixed_price":{"value":"99.00","currency_code":"EUR"}},"tenure_type":"REGULAR","sequence":3,"total_cycles":0}],"payment_preferences":{"auto_bill_outstanding":false}}"#
    );
}

#[test]
fn every_problem_of_a_plan_names_its_field() {
    let yen = Currency::new("JPY").unwrap();
    let plan = Plan::new("")
        .status("on")
        .cycle(BillingCycle::trial(IntervalUnit::Day, 0, "0".parse().unwrap(), yen).total_cycles(0))
        .cycle(BillingCycle::trial(
            IntervalUnit::Day,
            1,
            "0.001".parse().unwrap(),
            Currency::USD,
        ));
    let mut problems = Problems::new();
    plan.check(&mut problems);
    let error = problems.into_result("test").unwrap_err();
    let fields: Vec<_> = error.problems().iter().map(Problem::field).collect();
    assert_eq!(
        fields,
        [
            "plan.name",
            "plan.status",
            "plan.billing_cycles",
            "plan.billing_cycles[0].frequency.interval_count",
            "plan.billing_cycles[0].total_cycles",
            "plan.billing_cycles[0].pricing_scheme.fixed_price.currency_code",
            "plan.billing_cycles[1].pricing_scheme.fixed_price.value",
            "plan.billing_cycles",
        ]
    );
}
