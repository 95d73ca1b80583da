//! Decodes the text of a Python file.

use std::str;

use encoding_rs::Encoding;

/// Decodes a file as Python does: by its byte order mark, its encoding cookie, or else as UTF-8.
///
/// Returns `None` if the bytes do not fit the encoding. `\r\n` and `\r` become `\n`, as by Python's universal newlines,
/// so the line ends of a checkout do not change the graph.
pub(crate) fn decode(bytes: Vec<u8>) -> Option<String> {
    let text = match cookie(&bytes) {
        Some(label) if !is_utf8(label) => in_encoding(&bytes, label)?,
        _ => String::from_utf8(bytes).ok()?,
    };
    Some(if text.contains('\r') { text.replace("\r\n", "\n").replace('\r', "\n") } else { text })
}

/// Returns the encoding that a comment in the first two lines declares; see PEP 263.
fn cookie(bytes: &[u8]) -> Option<&str> {
    const MARK: &[u8] = b"coding";

    let (first, rest) = first_line(bytes);
    let (second, _) = first_line(rest);
    let first = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first);
    let is_comment = |line: &[u8]| line.trim_ascii_start().first().is_none_or(|&byte| byte == b'#');
    // The second line counts only below a comment.
    let candidates = [Some(first), Some(second).filter(|_| is_comment(first))];
    candidates.into_iter().flatten().filter(|line| is_comment(line)).find_map(|line| {
        let marks = line.windows(MARK.len()).enumerate().filter(|(_, window)| *window == MARK);
        marks.into_iter().find_map(|(position, _)| {
            let (b':' | b'=', label) = line[position + MARK.len()..].split_first()? else { return None };
            let label = label.trim_ascii_start();
            let end = label.iter().position(|&byte| !byte.is_ascii_alphanumeric() && !b"-_.".contains(&byte));
            str::from_utf8(&label[..end.unwrap_or(label.len())]).ok().filter(|label| !label.is_empty())
        })
    })
}

/// Splits the first line from the others, at any kind of line end.
fn first_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(bytes.len());
    let (line, rest) = bytes.split_at(end);
    (line, rest.strip_prefix(b"\r\n").or_else(|| rest.get(1..)).unwrap_or_default())
}

fn is_utf8(label: &str) -> bool {
    matches!(normal(label).as_str(), "utf8" | "utf8sig" | "u8")
}

fn in_encoding(bytes: &[u8], label: &str) -> Option<String> {
    match normal(label).as_str() {
        // The standard of the web, which encoding_rs follows, reads both as windows-1252. Python does not.
        "latin1" | "iso88591" | "l1" => Some(bytes.iter().map(|&byte| char::from(byte)).collect()),
        "ascii" | "usascii" => bytes.is_ascii().then(|| String::from_utf8_lossy(bytes).into_owned()),
        normal => {
            let encoding = Encoding::for_label(label.replace('_', "-").as_bytes())
                .or_else(|| Encoding::for_label(normal.as_bytes()))
                .or_else(|| {
                    normal
                        .strip_prefix("cp125")
                        .and_then(|page| Encoding::for_label(format!("windows-125{page}").as_bytes()))
                })?;
            encoding.decode_without_bom_handling_and_without_replacement(bytes).map(String::from)
        }
    }
}

/// Returns a label as Python compares it: in lower case, without `-`, `_` and `.`.
fn normal(label: &str) -> String {
    label.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect()
}
