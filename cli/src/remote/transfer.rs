//! Files to and from the service, a piece at a time.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;

use cached_smoke::tooling::remote::Blob;
use futures::TryStreamExt;
use opendal::ErrorKind;

use super::service::{CONTENT_TYPE, Service, explain, was_faster};

/// Large enough for the parts that S3 wants (5 MiB at least), small enough to hold some at once.
const PIECE: usize = 8 << 20;
/// At once: one connection seldom fills a line.
const CONNECTIONS: usize = 4;
/// Of an entry: more than the manifest of a hundred thousand files has.
pub(super) const MAX_ENTRY: usize = 32 << 20;
/// Of a lease.
pub(super) const MAX_LEASE: usize = 1024;
/// Read from disk at once.
const BUFFER: usize = 1 << 20;

/// Writes a blob to the new file `into`; whether it was there. Not a byte more than it is said to have. `progress` is told how far it is
/// whenever anything was done.
pub(super) async fn fetch(
    service: &Service,
    blob: &Blob,
    into: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<bool, String> {
    let (operator, path) = (&service.objects, service.blob(&blob.blake3)?);
    let mut file = File::create_new(into).map_err(|error| format!("{} cannot be made: {error}", into.display()))?;
    if blob.size == 0 {
        return Ok(true);
    }
    let pieces = async {
        let reader = operator.reader_with(&path).chunk(PIECE).concurrent(CONNECTIONS).await?;
        reader.into_bytes_stream(0..blob.size).await
    };
    let mut pieces = match pieces.await {
        Ok(pieces) => pieces,
        Err(error) => return absent_or_failed(service, blob, &path, error, progress).await,
    };
    let mut arrived = 0;
    loop {
        match pieces.try_next().await {
            Ok(Some(piece)) => {
                arrived += piece.len();
                progress(&format!("{} MB have arrived", arrived / 1_000_000));
                file.write_all(&piece).map_err(|error| format!("{} cannot be written: {error}", into.display()))?;
            }
            Ok(None) => return Ok(true),
            Err(error) => return absent_or_failed(service, blob, &path, of_stream(error), progress).await,
        }
    }
}

/// What could not be read is as good as absent if it is not there, or has another size: then it is not the blob.
async fn absent_or_failed(
    service: &Service,
    blob: &Blob,
    path: &str,
    error: opendal::Error,
    progress: &mut dyn FnMut(&str),
) -> Result<bool, String> {
    progress("it cannot be read");
    if error.kind() == ErrorKind::NotFound || matches!(is_there(service, path, Some(blob.size)).await, Ok(false)) {
        return Ok(false);
    }
    Err(explain("read from it", &error))
}

/// Keeps a file's bytes, unless they are there already; how many were written. `progress` is told how far it is whenever anything was done.
pub(super) async fn store(
    service: &Service,
    blob: &Blob,
    from: &Path,
    replace: bool,
    progress: &mut dyn FnMut(&str),
) -> Result<u64, String> {
    let path = service.blob(&blob.blake3)?;
    if !replace && is_there(service, &path, Some(blob.size)).await? {
        return Ok(0);
    }
    progress("it is not there yet");
    let error = match upload(service, &path, from, progress).await? {
        Ok(()) => return Ok(blob.size),
        Err(error) => error,
    };
    // Nothing is replaced there, or somebody has written the same bytes at this moment.
    if was_faster(&error) && (!service.replaces() || is_there(service, &path, Some(blob.size)).await?) {
        return Ok(0);
    }
    Err(explain("write to it", &error))
}

/// The outer error is that of the file, the inner one the service's.
async fn upload(
    service: &Service,
    path: &str,
    from: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<opendal::Result<()>, String> {
    let unreadable = |error| format!("{} cannot be read: {error}", from.display());
    let mut file = File::open(from).map_err(unreadable)?;
    if !service.can().write_can_multi {
        // Such a service takes a value as a whole.
        let mut whole = Vec::new();
        file.read_to_end(&mut whole).map_err(unreadable)?;
        return Ok(service.write(path, whole).await.map(drop));
    }
    let writer = service.objects.writer_with(path).content_type(CONTENT_TYPE).chunk(PIECE).concurrent(CONNECTIONS);
    let mut writer = match writer.await {
        Ok(writer) => writer,
        Err(error) => return Ok(Err(error)),
    };
    let (mut written, mut sent) = (Ok(()), 0);
    while written.is_ok() {
        let mut piece = vec![0; BUFFER];
        let read = file.read(&mut piece).map_err(unreadable)?;
        if read == 0 {
            written = writer.close().await.map(drop);
            break;
        }
        piece.truncate(read);
        written = writer.write(piece).await;
        sent += read;
        progress(&format!("{} MB are under way", sent / 1_000_000));
    }
    if written.is_err() {
        progress("it is given up");
        let _ = writer.abort().await;
    }
    Ok(written)
}

/// An entry as it is kept, or the beginning of what is larger than any.
pub(super) async fn read_sealed(service: &Service, path: &str) -> Result<Option<Vec<u8>>, String> {
    read_start(service, path, MAX_ENTRY + 1).await
}

/// Whether something is there, of this size if it is given.
pub(super) async fn is_there(service: &Service, path: &str, size: Option<u64>) -> Result<bool, String> {
    match service.objects.stat(path).await {
        Ok(metadata) => Ok(size.is_none_or(|size| metadata.content_length() == size)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(explain("look into it", &error)),
    }
}

/// The first bytes of an object, `most` at most, by one request; nothing if it is not there. Whoever can write to the service must not be able
/// to fill our memory.
pub(super) async fn read_start(service: &Service, path: &str, most: usize) -> Result<Option<Vec<u8>>, String> {
    let operator = &service.objects;
    let mut content = Vec::new();
    let pieces = async {
        if service.gives_whole_values() {
            let size = operator.stat(path).await?.content_length().min(most as u64);
            return operator.reader(path).await?.into_bytes_stream(0..size).await;
        }
        operator.reader(path).await?.into_bytes_stream(..).await
    };
    let none_if_absent = |error: opendal::Error| match error.kind() {
        ErrorKind::NotFound => Ok(None),
        _ => Err(explain("read from it", &error)),
    };
    let mut pieces = match pieces.await {
        Ok(pieces) => pieces,
        Err(error) => return none_if_absent(error),
    };
    while content.len() < most {
        match pieces.try_next().await {
            Ok(Some(piece)) => content.extend_from_slice(&piece),
            Ok(None) => break,
            Err(error) => return none_if_absent(of_stream(error)),
        }
    }
    content.truncate(most);
    Ok(Some(content))
}

/// A stream's errors are those of files, with the service's within.
fn of_stream(error: std::io::Error) -> opendal::Error {
    let text = error.to_string();
    let source = error.into_inner().and_then(|inner| inner.downcast::<opendal::Error>().ok());
    source.map_or_else(|| opendal::Error::new(ErrorKind::Unexpected, text), |source| *source)
}
