//! Room on the disk: a part of it is left for the database, whose alerts matter more than their pictures.

use std::{fmt, io, path::Path, sync::Arc};

/// Says how many bytes are free where a folder is. Cheap to clone.
#[derive(Clone)]
pub struct FreeSpace(Arc<Read>);

type Read = dyn Fn(&Path) -> io::Result<u64> + Send + Sync;

impl FreeSpace {
    /// What the system says is free for this program's user.
    pub fn system() -> Self {
        Self::from_fn(|folder| {
            let disk = rustix::fs::statvfs(folder)?;
            Ok(disk.f_bavail.saturating_mul(disk.f_frsize))
        })
    }

    /// What `read` says, for tests.
    pub fn from_fn(read: impl Fn(&Path) -> io::Result<u64> + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// Whether `keep_free` bytes are left once `bytes` more are written. Where it cannot be told, the write itself tells.
    pub(super) fn has_room(&self, folder: &Path, bytes: u64, keep_free: u64) -> bool {
        (self.0)(folder).map_or(true, |free| free >= bytes.saturating_add(keep_free))
    }
}

impl fmt::Debug for FreeSpace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FreeSpace")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_free_is_not_room() {
        let disk = FreeSpace::from_fn(|_| Ok(100));
        let has_room = |bytes, keep_free| disk.has_room(Path::new("/"), bytes, keep_free);
        assert!(has_room(40, 60) && !has_room(41, 60) && !has_room(1, u64::MAX));
        let unknown = FreeSpace::from_fn(|_| Err(io::Error::other("no such disk")));
        assert!(unknown.has_room(Path::new("/"), 1, 1));
        assert!(FreeSpace::system().has_room(Path::new("/"), 0, 1), "a disk without a free byte");
    }
}
