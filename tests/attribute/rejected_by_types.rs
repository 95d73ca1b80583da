//! Mistakes that only the compiler can see, because they are about types: what it says, and where.
