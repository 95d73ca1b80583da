//! Spreads work over all cores. Meant for work that mostly waits for the system, such as reading files.

use std::thread;

/// Applies `work` to each item, on all cores. Returns the results in the order of the items.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let share = items.len().div_ceil(cores).max(1);
    let all_of = |items: &[T]| -> Vec<R> { items.iter().map(&work).collect() };
    thread::scope(|scope| {
        let mut shares = items.chunks(share);
        let own = shares.next().unwrap_or_default();
        let others: Vec<_> = shares.map(|share| scope.spawn(|| all_of(share))).collect();
        let mut results = all_of(own);
        for other in others {
            match other.join() {
                Ok(more) => results.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_have_the_order_of_the_items() {
        for items in 0..100 {
            let items: Vec<u32> = (0..items).collect();
            assert_eq!(map(&items, |item| item + 1), items.iter().map(|item| item + 1).collect::<Vec<_>>());
        }
    }
}
