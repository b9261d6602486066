//! Makes a failing case small: takes out whatever the violation does not need.

use super::engine::run;
use super::mutation::Mutation;
use super::plan::Case;
use super::report::Violation;

/// The most runs that shrinking takes.
const MOST_RUNS: usize = 600;

/// The smallest case found in which the same invariant breaks, with its story.
pub(super) fn shrink(found: Violation, mutation: Option<Mutation>) -> Violation {
    let invariant = found.invariant;
    let mut best = found.case.clone();
    let mut runs = 0;
    let mut still_fails = |case: &Case| {
        runs += 1;
        runs <= MOST_RUNS
            && run(case, mutation, false)
                .0
                .is_err_and(|violation| violation.invariant == invariant)
    };
    loop {
        let before = best.clone();
        let (_, touched) = run(&best, mutation, false);
        let operations: Vec<_> = touched.operations.into_iter().collect();
        best = without_chunks(best, &operations, &mut still_fails, |case, taken| {
            case.without.extend(taken.iter().copied());
        });
        let (_, touched) = run(&best, mutation, false);
        let faulty: Vec<_> = touched.faulty.into_iter().collect();
        best = without_chunks(best, &faulty, &mut still_fails, |case, taken| {
            case.calm.extend(taken.iter().cloned());
        });
        if best == before {
            break;
        }
    }
    // Operations that were taken out say nothing; messages that no longer exist neither.
    let (result, _) = run(&best, mutation, true);
    result.err().unwrap_or(found)
}

/// Takes out ever smaller chunks, as long as it still fails.
fn without_chunks<T>(
    mut best: Case,
    items: &[T],
    still_fails: &mut impl FnMut(&Case) -> bool,
    take_out: impl Fn(&mut Case, &[T]),
) -> Case {
    let mut size = items.len();
    while size > 0 {
        for chunk in items.chunks(size) {
            let mut smaller = best.clone();
            take_out(&mut smaller, chunk);
            if smaller != best && still_fails(&smaller) {
                best = smaller;
            }
        }
        size /= 2;
    }
    best
}
