//! A library for `LD_PRELOAD` that counts the calls by which a process changes the cache. At one of them it kills the
//! process, or returns an error instead of calling the system.
//!
//! `tests/promises/faults.rs` compiles it and sets the variables:
//!
//! | variable | value |
//! | --- | --- |
//! | `FAULT_IN` | the process with the fault: `builder` or `test` |
//! | `FAULT_BELOW` | the cache directory: other calls are not counted |
//! | `FAULT_AT` | the number of the call, from 1 |
//! | `FAULT_ERROR` | the `errno` of the error; 0 kills |
//! | `FAULT_SPENT` | a file that is created when the fault happens, with the name of the call: there is one fault in a run |

use std::ffi::{CStr, OsStr, c_char, c_int, c_uint, c_void};
use std::fs::{self, File};
use std::io::Write;
use std::mem::transmute;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

const O_CREAT: c_int = 0o100;
const SIGKILL: c_int = 9;
const RTLD_NEXT: *mut c_void = -1_isize as *mut c_void;

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
    fn getpid() -> c_int;
    fn kill(process: c_int, signal: c_int) -> c_int;
    fn __errno_location() -> *mut c_int;
}

/// Returns the error that a call on `path` must return, if it is the one with the fault. Does not return if it kills.
fn fault(call: &str, path: &Path) -> Option<c_int> {
    static CALLS: AtomicUsize = AtomicUsize::new(0);
    let of = |name: &str| std::env::var_os(name);
    let number = |name: &str| of(name)?.to_str()?.parse::<usize>().ok();
    let is_builder = of("SMOKE_BUILDER").is_some();
    let is_target = of("FAULT_IN")?.as_bytes() == if is_builder { &b"builder"[..] } else { b"test" };
    if !is_target || !(call == "spawn" || path.starts_with(of("FAULT_BELOW")?)) {
        return None;
    }
    if CALLS.fetch_add(1, Ordering::Relaxed) + 1 != number("FAULT_AT")? {
        return None;
    }
    let mut spent = File::create_new(of("FAULT_SPENT")?).ok()?;
    let path = path.strip_prefix(of("FAULT_BELOW")?).unwrap_or(path);
    let _ = write!(spent, "{call} {}", path.display());
    match number("FAULT_ERROR")? {
        0 => {
            // Safety: `kill` and `getpid` take no pointers.
            unsafe { kill(getpid(), SIGKILL) };
            // The signal may reach another thread first.
            loop {
                std::thread::park();
            }
        }
        error => c_int::try_from(error).ok(),
    }
}

fn fail(error: c_int) -> c_int {
    // Safety: the C library returns a valid pointer to the `errno` of this thread.
    unsafe { *__errno_location() = error };
    -1
}

/// Returns the path that an argument points to.
unsafe fn path<'a>(text: *const c_char) -> &'a Path {
    // Safety: the caller passes a path argument of a C function.
    Path::new(OsStr::from_bytes(unsafe { CStr::from_ptr(text) }.to_bytes()))
}

fn path_of(file: c_int) -> PathBuf {
    fs::read_link(format!("/proc/self/fd/{file}")).unwrap_or_default()
}

/// Defines functions that replace those of the C library, and call them unless the call on the path must fail.
macro_rules! interpose {
    ($(
        fn $name:ident($($argument:ident: $type:ty),*) -> $result:ty, $call:literal, if $is_change:expr,
            on $path:expr;
    )*) => {$(
        /// # Safety
        /// The same as for the function of the C library.
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($argument: $type),*) -> $result {
            // Safety: the C library has a function of this name and type, and the caller passes valid paths.
            unsafe {
                if $is_change && let Some(error) = fault($call, $path.as_ref()) {
                    return fail(error) as $result;
                }
                let name = concat!(stringify!($name), "\0").as_ptr().cast();
                let next: unsafe extern "C" fn($($type),*) -> $result = transmute(dlsym(RTLD_NEXT, name));
                next($($argument),*)
            }
        }
    )*};
}

interpose! {
    fn open(name: *const c_char, flags: c_int, mode: c_uint) -> c_int, "open", if flags & O_CREAT != 0, on path(name);
    fn open64(name: *const c_char, flags: c_int, mode: c_uint) -> c_int, "open", if flags & O_CREAT != 0, on path(name);
    fn mkdir(name: *const c_char, mode: c_uint) -> c_int, "mkdir", if true, on path(name);
    fn rename(from: *const c_char, to: *const c_char) -> c_int, "rename", if true, on path(to);
    fn unlink(name: *const c_char) -> c_int, "unlink", if true, on path(name);
    fn unlinkat(at: c_int, name: *const c_char, flags: c_int) -> c_int, "unlinkat", if true,
        on path_of(at).join(path(name));
    fn rmdir(name: *const c_char) -> c_int, "rmdir", if true, on path(name);
    fn chmod(name: *const c_char, mode: c_uint) -> c_int, "chmod", if true, on path(name);
    fn fchmod(file: c_int, mode: c_uint) -> c_int, "fchmod", if true, on path_of(file);
    fn fsync(file: c_int) -> c_int, "fsync", if true, on path_of(file);
    fn fdatasync(file: c_int) -> c_int, "fdatasync", if true, on path_of(file);
    fn ftruncate64(file: c_int, length: i64) -> c_int, "ftruncate", if true, on path_of(file);
    fn futimens(file: c_int, times: *const c_void) -> c_int, "futimens", if true, on path_of(file);
    fn flock(file: c_int, operation: c_int) -> c_int, "flock", if true, on path_of(file);
    fn write(file: c_int, bytes: *const c_void, count: usize) -> isize, "write", if file > 2, on path_of(file);
}

/// Starts a program. Only the start of a builder is counted.
///
/// # Safety
/// The same as for the function of the C library.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn posix_spawnp(
    process: *mut c_int,
    program: *const c_char,
    actions: *const c_void,
    attributes: *const c_void,
    arguments: *const *mut c_char,
    environment: *const *mut c_char,
) -> c_int {
    type Spawn = unsafe extern "C" fn(
        *mut c_int,
        *const c_char,
        *const c_void,
        *const c_void,
        *const *mut c_char,
        *const *mut c_char,
    ) -> c_int;
    // Safety: the C library has a function of this name and type, and the caller passes a valid path.
    unsafe {
        let program_path = path(program);
        if fs::read_link("/proc/self/exe").is_ok_and(|own| own == program_path)
            && let Some(error) = fault("spawn", program_path)
        {
            return error;
        }
        let next: Spawn = transmute(dlsym(RTLD_NEXT, c"posix_spawnp".as_ptr()));
        next(process, program, actions, attributes, arguments, environment)
    }
}
