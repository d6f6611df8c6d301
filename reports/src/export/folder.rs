//! Writing a set of files so that no reader ever sees half of one.
//!
//! Each file is written whole to a temporary name beside its place and synced; only when all of them are on disk are they renamed. A
//! full disk or a missing permission thus leaves an earlier report as it was.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// A file to write.
#[derive(Clone, Debug)]
pub struct File {
    /// Path relative to the folder, with `/`.
    pub name: String,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl File {
    /// A file of this name and content.
    #[must_use]
    pub fn new(name: impl Into<String>, content: impl Into<Vec<u8>>) -> Self {
        Self { name: name.into(), content: content.into() }
    }
}

/// What could not be written, why, and what to do about it.
#[derive(Debug)]
pub struct WriteError {
    /// The folder or file.
    pub path: PathBuf,
    /// What the operating system said.
    pub cause: io::Error,
}

impl std::fmt::Display for WriteError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let advice = match self.cause.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                "the disk is full: free some space or choose another folder; an earlier report is left as it was"
            }
            ErrorKind::PermissionDenied => "no permission to write there: choose another folder with --out",
            ErrorKind::ReadOnlyFilesystem => "the file system is read-only: choose another folder with --out",
            ErrorKind::AlreadyExists | ErrorKind::NotADirectory => {
                "there is a file where a folder is needed: remove it or choose another folder with --out"
            }
            ErrorKind::IsADirectory => {
                "there is a folder where a file is to be written: remove it or choose another folder with --out"
            }
            ErrorKind::InvalidFilename => "the name is not allowed there: choose another folder with --out",
            _ => "choose another folder with --out or mend the cause",
        };
        write!(f, "cannot write {}: {} ({advice})", self.path.display(), self.cause)
    }
}

impl std::error::Error for WriteError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.cause)
    }
}

/// Temporary files that are removed unless they were renamed.
struct Staged(Vec<(PathBuf, PathBuf)>);

impl Drop for Staged {
    fn drop(&mut self) {
        for (temporary, _) in &self.0 {
            // Best effort: there is an error to report already.
            let _ = fs::remove_file(temporary);
        }
    }
}

/// Writes all files below `dir`, which is made if need be: first all to temporary names, then all renamed.
///
/// # Errors
/// The first path that failed; no file is half-written, and temporary files are removed.
pub fn write_all(dir: &Path, files: &[File]) -> Result<(), WriteError> {
    let at = |path: &Path| {
        let path = path.to_path_buf();
        move |cause| WriteError { path, cause }
    };
    make_dir(dir).map_err(at(dir))?;
    let mut staged = Staged(Vec::with_capacity(files.len()));
    for file in files {
        let target = dir.join(&file.name);
        if let Some(parent) = target.parent() {
            make_dir(parent).map_err(at(parent))?;
        }
        if target.is_dir() {
            return Err(at(&target)(ErrorKind::IsADirectory.into()));
        }
        let temporary = temporary_name(&target);
        staged.0.push((temporary.clone(), target.clone()));
        write_synced(&temporary, &file.content).map_err(at(&target))?;
    }
    while let Some((temporary, target)) = staged.0.last() {
        fs::rename(temporary, target).map_err(at(target))?;
        staged.0.pop();
    }
    Ok(())
}

/// Like `create_dir_all`, but says that a file is in the way where one is.
fn make_dir(dir: &Path) -> io::Result<()> {
    if dir.as_os_str().is_empty() || dir.is_dir() {
        return Ok(());
    }
    if dir.ancestors().any(|path| path.is_file()) {
        return Err(ErrorKind::NotADirectory.into());
    }
    fs::create_dir_all(dir)
}

fn temporary_name(target: &Path) -> PathBuf {
    let name = target.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
    target.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

fn write_synced(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut file = fs::File::create(path)?;
    file.write_all(content)?;
    file.sync_all()
}
