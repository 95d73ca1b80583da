//! Ordered maps and sets.

/// Collects few items into an ordered map or set.
///
/// [`Iterator::collect`] first sorts the items, so it compiles a sort for each type of iterator. For thousands of items
/// in order, it is faster.
pub(crate) fn collect<T, C: Default + Extend<T>>(items: impl IntoIterator<Item = T>) -> C {
    let mut collection = C::default();
    collection.extend(items);
    collection
}
