//! Which part of a file a request asks for (RFC 9110, section 14).

use std::ops::Range;

/// What is answered to a request for a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// All of it: no part was asked for, or one in a form that may be passed over.
    Whole,
    /// These bytes.
    Part(Range<u64>),
    /// There is no such part.
    None,
}

impl Asked {
    /// Reads the header `Range` of a request for a file of so many bytes. More than one part at once is answered with the whole, as
    /// the standard allows: players ask for one.
    pub fn read(header: Option<&str>, size: u64) -> Self {
        let Some((first, last)) =
            header.and_then(|header| header.trim().strip_prefix("bytes=")?.trim().split_once('-'))
        else {
            return Self::Whole;
        };
        let number =
            |text: &str| text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?;
        match (number(first), number(last)) {
            (Some(first), _) if last.is_empty() => Self::within(first..size, size),
            (None, Some(last)) if first.is_empty() => Self::within(size.saturating_sub(last)..size, size),
            (Some(first), Some(last)) if first <= last => {
                Self::within(first..last.saturating_add(1).min(size), size)
            }
            _ => Self::Whole,
        }
    }

    fn within(part: Range<u64>, size: u64) -> Self {
        if part.start < part.end && part.end <= size { Self::Part(part) } else { Self::None }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_part_is_read_as_the_standard_says() {
        let read = |header| Asked::read(Some(header), 10);
        assert_eq!(read("bytes=2-4"), Asked::Part(2..5));
        assert_eq!(read("bytes=2-"), Asked::Part(2..10));
        assert_eq!(read("bytes=-3"), Asked::Part(7..10));
        assert_eq!(read("bytes=-30"), Asked::Part(0..10));
        assert_eq!(read("bytes=2-99"), Asked::Part(2..10));
        for none in ["bytes=10-", "bytes=90-99", "bytes=-0"] {
            assert_eq!(read(none), Asked::None, "{none}");
        }
        for whole in
            ["bytes=4-2", "bytes=0-1,3-4", "lines=1-2", "bytes=", "bytes=-", "bytes=a-b", "bytes=+1-2"]
        {
            assert_eq!(read(whole), Asked::Whole, "{whole}");
        }
        assert_eq!(Asked::read(None, 10), Asked::Whole);
        assert_eq!(Asked::read(Some("bytes=0-"), 0), Asked::None);
    }

    proptest! {
        #[test]
        fn a_part_is_within_the_file(header in "bytes=[0-9]{0,21}-[0-9]{0,21}", size: u64) {
            if let Asked::Part(part) = Asked::read(Some(&header), size) {
                prop_assert!(part.start < part.end && part.end <= size);
            }
        }
    }
}
