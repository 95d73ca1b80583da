//! Files of the system that are the same for every build of a machine.

/// Directories of the kernel. Their files are answers to questions, and no inputs.
pub(super) const KERNEL: &[&str] = &["/proc", "/sys", "/dev"];
/// Shared memory, which has files of other processes.
pub(super) const SHARED_MEMORY: &str = "/dev/shm";
/// Directories of shared libraries. Only files with the name of one are covered.
pub(super) const LIBRARIES: &[&str] =
    &["/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib"];
/// Files of the loader, of locales, and of the resolver of host names and user names.
pub(super) const LOADER: &[&str] = &[
    "/etc/ld.so.cache",
    "/etc/ld.so.preload",
    "/etc/ld.so.conf",
    "/etc/ld.so.conf.d",
    "/usr/lib/locale",
    "/usr/share/locale",
    "/usr/share/locale-langpack",
    "/usr/share/i18n",
    "/etc/nsswitch.conf",
    "/etc/host.conf",
    "/etc/hosts",
    "/etc/resolv.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/protocols",
    "/run/nscd",
    "/var/run/nscd",
    "/run/systemd/resolve",
    "/run/systemd/userdb",
];
/// Directories that hold parts of installed programs. Files that a program reads there belong to it.
pub(super) const INSTALLED: &[&str] = &[
    "/lib",
    "/lib32",
    "/lib64",
    "/usr/lib",
    "/usr/lib32",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/include",
    "/usr/local/lib",
    "/usr/local/libexec",
    "/usr/local/include",
];
