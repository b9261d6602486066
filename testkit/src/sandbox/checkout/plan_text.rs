//! What a plan costs, as a payer would say it.

use serde_json::{Map, Value};

use super::resources::{fixed_price, text};

/// Such as `USD 9.99 every month, first 7 days free`: what goes on first, then what comes before.
pub(super) fn describe(plan: &Map<String, Value>) -> String {
    let cycles = plan.get("billing_cycles").and_then(Value::as_array);
    let mut cycles: Vec<Cycle<'_>> = cycles
        .into_iter()
        .flatten()
        .filter_map(Cycle::read)
        .collect();
    cycles.sort_by_key(|cycle| cycle.sequence);
    let (trials, regular): (Vec<_>, Vec<_>) = cycles.into_iter().partition(|cycle| cycle.trial);
    let mut phrases: Vec<String> = Vec::new();
    for (index, cycle) in regular.iter().enumerate() {
        phrases.push(cycle.regular(if index == 0 { "" } else { "later " }));
    }
    for (index, cycle) in trials.iter().enumerate() {
        phrases.push(cycle.trial(if index == 0 { "first" } else { "next" }));
    }
    phrases.join(", ")
}

struct Cycle<'a> {
    trial: bool,
    sequence: u64,
    unit: String,
    count: u64,
    /// How many periods; 0 is without an end.
    periods: u64,
    amount: String,
    currency: &'a str,
}

impl<'a> Cycle<'a> {
    fn read(cycle: &'a Value) -> Option<Self> {
        let object = cycle.as_object()?;
        let frequency = object.get("frequency")?.as_object()?;
        let (amount, currency) = fixed_price(cycle)?;
        let number = |object: &Map<String, Value>, name: &str| {
            object.get(name).and_then(Value::as_u64).unwrap_or_default()
        };
        Some(Self {
            trial: text(object, "tenure_type") == "TRIAL",
            sequence: number(object, "sequence"),
            unit: text(frequency, "interval_unit").to_ascii_lowercase(),
            count: number(frequency, "interval_count"),
            periods: number(object, "total_cycles"),
            amount,
            currency,
        })
    }

    /// `every month`, `every 3 months`.
    fn every(&self) -> String {
        match self.count {
            1 => format!("every {}", self.unit),
            count => format!("every {count} {}s", self.unit),
        }
    }

    /// `USD 9.99 every month`, `USD 9.99 every month, 12 times`.
    fn regular(&self, before: &str) -> String {
        let Self {
            amount, currency, ..
        } = self;
        let times = match self.periods {
            0 => String::new(),
            1 => ", once".to_owned(),
            times => format!(", {times} times"),
        };
        format!("{before}{currency} {amount} {}{times}", self.every())
    }

    /// `first 7 days free`, `first month USD 1.00`, `next 3 months USD 1.00 every month`.
    fn trial(&self, which: &str) -> String {
        let Self {
            amount,
            currency,
            unit,
            ..
        } = self;
        let whole = match self.count.saturating_mul(self.periods.max(1)) {
            1 => format!("{which} {unit}"),
            units => format!("{which} {units} {unit}s"),
        };
        if amount.bytes().all(|byte| matches!(byte, b'0' | b'.')) {
            format!("{whole} free")
        } else if self.periods > 1 {
            format!("{whole} {currency} {amount} {}", self.every())
        } else {
            format!("{whole} {currency} {amount}")
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn words(cycles: &[(&str, &str, u64, u64, &str)]) -> String {
        let mut cycles: Vec<Value> = cycles
            .iter()
            .enumerate()
            .map(
                |(sequence, (tenure, unit, count, periods, value)): (usize, &_)| {
                    json!({
                        "frequency": {"interval_unit": unit, "interval_count": count},
                        "pricing_scheme": {"fixed_price": {"value": value, "currency_code": "USD"}},
                        "tenure_type": tenure, "sequence": sequence + 1, "total_cycles": periods,
                    })
                },
            )
            .collect();
        cycles.reverse();
        let value = json!({"name": "Tea club", "billing_cycles": cycles});
        describe(value.as_object().unwrap())
    }

    #[test]
    fn plans_read_as_a_payer_would_say_them() {
        let month = ("REGULAR", "month", 1, 0, "9.99");
        for (cycles, expected) in [
            (vec![month], "USD 9.99 every month"),
            (
                vec![("TRIAL", "day", 7, 1, "0"), month],
                "USD 9.99 every month, first 7 days free",
            ),
            (
                vec![("TRIAL", "DAY", 1, 7, "0.00"), month],
                "USD 9.99 every month, first 7 days free",
            ),
            (
                vec![("TRIAL", "month", 1, 1, "1"), month],
                "USD 9.99 every month, first month USD 1.00",
            ),
            (
                vec![
                    ("TRIAL", "week", 2, 1, "0"),
                    ("TRIAL", "month", 1, 3, "4.5"),
                    month,
                ],
                "USD 9.99 every month, first 2 weeks free, next 3 months USD 4.50 every month",
            ),
            (
                vec![("REGULAR", "month", 3, 4, "25")],
                "USD 25.00 every 3 months, 4 times",
            ),
            (
                vec![
                    ("REGULAR", "year", 1, 1, "5"),
                    ("REGULAR", "year", 1, 0, "10"),
                ],
                "USD 5.00 every year, once, later USD 10.00 every year",
            ),
        ] {
            assert_eq!(words(&cycles), expected);
        }
    }
}
