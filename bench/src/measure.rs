//! Two closures against each other: interleaved rounds, minimum over minimum.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// How long one batch runs: short enough that many batches pass undisturbed on a busy machine,
/// long enough that reading the clock does not show.
const BATCH: Duration = Duration::from_micros(20);

/// How much is measured.
#[derive(Clone, Copy)]
pub struct Effort {
    /// Whether this is the short form that CI runs.
    pub short: bool,
}

impl Effort {
    /// The time that one comparison takes.
    pub fn budget(self) -> Duration {
        Duration::from_millis(if self.short { 150 } else { 2000 })
    }

    /// The time that one comparison with IO takes.
    pub fn io_budget(self) -> Duration {
        Duration::from_millis(if self.short { 1000 } else { 5000 })
    }
}

/// What one operation costs.
#[derive(Clone, Copy)]
pub struct Cost {
    /// The least time of one operation.
    pub nanos: f64,
    /// How often it asks the allocator.
    pub allocations: u64,
    /// How many bytes it asks for.
    pub bytes: u64,
}

/// Measures `floor` and `ours` in turns.
pub fn compare<A, B>(
    effort: Effort,
    mut floor: impl FnMut() -> A,
    mut ours: impl FnMut() -> B,
) -> (Cost, Cost) {
    let (floor_batch, our_batch) = (batch_size(&mut floor), batch_size(&mut ours));
    let (mut floor_nanos, mut our_nanos) = (f64::INFINITY, f64::INFINITY);
    let begun = Instant::now();
    while begun.elapsed() < effort.budget() {
        floor_nanos = floor_nanos.min(batch(floor_batch, &mut floor));
        our_nanos = our_nanos.min(batch(our_batch, &mut ours));
    }
    let cost = |nanos, heap: allocation_counter::AllocationInfo| Cost {
        nanos,
        allocations: heap.count_total,
        bytes: heap.bytes_total,
    };
    (
        cost(floor_nanos, heap_of(&mut floor)),
        cost(our_nanos, heap_of(&mut ours)),
    )
}

fn heap_of<T>(f: &mut impl FnMut() -> T) -> allocation_counter::AllocationInfo {
    allocation_counter::measure(|| {
        black_box(f());
    })
}

/// The nanoseconds of one operation in a batch of `size`.
fn batch<T>(size: u32, f: &mut impl FnMut() -> T) -> f64 {
    let begun = Instant::now();
    for _ in 0..size {
        black_box(f());
    }
    begun.elapsed().as_secs_f64() * 1e9 / f64::from(size)
}

fn batch_size<T>(f: &mut impl FnMut() -> T) -> u32 {
    let mut size = 1;
    loop {
        let nanos = batch(size, f) * f64::from(size);
        if nanos >= BATCH.as_secs_f64() * 1e9 || size >= 1 << 16 {
            return size;
        }
        size *= 2;
    }
}
