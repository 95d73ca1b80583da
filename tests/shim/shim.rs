//! A library for `LD_PRELOAD` that makes a plain directory behave like another file system.
//!
//! Compile it with `rustc --crate-type cdylib shim.rs`. `SHIM` names the fault. `SHIM_BELOW` lists the directories with
//! the fault, separated by colons. Other directories are not affected.
//!
//! | fault | like |
//! | --- | --- |
//! | `flock-enosys` | file systems without locks |
//! | `flock-ebadf` | NFS: an exclusive lock needs a descriptor that is open for writing, and a shared one for reading |
//! | `fsync-einval` | file systems without `fsync` |
//! | `chmod-eperm` | vfat, and network shares |
//! | `unstable-inodes` | FUSE without inode numbers: a path and its descriptor have different ones |
//!
//! The library sees calls through the C library, such as those of std, and no raw system calls.

use std::ffi::{CStr, CString, OsStr, c_char, c_int, c_uint, c_void};
use std::mem::transmute;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

const EPERM: c_int = 1;
const EBADF: c_int = 9;
const EINVAL: c_int = 22;
const ENOSYS: c_int = 38;

const F_GETFL: c_int = 3;
const O_ACCMODE: c_int = 3;
const O_RDONLY: c_int = 0;
const O_WRONLY: c_int = 1;
const LOCK_SH: c_int = 1;
const LOCK_EX: c_int = 2;
const AT_FDCWD: c_int = -100;

/// The offset of the inode number in `struct stat` of 64-bit Linux.
const STAT_INODE: usize = 8;
/// The offset of the inode number in `struct statx`.
const STATX_INODE: usize = 32;

const RTLD_NEXT: *mut c_void = -1_isize as *mut c_void;

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
    fn fcntl(fd: c_int, command: c_int, ...) -> c_int;
    fn __errno_location() -> *mut c_int;
}

/// The function of the C library that this library replaces.
macro_rules! real {
    ($name:literal as $($type:tt)*) => {
        // SAFETY: the C library has a function of this name and type.
        unsafe { transmute::<*mut c_void, $($type)*>(dlsym(RTLD_NEXT, concat!($name, "\0").as_ptr().cast())) }
    };
}

fn fails_with(errno: c_int) -> c_int {
    // SAFETY: the C library's own place, of this thread.
    unsafe { *__errno_location() = errno };
    -1
}

fn is_fault(name: &str) -> bool {
    std::env::var_os("SHIM").is_some_and(|fault| fault == name)
}

fn is_below(path: &Path) -> bool {
    let places = std::env::var_os("SHIM_BELOW").unwrap_or_default();
    places
        .as_bytes()
        .split(|byte| *byte == b':')
        .any(|place| !place.is_empty() && path.starts_with(OsStr::from_bytes(place)))
}

fn path_of(fd: c_int) -> PathBuf {
    std::fs::read_link(format!("/proc/self/fd/{fd}")).unwrap_or_default()
}

/// Returns the path of a call with the descriptor of a directory.
fn path_at(directory: c_int, path: *const c_char) -> PathBuf {
    if path.is_null() {
        return path_of(directory);
    }
    // SAFETY: the caller's string.
    let path = Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(path) }.to_bytes()));
    if path.is_absolute() {
        path.to_owned()
    } else if directory == AT_FDCWD {
        std::env::current_dir().unwrap_or_default().join(path)
    } else {
        path_of(directory).join(path)
    }
}

#[unsafe(no_mangle)]
extern "C" fn flock(fd: c_int, operation: c_int) -> c_int {
    if is_fault("flock-enosys") && is_below(&path_of(fd)) {
        return fails_with(ENOSYS);
    }
    if is_fault("flock-ebadf") && is_below(&path_of(fd)) {
        // SAFETY: no third argument belongs to this command.
        let access = unsafe { fcntl(fd, F_GETFL) } & O_ACCMODE;
        if operation & LOCK_EX != 0 && access == O_RDONLY || operation & LOCK_SH != 0 && access == O_WRONLY {
            return fails_with(EBADF);
        }
    }
    real!("flock" as extern "C" fn(c_int, c_int) -> c_int)(fd, operation)
}

