//! The weights of the ranking.
//!
//! The ranking is BM25F: the occurrences of a term in the fields of a document are added, weighted by field, before
//! they are saturated. A pair of adjacent terms is one more term with a lower weight, so a phrase counts more than its
//! words. The words in the rest of the file add to the score of a document; see [`super::scores`].
//!
//! The constants were learned with the queries of `benches/code-index`: each was changed while the sum of four mean
//! reciprocal ranks rose. The four are those of 150 docstrings each of Django and scikit-learn, left in the files and
//! cut out. Other docstrings measure them. `benches/code-index/README.md` has the results.

use super::text::Field;
use crate::graph::NodeKind;

/// Returns the weight of one occurrence of a term in a field, by the field's length and its mean length.
pub(super) fn of_field(field: usize, length: usize, mean: f32) -> f32 {
    let [weight, share] = FIELDS[field];
    weight / (1.0 - share + share * as_float(length) / mean)
}

/// Returns the mean length of a field.
pub(super) fn mean(total: usize, documents: usize) -> f32 {
    (as_float(total) / as_float(documents.max(1))).max(f32::MIN_POSITIVE)
}

/// Returns the weight of two adjacent terms in a field; 0 if their order means nothing.
pub(super) fn of_pairs(field: usize) -> f32 {
    PAIRS[field]
}

/// Returns the factor for all terms of a node.
pub(super) fn factor(kind: NodeKind, is_aside: bool) -> f32 {
    let kind = match kind {
        NodeKind::Directory | NodeKind::File => FILE,
        NodeKind::Class => CLASS,
        NodeKind::Function => 1.0,
    };
    if is_aside { kind * ASIDE } else { kind }
}

/// Returns the stored form of a weight: saturated, so that the tenth occurrence counts less than the first.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the value is from 1 to 255")]
pub(super) fn stored(weight: f32, factor: f32) -> u8 {
    (255.0 * factor * weight / (weight + SATURATION)).round().clamp(1.0, 255.0) as u8
}

/// Returns the weight of a term in a document: its stored weight times its rarity.
pub(super) fn score(stored: u8, rarity: f32) -> f32 {
    f32::from(stored) / 255.0 * rarity
}

/// Returns the length of a file as a multiple of 1/256 of the mean length.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a conversion of floats saturates")]
pub(super) fn relative_length(length: usize, mean: f32) -> u32 {
    (256.0 * as_float(length) / mean).round() as u32
}

/// Returns the weight of a term in a file, by the sum of its weights in the file's documents and the relative length.
#[expect(clippy::cast_precision_loss, reason = "the number is a multiple of 1/256 of small lengths")]
pub(super) fn of_file(sum: f32, relative_length: u32) -> f32 {
    let [share, saturation, length] = WHOLE_FILE;
    let sum = sum / (1.0 - length + length * relative_length as f32 / 256.0);
    share * sum / (sum + saturation)
}

/// Returns the rarity of a term: the inverse document frequency of BM25, to a power.
pub(super) fn rarity(documents: usize, with_term: usize) -> f32 {
    (1.0 + (as_float(documents.saturating_sub(with_term)) + 0.5) / (as_float(with_term) + 0.5)).ln().powf(RARITY)
}

#[expect(clippy::cast_precision_loss, reason = "the numbers of terms and documents are far below 2^23")]
fn as_float(number: usize) -> f32 {
    number as f32
}

/// The factor for two words of a query that are one word of the text.
///
/// With the factor 1, the mean reciprocal ranks for Django fall by 0.009.
pub(super) const COMPOUND: f32 = 0.5;

/// For each field: the weight, and the share of the length in it.
const FIELDS: [[f32; 2]; Field::COUNT] =
    [[1.8, 0.3], [1.6, 0.3], [1.5, 0.3], [2.0, 0.75], [0.6, 0.5], [0.96, 0.75], [0.18, 0.5]];
/// The weights of pairs, by field.
///
/// They are 1.5 times those with the highest sum: the ranks with docstrings left in, which are the nearest to plain
/// BM25, rise by 0.002, and those without docstrings fall by 0.004.
const PAIRS: [f32; Field::COUNT] = [0.26, 0.2, 0.09, 0.6, 0.6, 0.32, 0.0];
/// The weight at which a term counts half.
const SATURATION: f32 = 1.2;
const RARITY: f32 = 0.85;
const FILE: f32 = 0.8;
const CLASS: f32 = 1.0;
/// The part of the score of the second document of a file that the first one gets.
pub(super) const SECOND: f32 = 0.2;
/// The share of a whole file in the score, the weight at which a term counts half, and the share of the length.
const WHOLE_FILE: [f32; 3] = [0.7, 2.0, 0.75];
/// The factor for tests, examples and benchmarks, which repeat the words of the code that they use.
const ASIDE: f32 = 0.45;
