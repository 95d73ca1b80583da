//! The kinds of nodes and edges, and the reasons for skipping a file.

use std::fmt;

use rkyv::bytecheck::CheckBytes;
use rkyv::{Archive, Portable};
use serde::{Deserialize, Serialize};

/// The kind of a node.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    Archive,
    rkyv::Serialize,
    Portable,
    CheckBytes,
)]
#[serde(rename_all = "lowercase")]
#[rkyv(as = Self)]
#[bytecheck(crate = rkyv::bytecheck)]
#[repr(u8)]
pub enum NodeKind {
    /// A directory with Python files somewhere below it.
    Directory,
    /// A Python file.
    File,
    /// A class, at any level.
    Class,
    /// A function or method at any level, except for `__init__` methods.
    Function,
}

impl NodeKind {
    /// All kinds, in their order.
    pub const ALL: [Self; 4] = [Self::Directory, Self::File, Self::Class, Self::Function];

    /// Returns the kind's name: `directory`, `file`, `class` or `function`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::File => "file",
            Self::Class => "class",
            Self::Function => "function",
        }
    }
}

impl fmt::Display for NodeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The kind of an edge.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    Archive,
    rkyv::Serialize,
    Portable,
    CheckBytes,
)]
#[serde(rename_all = "lowercase")]
#[rkyv(as = Self)]
#[bytecheck(crate = rkyv::bytecheck)]
#[repr(u8)]
pub enum EdgeKind {
    /// The source, a directory, file, class or function, directly contains the target.
    Contains,
    /// The source, a file, class or function, imports the target.
    Imports,
    /// The source, a class or function, calls the target or is decorated with it.
    Invokes,
    /// The source, a class, has the target as a base class.
    Inherits,
}

impl EdgeKind {
    /// All kinds, in their order.
    pub const ALL: [Self; 4] = [Self::Contains, Self::Imports, Self::Invokes, Self::Inherits];

    /// Returns the kind's name: `contains`, `imports`, `invokes` or `inherits`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Contains => "contains",
            Self::Imports => "imports",
            Self::Invokes => "invokes",
            Self::Inherits => "inherits",
        }
    }
}

impl fmt::Display for EdgeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The reason why a Python file has no children in the graph.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Serialize,
    Deserialize,
    Archive,
    rkyv::Serialize,
    Portable,
    CheckBytes,
)]
#[serde(rename_all = "snake_case")]
#[rkyv(as = Self)]
#[bytecheck(crate = rkyv::bytecheck)]
#[repr(u8)]
pub enum SkipReason {
    /// The text is not in the encoding that it declares, by default UTF-8; it is not stored. Or the name is not UTF-8;
    /// the file or directory then has no node.
    NotDecodable,
    /// The file is larger than `max_file_bytes`. The text is not stored.
    TooLarge,
    /// The syntax tree is deeper than `max_nesting`.
    TooDeep,
    /// The text is not Python 3.
    DoesNotParse,
    /// The file or directory cannot be opened or read.
    Unreadable,
}

impl SkipReason {
    /// All reasons, in their order.
    pub const ALL: [Self; 5] =
        [Self::NotDecodable, Self::TooLarge, Self::TooDeep, Self::DoesNotParse, Self::Unreadable];

    /// Returns the reason as text: `not decodable`, `too large`, `too deeply nested`, `does not parse` or `unreadable`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotDecodable => "not decodable",
            Self::TooLarge => "too large",
            Self::TooDeep => "too deeply nested",
            Self::DoesNotParse => "does not parse",
            Self::Unreadable => "unreadable",
        }
    }
}

impl fmt::Display for SkipReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}
