//! An index of words. `tests/index.rs` is the example.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::{fs, io};

use serde::{Deserialize, Serialize};

/// Texts, by their names.
#[derive(Serialize, Deserialize)]
pub struct Documents(pub BTreeMap<String, String>);

impl Documents {
    /// Writes a number of texts.
    pub fn generate(count: u32) -> Documents {
        Documents((0..count).map(|number| (number.to_string(), format!("the text {number}"))).collect())
    }
}

/// An index in a directory: a file for each word, with the names of the texts that contain it.
pub struct Index(BTreeMap<String, BTreeSet<String>>);

impl Index {
    /// Indexes the texts into a directory.
    ///
    /// # Errors
    /// Fails if a file cannot be written.
    pub fn create(documents: &Documents, stop_words: &[String], dir: &Path) -> io::Result<Index> {
        let mut index: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (name, text) in &documents.0 {
            for word in text.split_whitespace().filter(|word| !stop_words.iter().any(|stop| stop == word)) {
                index.entry(word.to_owned()).or_default().insert(name.clone());
            }
        }
        for (word, names) in &index {
            fs::write(dir.join(word), names.iter().map(String::as_str).collect::<Vec<_>>().join("\n"))?;
        }
        Ok(Index(index))
    }

    /// Opens the index in a directory.
    ///
    /// # Errors
    /// Fails if a file cannot be read.
    pub fn open(dir: &Path) -> io::Result<Index> {
        let mut index = BTreeMap::new();
        for file in fs::read_dir(dir)? {
            let file = file?;
            let names = fs::read_to_string(file.path())?.lines().map(str::to_owned).collect();
            index.insert(file.file_name().to_string_lossy().into_owned(), names);
        }
        Ok(Index(index))
    }

    /// Returns the names of the texts that contain the word.
    pub fn search(&self, word: &str) -> Vec<&str> {
        self.0.get(word).into_iter().flatten().map(String::as_str).collect()
    }
}
