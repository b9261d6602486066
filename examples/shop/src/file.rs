//! The file of the orders: the shop's own, and nobody else's.

use std::fs::{self, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::Failure;

/// The path to open, of a file that is there and private: made if it is missing.
///
/// # Errors
/// When the file is a link or no file, or belongs to somebody else; or when others may put files
/// of their own beside it, as in `/tmp`: the database has a second and a third file there.
pub(crate) fn private(path: &Path) -> Result<PathBuf, Failure> {
    let name = path.file_name().ok_or("the database is no file")?;
    let folder = match path.parent() {
        Some(folder) if folder != Path::new("") => folder.canonicalize()?,
        _ => Path::new(".").canonicalize()?,
    };
    if anybody_writes(&fs::metadata(&folder)?) {
        let reason = "anybody may write there: take a folder of your own";
        return Err(format!("the database is not kept in {}: {reason}", folder.display()).into());
    }
    let path = folder.join(name);
    let refused = |reason: &str| {
        let path = path.display();
        Err(format!("the database is not kept in {path}: {reason}, so name another file").into())
    };
    match fs::symlink_metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => create(&path)?,
        Err(error) => return Err(error.into()),
        Ok(found) if found.is_symlink() => return refused("it is a link"),
        Ok(found) if !found.is_file() => return refused("it is no file"),
        Ok(found) if is_foreign(&found) => return refused("it is somebody else's"),
        Ok(_) => {}
    }
    Ok(path)
}

fn create(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

#[cfg(unix)]
fn anybody_writes(folder: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::mode(folder) & 0o002 != 0
}

#[cfg(unix)]
fn is_foreign(file: &Metadata) -> bool {
    std::os::unix::fs::MetadataExt::uid(file) != rustix::process::geteuid().as_raw()
}

#[cfg(not(unix))]
fn anybody_writes(_: &Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn is_foreign(_: &Metadata) -> bool {
    false
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, clippy::print_stderr)]
mod tests {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

    use super::*;

    /// A folder of its own, gone at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let name = format!("sanspay-shop-{name}-{}", std::process::id());
            let folder = std::env::temp_dir().join(name);
            fs::create_dir(&folder).unwrap();
            fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
            Self(folder)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn reason(path: &Path) -> String {
        private(path).unwrap_err().to_string()
    }

    #[test]
    fn a_new_file_is_readable_by_its_owner_alone_and_opens_again() {
        let folder = Folder::new("new");
        let path = private(&folder.0.join("orders")).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(private(&path).unwrap(), path);
    }

    #[test]
    fn links_and_folders_are_refused() {
        let folder = Folder::new("links");
        let (real, link) = (folder.0.join("real"), folder.0.join("link"));
        fs::write(&real, "").unwrap();
        symlink(&real, &link).unwrap();
        assert!(reason(&link).contains("it is a link"));
        symlink(folder.0.join("missing"), folder.0.join("dangling")).unwrap();
        assert!(reason(&folder.0.join("dangling")).contains("it is a link"));
        assert!(!folder.0.join("missing").exists());
        fs::create_dir(folder.0.join("inner")).unwrap();
        assert!(reason(&folder.0.join("inner")).contains("it is no file"));
    }

    #[test]
    fn a_folder_that_anybody_may_write_to_is_refused() {
        let folder = Folder::new("open");
        fs::set_permissions(&folder.0, fs::Permissions::from_mode(0o1777)).unwrap();
        assert!(reason(&folder.0.join("orders")).contains("anybody may write there"));
    }

    #[test]
    fn somebody_elses_file_is_refused() {
        let folder = Folder::new("foreign");
        let path = folder.0.join("orders");
        fs::write(&path, "").unwrap();
        if chown(&path, Some(12_345), None).is_err() {
            eprintln!("skipped: only root may give a file away");
            return;
        }
        assert!(reason(&path).contains("it is somebody else's"));
    }
}
