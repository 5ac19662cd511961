//! A stream's codec as browsers ask for it (RFC 6381), read from its decoder configuration record.

use std::fmt::Write;

use crate::access_unit::{Codec, StreamParameters};

/// For example `avc1.64001e` or `hvc1.1.6.L93.90`; the codec alone where the record is too short to tell more.
pub(crate) fn codecs(parameters: &StreamParameters) -> String {
    let record = &parameters.configuration[..];
    match parameters.codec {
        Codec::H264 => avc(record).unwrap_or_else(|| "avc1".to_owned()),
        Codec::H265 => hevc(record).unwrap_or_else(|| "hvc1".to_owned()),
    }
}

/// Profile, constraints and level as they stand in `avcC` (ISO/IEC 14496-15).
fn avc(record: &[u8]) -> Option<String> {
    let [profile, constraints, level] = record.get(1..4)?.try_into().ok()?;
    Some(format!("avc1.{profile:02x}{constraints:02x}{level:02x}"))
}

/// ISO/IEC 14496-15, annex E: profile space and number, compatibility with its bits turned round, tier and level, and
/// the constraint bytes up to the last that is not zero.
fn hevc(record: &[u8]) -> Option<String> {
    let profile = *record.get(1)?;
    let compatibility = u32::from_be_bytes(record.get(2..6)?.try_into().ok()?).reverse_bits();
    let constraints = record.get(6..12)?;
    let level = record.get(12)?;
    let space = ["", "A", "B", "C"][usize::from(profile >> 6)];
    let tier = if profile & 0x20 == 0 { 'L' } else { 'H' };
    let mut text = format!("hvc1.{space}{}.{compatibility:x}.{tier}{level}", profile & 0x1f);
    let said = constraints.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    for byte in &constraints[..said] {
        // Writing into a string cannot fail.
        let _ = write!(text, ".{byte:X}");
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(codec: Codec, configuration: &'static [u8]) -> String {
        codecs(&StreamParameters { codec, configuration: configuration.into(), width: 640, height: 360 })
    }

    #[test]
    fn the_record_is_put_into_the_words_of_the_standard() {
        assert_eq!(of(Codec::H264, &[1, 0x64, 0, 0x1e, 0xff]), "avc1.64001e");
        let main = [1, 0x01, 0x60, 0, 0, 0, 0x90, 0, 0, 0, 0, 0, 93];
        assert_eq!(hevc(&main).unwrap(), "hvc1.1.6.L93.90");
        let high_tier = [1, 0x62, 0x20, 0, 0, 0, 0xb0, 0, 1, 0, 0, 0, 150];
        assert_eq!(hevc(&high_tier).unwrap(), "hvc1.A2.4.H150.B0.0.1");
        assert_eq!(hevc(&[1, 1, 0x60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 120]).unwrap(), "hvc1.1.6.L120");
    }

    #[test]
    fn a_record_too_short_names_the_codec_alone() {
        assert_eq!((of(Codec::H264, b"av"), of(Codec::H265, b"hvcC")), ("avc1".into(), "hvc1".into()));
    }
}
