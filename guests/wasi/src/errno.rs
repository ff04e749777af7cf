//! The error numbers of WASI preview 1 that are answered.

/// An error number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum Errno {
    /// The policy, or a person, refused it.
    Access = 2,
    /// No such descriptor, or it is not open for this.
    BadDescriptor = 8,
    /// A budget is used up.
    Quota = 19,
    /// It exists.
    Exists = 20,
    /// An address outside of the caller's memory.
    Fault = 21,
    /// It is too large for one request.
    TooBig = 22,
    /// A path that is not UTF-8.
    IllegalBytes = 25,
    /// An argument that makes no sense.
    Invalid = 28,
    /// Anything else that went wrong outside.
    Io = 29,
    /// It is a directory.
    IsDirectory = 31,
    /// Too many descriptors.
    TooManyOpen = 33,
    /// A path that is too long.
    NameTooLong = 37,
    /// There is no such file.
    NotFound = 44,
    /// No room for the output.
    NoSpace = 51,
    /// There is no such function here.
    NoSystem = 52,
    /// It is no directory.
    NotDirectory = 54,
    /// Something that files here cannot do.
    NotSupported = 58,
    /// Seeking where there are no positions.
    IllegalSeek = 70,
    /// The deadline passed.
    TimedOut = 73,
    /// A path that leads out of its directory.
    NotCapable = 76,
}

/// The number of a result, 0 for success.
pub fn number(result: Result<(), Errno>) -> u32 {
    match result {
        Ok(()) => 0,
        Err(errno) => errno as u32,
    }
}
