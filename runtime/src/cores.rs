//! Spreads work over all cores. Meant for work that mostly waits for the system, such as reading files.

use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

/// Applies `work` to each item, on all cores. Returns the results in the order of the items.
pub(crate) fn map<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let size = items.len().div_ceil(cores).max(1);
    let shares: Vec<_> = items.chunks(size).map(|share| (share, Mutex::new(Vec::new()))).collect();
    in_parallel(shares.len(), &|number| {
        let (share, results) = &shares[number];
        *results.lock().unwrap_or_else(PoisonError::into_inner) = share.iter().map(&work).collect();
    });
    shares.into_iter().flat_map(|(_, results)| results.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

/// Calls `work` with each number below `count`, on as many threads. A generic function would compile the code of
/// threads once for each caller.
fn in_parallel(count: usize, work: &(dyn Fn(usize) + Sync)) {
    thread::scope(|scope| {
        let others: Vec<_> = (1..count).map(|number| scope.spawn(move || work(number))).collect();
        if count > 0 {
            work(0);
        }
        for other in others {
            other.join().unwrap_or_else(|panic| resume_unwind(panic));
        }
    });
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
