//! Tests that write to a database. It is migrated and filled once, and each test writes to its own copy.

use std::{fs, path::Path, sync::Mutex};

use cached_smoke::{Result, Scratch, artifact, cached_smoke};
use rusqlite::Connection;

/// The database. A connection is not `Sync`, and artifacts are.
struct Shop(Mutex<Connection>);

impl Shop {
    fn open(dir: &Path) -> rusqlite::Result<Shop> {
        Ok(Shop(Connection::open(dir.join("shop.db"))?.into()))
    }

    fn execute(&mut self, statement: &str) -> Result<usize> {
        Ok(self.0.get_mut().expect("one thread").execute(statement, [])?)
    }
}

#[artifact(load = Shop::open, key = |key| key.directory("migrations"))]
fn shop(dir: &Path) -> Result<Shop> {
    let db = Connection::open(dir.join("shop.db"))?;
    for file in ["migrations/1-books.sql", "migrations/2-stock.sql"] {
        db.execute_batch(&fs::read_to_string(file)?)?;
    }
    Ok(Shop(db.into()))
}

#[cached_smoke]
fn sells_a_book(mut shop: Scratch<Shop>) {
    assert_eq!(shop.execute("UPDATE books SET copies = 0 WHERE title = 'book 7'").expect("sold"), 1);
}

#[cached_smoke]
fn sells_all_books(mut shop: Scratch<Shop>) {
    assert_eq!(shop.execute("UPDATE books SET copies = copies - 1").expect("sold"), 100_000);
}
