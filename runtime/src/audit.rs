//! The audit of a build: the files, programs and addresses that it used, without those that its key covers.
//!
//! - [`cover`]: the list of everything that the key of one artifact covers, which its builder writes
//! - [`confinement`]: the limits of a hermetic build, which may use nothing else
//! - `strace`: the lines of a trace, as completed system calls
//! - `trace`: the calls of the build, as uses of paths, programs and addresses
//! - `findings`: the uses that the key does not cover, and the line that declares each
//!
//! A project that uses this crate compiles the cover alone. The rest is for `cargo smoke-cache audit`, and for the
//! errors of hermetic builds.

pub(crate) mod confinement;
pub(crate) mod cover;
#[cfg(feature = "audit")]
mod findings;
#[cfg(feature = "audit")]
mod strace;
#[cfg(feature = "audit")]
mod system;
#[cfg(feature = "audit")]
mod trace;

#[cfg(feature = "audit")]
pub use findings::{Finding, Kind, Machine, findings};
#[cfg(feature = "audit")]
pub(crate) use trace::Refused;
#[cfg(feature = "audit")]
pub use trace::{Question, Trace};

/// The arguments of `strace` before the path of the trace.
///
/// `--seccomp-bpf` stops the process only at the listed calls. `-y` adds the path of each descriptor, and `-xx` writes
/// every text in hexadecimal, so that no name can look like syntax. A `?` marks calls that not every processor has.
#[cfg(feature = "audit")]
pub const STRACE: &[&str] = &[
    "-f",
    "--seccomp-bpf",
    "-qq",
    "-y",
    "-xx",
    "-e",
    "signal=none",
    "-e",
    "trace=?open,openat,?openat2,?creat,?stat,?lstat,?newfstatat,?fstatat64,?stat64,?lstat64,statx,?access,faccessat,\
     ?faccessat2,?readlink,readlinkat,?getdents,getdents64,execve,?execveat,?rename,?renameat,renameat2,?mkdir,mkdirat,\
     ?link,linkat,?symlink,symlinkat,chdir,fchdir,?fork,?vfork,clone,?clone3,connect,bind,sendto,sendmsg,sendmmsg,\
     getsockname,uname,sched_getaffinity,getrandom,?io_uring_setup,?open_by_handle_at,\
     chroot,pivot_root,mount",
    "-o",
];
