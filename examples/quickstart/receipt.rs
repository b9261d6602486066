//! Prints one aligned line for each step: what was done, how long it took, what came of it.

use std::error::Error;
use std::io::{IsTerminal, stdout};
use std::time::{Duration, Instant};

pub(crate) struct Receipt {
    colour: bool,
    began: Instant,
    steps: u32,
}

impl Receipt {
    pub(crate) fn new(title: &str) -> Self {
        println!("{title}\n");
        let colour = stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
        Self {
            colour,
            began: Instant::now(),
            steps: 0,
        }
    }

    pub(crate) fn chapter(&self, name: &str) {
        println!("  {}", self.painted("1", name));
    }

    /// Does a step and prints its line; an error ends the run.
    pub(crate) fn step<T>(
        &mut self,
        name: &str,
        act: impl FnOnce() -> Result<(T, String), Box<dyn Error>>,
    ) -> Result<T, Box<dyn Error>> {
        let began = Instant::now();
        let result = act();
        let took = millis(began.elapsed());
        self.steps += 1;
        let (mark, told) = match &result {
            Ok((_, told)) => (self.painted("32", "ok  "), told.clone()),
            Err(error) => (self.painted("31", "FAIL"), error.to_string()),
        };
        println!("    {mark} {name:<36} {took:>9}  {told}");
        result.map(|(value, _)| value)
    }

    pub(crate) fn end(self) {
        let took = millis(self.began.elapsed());
        println!("\n  {} steps in {took}, each as it should be", self.steps);
    }

    fn painted(&self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

fn millis(duration: Duration) -> String {
    format!(
        "{}.{:02} ms",
        duration.as_millis(),
        duration.subsec_micros() % 1000 / 10
    )
}

/// Ends a step that is not what it should be.
pub(crate) fn expect(fine: bool, otherwise: &str) -> Result<(), Box<dyn Error>> {
    if fine { Ok(()) } else { Err(otherwise.into()) }
}
