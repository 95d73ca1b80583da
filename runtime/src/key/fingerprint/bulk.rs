//! Computes the BLAKE3 digest of a large file on all cores.

use std::fs::File;
use std::io;

use blake3::Hash;

/// The size of a piece that one core digests, in bytes. A power of two, so that a piece is a subtree of BLAKE3's tree.
#[cfg(unix)]
const PIECE: u64 = 16 << 20;

/// Returns the digest of an open file, which must be at its beginning.
#[cfg(unix)]
pub(super) fn digest(file: &File) -> io::Result<Hash> {
    match digest_pieces(file, PIECE)? {
        Some(hash) => Ok(hash),
        None => digest_in_order(file),
    }
}

#[cfg(not(unix))]
pub(super) fn digest(file: &File) -> io::Result<Hash> {
    digest_in_order(file)
}

fn digest_in_order(file: &File) -> io::Result<Hash> {
    let mut hasher = blake3::Hasher::new();
    Ok(hasher.update_reader(file)?.finalize())
}

/// Digests the pieces of a file in parallel. Returns `None` if the file has only one piece, or is shorter than its
/// metadata says.
#[cfg(unix)]
fn digest_pieces(file: &File, piece: u64) -> io::Result<Option<Hash>> {
    use blake3::hazmat::{Mode, left_subtree_len, merge_subtrees_root};
    let length = file.metadata()?.len();
    if length <= piece {
        return Ok(None);
    }
    let pieces: Vec<(u64, u64)> =
        (0..length.div_ceil(piece)).map(|index| (index * piece, piece.min(length - index * piece))).collect();
    let values = crate::cores::map(&pieces, |(offset, length)| digest_piece(file, *offset, *length));
    let values = match values.into_iter().collect::<io::Result<Vec<_>>>() {
        // Another process truncated the file.
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        values => values?,
    };
    let left = left_subtree_len(length);
    let (first, rest) = values.split_at(usize::try_from(left / piece).map_err(io::Error::other)?);
    let (left, right) = (merge(first, left, piece)?, merge(rest, length - left, piece)?);
    Ok(Some(merge_subtrees_root(&left, &right, Mode::Hash)))
}

#[cfg(unix)]
fn digest_piece(file: &File, offset: u64, length: u64) -> io::Result<blake3::hazmat::ChainingValue> {
    use blake3::hazmat::HasherExt;
    use std::os::unix::fs::FileExt;
    let mut buffer = vec![0; 1 << 16];
    let mut hasher = blake3::Hasher::new();
    hasher.set_input_offset(offset);
    let mut done = 0;
    while done < length {
        let next = usize::try_from(length - done).map_or(buffer.len(), |rest| rest.min(buffer.len()));
        file.read_exact_at(&mut buffer[..next], offset + done)?;
        hasher.update(&buffer[..next]);
        done += next as u64;
    }
    Ok(hasher.finalize_non_root())
}

/// Returns the value of the subtree over `values`, which stand for `length` bytes.
#[cfg(unix)]
fn merge(
    values: &[blake3::hazmat::ChainingValue],
    length: u64,
    piece: u64,
) -> io::Result<blake3::hazmat::ChainingValue> {
    use blake3::hazmat::{Mode, left_subtree_len, merge_subtrees_non_root};
    if let [value] = values {
        return Ok(*value);
    }
    let left = left_subtree_len(length);
    let (first, rest) = values.split_at(usize::try_from(left / piece).map_err(io::Error::other)?);
    Ok(merge_subtrees_non_root(&merge(first, left, piece)?, &merge(rest, length - left, piece)?, Mode::Hash))
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::{Seek, Write};

    use super::*;

    #[test]
    fn pieces_have_the_digest_of_the_whole_file() {
        const PIECE: u64 = 1 << 12;
        let mut random = fastrand::Rng::with_seed(3);
        for pieces in [1, 2, 3, 4, 5, 7, 8, 9, 17] {
            for more in [0, 1, 1023, 1024, 1025] {
                let content: Vec<u8> = (0..pieces * PIECE + more).map(|_| random.u8(..)).collect();
                let mut file = tempfile::tempfile().expect("a temporary file");
                file.write_all(&content).expect("written");
                file.rewind().expect("read again");
                let digest = digest_pieces(&file, PIECE).expect("read");
                let expected = blake3::hash(&content);
                assert_eq!(digest.is_none(), content.len() as u64 <= PIECE);
                assert_eq!(digest.unwrap_or_else(|| digest_in_order(&file).expect("read")), expected);
            }
        }
    }
}
