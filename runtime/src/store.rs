//! Artifacts on disk: open, publish, remove, and enforce the retention policy.
//!
//! An artifact exists if its manifest does. A publisher moves the files into place first and renames the manifest last.
//! A removal moves the manifest away first. So a reader that has the manifest has the files, and a process that is
//! killed at any point leaves the whole artifact or none.
//!
//! - [`artifact`]: [`Store`], one artifact of one key
//! - [`open`]: finds an artifact, checks its files, unpacks its archive
//! - [`publish`]: moves new files into place, built here or fetched from the remote cache
//! - [`removal`]: removes an artifact that no process uses
//! - [`retention`]: decides which artifacts to remove
//! - [`inventory`]: lists all artifacts
//!
//! Locks: [`lock`] for builds, [`read_lock`] for readers and removals.
//!
//! Formats: [`manifest`], [`archive`].
//!
//! Directories: [`files`] lists and protects those of an artifact, [`verification`] checks them, [`copy`] copies them
//! for one process, [`staging`] holds unfinished ones, [`kept`] those of failed tests, [`trash`] removed ones.

pub(crate) mod archive;
mod artifact;
pub(crate) mod copy;
mod files;
mod inventory;
mod kept;
pub(crate) mod lock;
pub(crate) mod manifest;
mod open;
mod publish;
mod read_lock;
mod removal;
pub(crate) mod retention;
mod staging;
mod trash;
mod verification;

pub(crate) use archive::packed;
pub(crate) use artifact::Store;
pub(crate) use files::{list, list_undigested};
pub(crate) use inventory::{Stored, dependents, inventory};
pub(crate) use kept::Keeper;
pub(crate) use open::{Entry, Found, Miss, Unpacked};
pub(crate) use publish::Adopted;
pub(crate) use read_lock::ReadLock;
pub(crate) use removal::{Removal, remove, set_aside};
pub(crate) use staging::{Staging, sweep as sweep_staging, sweep_private};
pub(crate) use trash::{set_aside_under_lock, sweep};
pub(crate) use verification::verify;

#[cfg(test)]
mod tests;
