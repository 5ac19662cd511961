//! A fragmented MP4 cut into what a player takes one by one: initialisation segments and fragments.

use bytes::{Bytes, BytesMut};

/// The bytes in front of every box: its size and its type.
const HEADER: usize = 8;
/// A box whose size does not fit four bytes has it in eight more.
const LARGE_HEADER: usize = 16;

/// One piece of a fragmented MP4 that is whole.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// `ftyp` and `moov`: what a player must know first.
    Initialisation(Bytes),
    /// `moof` and `mdat`.
    Fragment {
        /// How many pictures it holds.
        pictures: u32,
        /// Both boxes.
        data: Bytes,
    },
}

/// Cuts a stream of bytes, however it comes, at its top-level boxes.
#[derive(Debug, Default)]
pub(crate) struct Splitter {
    rest: BytesMut,
    /// The first half of the part that is being put together: `ftyp` or `moof`.
    begun: BytesMut,
}

impl Splitter {
    /// Takes the next bytes. Whole parts come out of [`Splitter::next`].
    pub(crate) fn take(&mut self, bytes: &[u8]) {
        self.rest.extend_from_slice(bytes);
    }

    /// The next whole part, if there is one. Boxes that belong to neither kind of part are left out.
    pub(crate) fn next(&mut self) -> Option<Part> {
        loop {
            let (size, kind) = header(&self.rest).filter(|(size, _)| *size <= self.rest.len())?;
            let whole = self.rest.split_to(size);
            match &kind {
                b"ftyp" | b"moof" => self.begun = whole,
                b"moov" => return Some(Part::Initialisation(self.join(whole))),
                b"mdat" => {
                    let pictures = pictures(&self.begun);
                    return Some(Part::Fragment { pictures, data: self.join(whole) });
                }
                _ => {}
            }
        }
    }

    fn join(&mut self, whole: BytesMut) -> Bytes {
        let mut part = std::mem::take(&mut self.begun);
        part.unsplit(whole);
        part.freeze()
    }
}

/// The size of the box at the beginning, with its header, and its type.
fn header(bytes: &[u8]) -> Option<(usize, [u8; 4])> {
    let size = u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?);
    let kind = bytes.get(4..HEADER)?.try_into().ok()?;
    let (size, smallest) = match size {
        1 => (u64::from_be_bytes(bytes.get(HEADER..LARGE_HEADER)?.try_into().ok()?), LARGE_HEADER),
        size => (u64::from(size), HEADER),
    };
    // A smaller one would be no box at all, and never come to an end.
    Some((usize::try_from(size).ok()?.max(smallest), kind))
}

/// How many pictures the track runs of a `moof` announce.
fn pictures(moof: &[u8]) -> u32 {
    let runs = children(moof, b"moof").flat_map(|traf| children(traf, b"traf")).filter(|b| is(b, b"trun"));
    // A run has version and flags in four bytes, then the number of its pictures.
    let count = |run: &[u8]| run.get(HEADER + 4..HEADER + 8).and_then(|four| four.try_into().ok());
    runs.filter_map(count).map(u32::from_be_bytes).sum()
}

/// The boxes in a box of this type; none in any other.
fn children<'a>(parent: &'a [u8], kind: &[u8; 4]) -> impl Iterator<Item = &'a [u8]> {
    let mut rest = if is(parent, kind) { &parent[HEADER..] } else { &[] };
    std::iter::from_fn(move || {
        let (size, _) = header(rest).filter(|(size, _)| *size <= rest.len())?;
        let (child, others) = rest.split_at(size);
        rest = others;
        Some(child)
    })
}

fn is(whole: &[u8], kind: &[u8; 4]) -> bool {
    whole.get(4..HEADER) == Some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: &[u8; 4], content: &[u8]) -> Vec<u8> {
        let size = (HEADER + content.len()) as u32;
        [&size.to_be_bytes(), kind.as_slice(), content].concat()
    }

    fn moof(pictures: u32) -> Vec<u8> {
        let run = of(b"trun", &[&[0; 4][..], &pictures.to_be_bytes(), &[9; 12]].concat());
        of(b"moof", &[of(b"mfhd", &[0; 8]), of(b"traf", &[of(b"tfhd", &[0; 8]), run].concat())].concat())
    }

    #[test]
    fn parts_come_whole_however_the_bytes_come() {
        let first = [of(b"ftyp", b"iso5"), of(b"moov", &[7; 40])].concat();
        let second = [moof(1), of(b"mdat", &[1; 100])].concat();
        let third = [moof(3), of(b"mdat", &[2; 10])].concat();
        let stream = [first.clone(), of(b"uuid", &[5; 30]), second.clone(), third.clone()].concat();
        for step in [1, 7, 64, stream.len()] {
            let (mut splitter, mut parts) = (Splitter::default(), Vec::new());
            for bytes in stream.chunks(step) {
                splitter.take(bytes);
                parts.extend(std::iter::from_fn(|| splitter.next()));
            }
            let wanted = [
                Part::Initialisation(first.clone().into()),
                Part::Fragment { pictures: 1, data: second.clone().into() },
                Part::Fragment { pictures: 3, data: third.clone().into() },
            ];
            assert_eq!(parts, wanted, "in steps of {step}");
        }
    }

    #[test]
    fn a_box_may_have_its_size_in_eight_bytes() {
        let large = [&1u32.to_be_bytes(), &b"mdat"[..], &20u64.to_be_bytes(), &[3; 4]].concat();
        let mut splitter = Splitter::default();
        splitter.take(&[moof(1), large.clone()].concat());
        let data = [moof(1), large].concat().into();
        assert_eq!(splitter.next(), Some(Part::Fragment { pictures: 1, data }));
    }

    #[test]
    fn sizes_that_lie_end_the_search() {
        let mut splitter = Splitter::default();
        splitter.take(&[0; 64]);
        assert_eq!(splitter.next(), None);
        assert_eq!(pictures(&of(b"moof", &[255; 9])), 0);
    }
}
