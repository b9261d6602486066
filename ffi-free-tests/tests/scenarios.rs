//! Every operation through the core against the in-memory sandbox in virtual time, no socket.

use sanspay_ffi_free_tests::{InMemory, disagreements, scenarios};

#[test]
fn the_in_memory_driver_does_what_every_scenario_expects() {
    let disagreements = disagreements(&InMemory, &scenarios::all());
    assert!(disagreements.is_empty(), "\n{}", disagreements.join("\n"));
}
