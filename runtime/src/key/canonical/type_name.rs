//! The names of collection types, as the compiler spells them.

use super::form::name;

/// Returns the path of a type without references and type arguments.
pub(super) fn path_of<T: ?Sized>() -> &'static str {
    let name = std::any::type_name::<T>().trim_start_matches('&').trim_start_matches("mut ");
    if name.starts_with('[') { "slice" } else { name.split('<').next().unwrap_or(name) }
}

/// Returns the last component of the type's path.
pub(super) fn label_of<T: ?Sized>() -> String {
    let path = path_of::<T>();
    name(path.rsplit("::").next().unwrap_or(path))
}

/// Returns `true` for hash tables and their iterators, which yield elements in an arbitrary order.
pub(super) fn is_hash_table<T: ?Sized>() -> bool {
    let path = path_of::<T>();
    path.starts_with("std::collections::hash::") || path.starts_with("hashbrown::")
}
