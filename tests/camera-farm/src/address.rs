//! Which camera a path names: `/cam/7` or `/clip/NAME/7`.

use std::fmt;

/// A camera's name on the wire. Leading zeros of the number do not count: `/cam/0007` is `/cam/7`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Address {
    /// The clip's name; None deals the clips out by number.
    pub(crate) clip: Option<String>,
    /// From 1.
    pub(crate) number: usize,
}

impl Address {
    /// Of a path, with or without a query, or a track after it.
    pub(crate) fn parse(path: &str) -> Option<Address> {
        let path = path.split('?').next()?;
        let mut parts = path.strip_prefix('/')?.split('/').filter(|part| !part.is_empty());
        let clip = match parts.next()? {
            "cam" => None,
            "clip" => Some(parts.next()?.to_string()),
            _ => return None,
        };
        let number = parts.next()?.parse().ok().filter(|&n| n > 0)?;
        let track = parts.next();
        let ends_here = track.is_none_or(|t| t.starts_with("trackID=")) && parts.next().is_none();
        ends_here.then_some(Address { clip, number })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.clip {
            None => write!(f, "/cam/{:04}", self.number),
            Some(clip) => write!(f, "/clip/{clip}/{}", self.number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cameras_by_number_or_clip() {
        let text = |path| Address::parse(path).map(|a| a.to_string());
        assert_eq!(text("/cam/7").as_deref(), Some("/cam/0007"));
        assert_eq!(text("/cam/0007/trackID=0").as_deref(), Some("/cam/0007"));
        assert_eq!(text("/clip/fall/3?once&drop=2").as_deref(), Some("/clip/fall/3"));
        for wrong in ["", "/", "/cam", "/cam/0", "/cam/x", "/clip/1", "/dog/1", "/cam/1/2", "cam/1"] {
            assert_eq!(text(wrong), None, "{wrong}");
        }
    }
}
