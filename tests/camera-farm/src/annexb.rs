//! Annex B byte streams: where NAL units and access units begin.

use crate::clip::Codec;

/// What grouping NAL units into access units needs to know of one.
pub(crate) struct NalInfo {
    /// Carries a part of a picture.
    pub(crate) vcl: bool,
    /// Starts an access unit if the one before has its picture already.
    pub(crate) opens_unit: bool,
    /// Belongs to a picture that can be decoded alone.
    pub(crate) key: bool,
    pub(crate) parameter_set: bool,
}

/// NAL unit type; `nal` must not be empty.
pub(crate) fn nal_type(codec: Codec, nal: &[u8]) -> u8 {
    match codec {
        Codec::H264 => nal[0] & 0x1f,
        Codec::H265 => (nal[0] >> 1) & 0x3f,
    }
}

impl NalInfo {
    /// `nal` must not be empty.
    pub(crate) fn of(codec: Codec, nal: &[u8]) -> NalInfo {
        let t = nal_type(codec, nal);
        // The first bit after the NAL header says "first slice of a picture" in both codecs.
        let first_bit = |at: usize| nal.get(at).is_some_and(|b| b & 0x80 != 0);
        match codec {
            Codec::H264 => {
                let vcl = (1..=5).contains(&t);
                NalInfo {
                    vcl,
                    opens_unit: if vcl { first_bit(1) } else { (6..=9).contains(&t) },
                    key: t == 5,
                    parameter_set: t == 7 || t == 8,
                }
            }
            Codec::H265 => {
                let vcl = t < 32;
                NalInfo {
                    vcl,
                    opens_unit: if vcl { first_bit(2) } else { (32..=35).contains(&t) || t == 39 },
                    key: (16..=21).contains(&t),
                    parameter_set: (32..=34).contains(&t),
                }
            }
        }
    }
}

/// NAL units of an Annex B byte stream, without start codes and trailing zeros; none of them is empty.
pub(crate) fn split(data: &[u8]) -> Vec<&[u8]> {
    let mut starts = Vec::new();
    let mut i = 0;
    while i + 3 <= data.len() {
        if data[i..i + 3] == [0, 0, 1] {
            starts.push(i + 3);
            i += 3;
        } else {
            i += 1;
        }
    }
    let mut nals = Vec::with_capacity(starts.len());
    for (n, &start) in starts.iter().enumerate() {
        let mut end = starts.get(n + 1).map_or(data.len(), |&next| next - 3);
        while end > start && data[end - 1] == 0 {
            end -= 1;
        }
        if end > start {
            nals.push(&data[start..end]);
        }
    }
    nals
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_at_both_start_codes_and_trims_zeros() {
        let data = [0, 0, 0, 1, 0x67, 1, 0, 0, 1, 0x68, 2, 0, 0, 0, 1, 0, 0, 1, 9];
        assert_eq!(split(&data), [&[0x67, 1][..], &[0x68, 2], &[9]]);
        assert!(split(&[]).is_empty());
    }

    #[test]
    fn knows_key_pictures_and_parameter_sets() {
        assert!(NalInfo::of(Codec::H264, &[0x65, 0x88]).key);
        assert!(!NalInfo::of(Codec::H264, &[0x41, 0x9a]).key);
        assert!(NalInfo::of(Codec::H265, &[0x40, 1]).parameter_set);
        assert!(NalInfo::of(Codec::H265, &[0x26, 1, 0x80]).key);
        assert!(!NalInfo::of(Codec::H265, &[0x26, 1, 0x00]).opens_unit);
    }
}
