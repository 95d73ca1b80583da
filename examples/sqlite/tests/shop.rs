//! Tests that write to a database. It is migrated and filled once, and each test writes to its own copy.
use std::{fs, sync::Mutex};

use cached_smoke::{Artifact, BuildContext, CodeFingerprint, LoadContext, Result, Scratch, Session, Suite};
use rusqlite::Connection;

struct Smoke;
impl Suite for Smoke {
    type Config = ();
    const CODE: CodeFingerprint = cached_smoke::code_fingerprint!("tests");
}

/// The database. A connection is not `Sync`, and artifacts are.
struct Shop(Mutex<Connection>);
impl Artifact<Smoke> for Shop {
    const NAME: &'static str = "shop";

    fn build(cx: &BuildContext<'_, Smoke>) -> Result<Self> {
        let db = Connection::open(cx.dir().join("shop.db"))?;
        for file in ["1-books.sql", "2-stock.sql"] {
            db.execute_batch(&fs::read_to_string(cx.repo().path().join(file))?)?;
        }
        Ok(Shop(db.into()))
    }
    fn load(cx: &LoadContext<'_, Smoke>) -> Result<Self> {
        Ok(Shop(Connection::open(cx.dir().join("shop.db"))?.into()))
    }
}
fn execute(statement: &str) -> Result<usize> {
    let mut shop: Scratch<Shop> = Session::<Smoke>::open("migrations")?.scratch()?;
    Ok(shop.0.get_mut().expect("no other thread uses it").execute(statement, [])?)
}
#[test]
fn sells_a_book() {
    assert_eq!(execute("UPDATE books SET copies = 0 WHERE title = 'book 7'").expect("sold"), 1);
}
#[test]
fn sells_all_books() {
    assert_eq!(execute("UPDATE books SET copies = copies - 1").expect("sold"), 100_000);
}
