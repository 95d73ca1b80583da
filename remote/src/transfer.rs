//! Transfers files to and from the service, piece by piece.

use std::io::{Read, Write};
use std::path::Path;

use anyhow::{Result, bail};
use cached_smoke::tooling::remote::Blob;
use fs_err::File;
use futures::TryStreamExt;
use opendal::ErrorKind;

use crate::service::{CONTENT_TYPE, Service, explain, is_taken};

/// Large enough for the parts of an upload to S3 (5 MiB at least), small enough to hold several in memory.
const PIECE: usize = 8 << 20;
/// The number of concurrent connections: one seldom uses the whole bandwidth.
const CONNECTIONS: usize = 4;
/// The maximum size of an entry, larger than the manifest of a hundred thousand files.
pub(crate) const MAX_ENTRY: usize = 32 << 20;
/// The maximum size of a lease.
pub(crate) const MAX_LEASE: usize = 1024;
/// The size of one read from disk.
const BUFFER: usize = 1 << 20;

const READ: &str = "read from the service";
const WRITE: &str = "write to the service";

/// Downloads a blob into the new file `into`, and never more bytes than the size of the blob. Returns `true` if it
/// exists.
///
/// `progress` is called whenever bytes have arrived.
pub(crate) async fn fetch(service: &Service, blob: &Blob, into: &Path, progress: &mut dyn FnMut(&str)) -> Result<bool> {
    let path = service.blob(&blob.blake3)?;
    let mut file = File::create_new(into)?;
    if blob.size == 0 {
        return Ok(true);
    }
    let pieces = async {
        let reader = service.objects.reader_with(&path).chunk(PIECE).concurrent(CONNECTIONS).await?;
        reader.into_bytes_stream(0..blob.size).await
    };
    let mut arrived = 0;
    let error = match pieces.await {
        Err(error) => error,
        Ok(mut pieces) => loop {
            match pieces.try_next().await {
                Ok(Some(piece)) => {
                    arrived += piece.len();
                    progress(&format!("{} MB received", arrived / 1_000_000));
                    file.write_all(&piece)?;
                }
                Ok(None) => return Ok(true),
                Err(error) => break of_stream(error),
            }
        },
    };
    progress("the download failed");
    // An object of another size is not the blob, so the blob is as good as absent.
    if error.kind() == ErrorKind::NotFound || matches!(exists(service, &path, Some(blob.size)).await, Ok(false)) {
        return Ok(false);
    }
    Err(explain(READ, &error))
}

/// Uploads a file as a blob, unless it exists or `replace` is set. Returns the number of bytes written.
///
/// `progress` is called whenever bytes have been sent.
pub(crate) async fn store(
    service: &Service,
    blob: &Blob,
    from: &Path,
    replace: bool,
    progress: &mut dyn FnMut(&str),
) -> Result<u64> {
    let path = service.blob(&blob.blake3)?;
    if !replace && exists(service, &path, Some(blob.size)).await? {
        return Ok(0);
    }
    progress("the upload begins");
    let Err(error) = upload(service, &path, from, progress).await? else { return Ok(blob.size) };
    // The service never replaces an object, or another machine has written the same bytes just now.
    if is_taken(&error) && (!service.replaces() || exists(service, &path, Some(blob.size)).await?) {
        return Ok(0);
    }
    Err(explain(WRITE, &error))
}

/// Uploads a file. The outer error is that of the file, the inner one that of the service.
async fn upload(
    service: &Service,
    path: &str,
    from: &Path,
    progress: &mut dyn FnMut(&str),
) -> Result<opendal::Result<()>> {
    if !service.can().write_can_multi {
        // Such a service accepts whole objects only.
        let whole = fs_err::read(from)?;
        return Ok(service.write(path, whole).await.map(drop));
    }
    let mut file = File::open(from)?;
    let writer = service.objects.writer_with(path).content_type(CONTENT_TYPE).chunk(PIECE).concurrent(CONNECTIONS);
    let mut writer = match writer.await {
        Ok(writer) => writer,
        Err(error) => return Ok(Err(error)),
    };
    let (mut written, mut sent) = (Ok(()), 0);
    while written.is_ok() {
        let mut piece = vec![0; BUFFER];
        let read = file.read(&mut piece)?;
        if read == 0 {
            written = writer.close().await.map(drop);
            break;
        }
        piece.truncate(read);
        written = writer.write(piece).await;
        sent += read;
        progress(&format!("{} MB sent", sent / 1_000_000));
    }
    if written.is_err() {
        progress("the upload failed");
        let _ = writer.abort().await;
    }
    Ok(written)
}

/// Writes an entry. Returns the number of bytes written; 0 if the service never replaces an existing one.
pub(crate) async fn publish(service: &Service, path: &str, sealed: Vec<u8>) -> Result<u64> {
    let bytes = sealed.len() as u64;
    match service.write(path, sealed).await {
        Ok(_) => Ok(bytes),
        Err(error) if is_taken(&error) && !service.replaces() => Ok(0),
        Err(error) => Err(explain(WRITE, &error)),
    }
}

/// Removes an entry. Returns `false` if it does not exist.
pub(crate) async fn withdraw(service: &Service, path: &str) -> Result<bool> {
    if !service.can().delete {
        bail!("the service does not remove objects; remove `{path}` there");
    }
    if !exists(service, path, None).await? {
        return Ok(false);
    }
    service.objects.delete(path).await.map_err(|error| explain("remove from the service", &error))?;
    Ok(true)
}

/// Reads an entry. The result is longer than [`MAX_ENTRY`] if the object is.
pub(crate) async fn read_sealed(service: &Service, path: &str) -> Result<Option<Vec<u8>>> {
    read_start(service, path, MAX_ENTRY + 1).await
}

/// Returns `true` if the object exists, with this size if it is given.
pub(crate) async fn exists(service: &Service, path: &str, size: Option<u64>) -> Result<bool> {
    match service.objects.stat(path).await {
        Ok(metadata) => Ok(size.is_none_or(|size| metadata.content_length() == size)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(explain(READ, &error)),
    }
}

/// Reads at most `max` bytes of an object in one request; `None` if it does not exist.
///
/// A writer to the service must not be able to fill the memory of this machine.
pub(crate) async fn read_start(service: &Service, path: &str, max: usize) -> Result<Option<Vec<u8>>> {
    let read = async {
        let mut content = Vec::new();
        let mut pieces = if service.reads_whole_objects() {
            let size = service.objects.stat(path).await?.content_length().min(max as u64);
            service.objects.reader(path).await?.into_bytes_stream(0..size).await?
        } else {
            service.objects.reader(path).await?.into_bytes_stream(..).await?
        };
        while content.len() < max
            && let Some(piece) = pieces.try_next().await.map_err(of_stream)?
        {
            content.extend_from_slice(&piece);
        }
        content.truncate(max);
        Ok(content)
    };
    match read.await {
        Ok(content) => Ok(Some(content)),
        Err(error) if opendal::Error::kind(&error) == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(explain(READ, &error)),
    }
}

/// Extracts the error of the service from that of a stream.
fn of_stream(error: std::io::Error) -> opendal::Error {
    let text = error.to_string();
    let source = error.into_inner().and_then(|inner| inner.downcast::<opendal::Error>().ok());
    source.map_or_else(|| opendal::Error::new(ErrorKind::Unexpected, text), |source| *source)
}