#[unsafe(no_mangle)]
extern "C" fn fsync(fd: c_int) -> c_int {
    if is_fault("fsync-einval") && is_below(&path_of(fd)) {
        return fails_with(EINVAL);
    }
    real!("fsync" as extern "C" fn(c_int) -> c_int)(fd)
}

#[unsafe(no_mangle)]
extern "C" fn fdatasync(fd: c_int) -> c_int {
    if is_fault("fsync-einval") && is_below(&path_of(fd)) {
        return fails_with(EINVAL);
    }
    real!("fdatasync" as extern "C" fn(c_int) -> c_int)(fd)
}

#[unsafe(no_mangle)]
extern "C" fn chmod(path: *const c_char, mode: c_uint) -> c_int {
    if is_fault("chmod-eperm") && is_below(&path_at(AT_FDCWD, path)) {
        return fails_with(EPERM);
    }
    real!("chmod" as extern "C" fn(*const c_char, c_uint) -> c_int)(path, mode)
}

#[unsafe(no_mangle)]
extern "C" fn fchmod(fd: c_int, mode: c_uint) -> c_int {
    if is_fault("chmod-eperm") && is_below(&path_of(fd)) {
        return fails_with(EPERM);
    }
    real!("fchmod" as extern "C" fn(c_int, c_uint) -> c_int)(fd, mode)
}

#[unsafe(no_mangle)]
extern "C" fn fchmodat(directory: c_int, path: *const c_char, mode: c_uint, flags: c_int) -> c_int {
    if is_fault("chmod-eperm") && is_below(&path_at(directory, path)) {
        return fails_with(EPERM);
    }
    real!("fchmodat" as extern "C" fn(c_int, *const c_char, c_uint, c_int) -> c_int)(directory, path, mode, flags)
}

/// Changes the inode number in the answer of a call with a descriptor.
fn disturb(answer: c_int, fd: c_int, buffer: *mut c_void, offset: usize) -> c_int {
    if answer == 0 && is_fault("unstable-inodes") && is_below(&path_of(fd)) {
        // SAFETY: the call that succeeded filled a structure that has its inode number there.
        unsafe { *buffer.byte_add(offset).cast::<u64>() ^= 1 << 40 };
    }
    answer
}

/// Returns `true` if the call is about the descriptor itself.
fn is_empty(path: *const c_char) -> bool {
    // SAFETY: the caller's string.
    path.is_null() || unsafe { CStr::from_ptr(path) } == CString::default().as_c_str()
}

#[unsafe(no_mangle)]
extern "C" fn fstat(fd: c_int, buffer: *mut c_void) -> c_int {
    disturb(real!("fstat" as extern "C" fn(c_int, *mut c_void) -> c_int)(fd, buffer), fd, buffer, STAT_INODE)
}

#[unsafe(no_mangle)]
extern "C" fn fstat64(fd: c_int, buffer: *mut c_void) -> c_int {
    disturb(real!("fstat64" as extern "C" fn(c_int, *mut c_void) -> c_int)(fd, buffer), fd, buffer, STAT_INODE)
}

#[unsafe(no_mangle)]
extern "C" fn fstatat(fd: c_int, path: *const c_char, buffer: *mut c_void, flags: c_int) -> c_int {
    let real = real!("fstatat" as extern "C" fn(c_int, *const c_char, *mut c_void, c_int) -> c_int);
    let answer = real(fd, path, buffer, flags);
    if is_empty(path) { disturb(answer, fd, buffer, STAT_INODE) } else { answer }
}

#[unsafe(no_mangle)]
extern "C" fn fstatat64(fd: c_int, path: *const c_char, buffer: *mut c_void, flags: c_int) -> c_int {
    let real = real!("fstatat64" as extern "C" fn(c_int, *const c_char, *mut c_void, c_int) -> c_int);
    let answer = real(fd, path, buffer, flags);
    if is_empty(path) { disturb(answer, fd, buffer, STAT_INODE) } else { answer }
}

#[unsafe(no_mangle)]
extern "C" fn statx(fd: c_int, path: *const c_char, flags: c_int, mask: c_uint, buffer: *mut c_void) -> c_int {
    let real = real!("statx" as extern "C" fn(c_int, *const c_char, c_int, c_uint, *mut c_void) -> c_int);
    let answer = real(fd, path, flags, mask, buffer);
    if is_empty(path) { disturb(answer, fd, buffer, STATX_INODE) } else { answer }
}
