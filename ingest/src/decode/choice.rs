//! Which decoder reads a codec: the best that is there and works, and why the better ones do not.

use crate::access_unit::Codec;

/// A decoder that fails at so many jobs one after the other gives way to the next. One broken camera among others does not
/// come to that: the others' pictures lie between.
pub(super) const FAILURES_MAX: u32 = 5;

/// The decoders of a codec, the best first: NVIDIA's, the one of Intel and AMD (VA-API), and the processor.
pub(super) fn candidates(codec: Codec) -> [&'static str; 3] {
    match codec {
        Codec::H264 => ["nvh264dec", "vah264dec", software(codec)],
        Codec::H265 => ["nvh265dec", "vah265dec", software(codec)],
    }
}

/// The decoder that needs nothing but the processor.
pub(super) fn software(codec: Codec) -> &'static str {
    match codec {
        Codec::H264 => "avdec_h264",
        Codec::H265 => "avdec_h265",
    }
}

/// Which decoder reads a codec.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecoderChoice {
    /// The codec.
    pub codec: Codec,
    /// The name of the GStreamer element that decodes it.
    pub element: &'static str,
    /// The better ones, each with the reason why it was passed over.
    pub passed_over: Vec<(&'static str, WhyNot)>,
}

/// Why a decoder was passed over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WhyNot {
    /// GStreamer has no such element here.
    #[error("absent")]
    Absent,
    /// It is there and does not start: no device, no driver, no right to use it.
    #[error("does not start: {0}")]
    DoesNotStart(String),
    /// It starts, and made no right picture of one that is known.
    #[error("gives no picture: {0}")]
    NoPicture(String),
    /// It worked, and then failed again and again.
    #[error("failed {FAILURES_MAX} times in a row: {0}")]
    Failed(String),
}

/// All candidates in one line, for a log or an error.
pub(super) fn in_words(passed_over: &[(&'static str, WhyNot)]) -> String {
    let each: Vec<_> = passed_over.iter().map(|(element, why)| format!("{element} {why}")).collect();
    each.join("; ")
}

/// The decoder in use, and how it has done lately.
#[derive(Debug)]
pub(super) struct InUse {
    pub(super) choice: DecoderChoice,
    failures: u32,
}

impl InUse {
    /// The first of the codec's decoders that `works`.
    ///
    /// # Errors
    /// When none does: all of them, with the reasons.
    pub(super) fn choose(
        codec: Codec,
        works: impl FnMut(&'static str) -> Result<(), WhyNot>,
    ) -> Result<Self, Vec<(&'static str, WhyNot)>> {
        first_that_works(codec, Vec::new(), works).map(|choice| Self { choice, failures: 0 })
    }

    /// Takes how `element` did at one job: well, or what went wrong with it. Falls back to the next that `works` once it
    /// has failed too often; gives the element that was in use until then. Stays with it where no other works.
    pub(super) fn on_job(
        &mut self,
        element: &'static str,
        failure: Option<String>,
        works: impl FnMut(&'static str) -> Result<(), WhyNot>,
    ) -> Option<&'static str> {
        if element != self.choice.element {
            // The last job of one that has been given up already.
            return None;
        }
        let Some(failure) = failure else {
            self.failures = 0;
            return None;
        };
        self.failures += 1;
        if self.failures < FAILURES_MAX || candidates(self.choice.codec).last() == Some(&element) {
            return None;
        }
        self.failures = 0;
        let mut passed_over = self.choice.passed_over.clone();
        passed_over.push((element, WhyNot::Failed(failure)));
        self.choice = first_that_works(self.choice.codec, passed_over, works).ok()?;
        Some(element)
    }
}

fn first_that_works(
    codec: Codec,
    mut passed_over: Vec<(&'static str, WhyNot)>,
    mut works: impl FnMut(&'static str) -> Result<(), WhyNot>,
) -> Result<DecoderChoice, Vec<(&'static str, WhyNot)>> {
    for element in candidates(codec).into_iter().skip(passed_over.len()) {
        match works(element) {
            Ok(()) => return Ok(DecoderChoice { codec, element, passed_over }),
            Err(why) => passed_over.push((element, why)),
        }
    }
    Err(passed_over)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine on which these decoders do not work, and how often each was tried.
    fn machine<'a>(
        broken: &'a [(&'static str, WhyNot)],
        tried: &'a mut Vec<&'static str>,
    ) -> impl FnMut(&'static str) -> Result<(), WhyNot> + 'a {
        |element| {
            tried.push(element);
            let why = broken.iter().find(|(broken, _)| *broken == element);
            why.map_or(Ok(()), |(_, why)| Err(why.clone()))
        }
    }

    fn no_picture() -> WhyNot {
        WhyNot::NoPicture("no picture could be decoded".to_owned())
    }

    #[test]
    fn the_best_that_works_is_taken_and_no_other_is_tried() {
        let mut tried = Vec::new();
        let in_use = InUse::choose(Codec::H264, machine(&[], &mut tried)).unwrap();
        assert_eq!((in_use.choice.element, in_use.choice.passed_over), ("nvh264dec", vec![]));
        assert_eq!(tried, ["nvh264dec"]);
    }

    #[test]
    fn one_that_is_absent_or_gives_no_picture_is_passed_over_with_its_reason() {
        let (mut tried, absent) = (Vec::new(), ("nvh265dec", WhyNot::Absent));
        let broken = [absent, ("vah265dec", no_picture())];
        let one = InUse::choose(Codec::H265, machine(&broken[..1], &mut tried)).unwrap();
        assert_eq!((one.choice.element, &one.choice.passed_over[..]), ("vah265dec", &broken[..1]));
        let both = InUse::choose(Codec::H265, machine(&broken, &mut tried)).unwrap();
        assert_eq!((both.choice.element, &both.choice.passed_over[..]), ("avdec_h265", &broken[..]));
        let said = "nvh265dec absent; vah265dec gives no picture: no picture could be decoded";
        assert_eq!(in_words(&both.choice.passed_over), said);
    }

    #[test]
    fn where_none_works_all_reasons_are_given() {
        let broken = candidates(Codec::H264).map(|element| (element, WhyNot::Absent));
        let none = InUse::choose(Codec::H264, machine(&broken, &mut Vec::new())).unwrap_err();
        assert_eq!(none, broken);
    }

    #[test]
    fn one_that_fails_again_and_again_gives_way_to_the_next_that_works() {
        let mut tried = Vec::new();
        let broken = [("vah264dec", WhyNot::DoesNotStart("no device".to_owned()))];
        let mut in_use = InUse::choose(Codec::H264, machine(&broken, &mut tried)).unwrap();
        let mut job = |in_use: &mut InUse, element, well: bool| {
            let failure = (!well).then(|| "device lost".to_owned());
            in_use.on_job(element, failure, machine(&broken, &mut tried))
        };
        for _ in 0..10 {
            for _ in 1..FAILURES_MAX {
                assert_eq!(job(&mut in_use, "nvh264dec", false), None);
            }
            assert_eq!(job(&mut in_use, "nvh264dec", true), None, "not in a row");
        }
        for _ in 1..FAILURES_MAX {
            assert_eq!(job(&mut in_use, "nvh264dec", false), None);
        }
        assert_eq!(job(&mut in_use, "nvh264dec", false), Some("nvh264dec"));
        assert_eq!(in_use.choice.element, "avdec_h264");
        let failed = ("nvh264dec", WhyNot::Failed("device lost".to_owned()));
        assert_eq!(in_use.choice.passed_over, [failed, broken[0].clone()]);
        // What was given up says no more, and behind the last there is nothing to fall back to.
        for _ in 0..3 * FAILURES_MAX {
            assert_eq!(job(&mut in_use, "nvh264dec", false), None);
            assert_eq!(job(&mut in_use, "avdec_h264", false), None);
        }
        assert_eq!(tried, ["nvh264dec", "vah264dec", "avdec_h264"]);
    }

    #[test]
    fn where_no_other_works_one_that_fails_stays() {
        let mut in_use = InUse::choose(Codec::H264, machine(&[], &mut Vec::new())).unwrap();
        let broken = [("vah264dec", WhyNot::Absent), ("avdec_h264", WhyNot::Absent)];
        for _ in 0..3 * FAILURES_MAX {
            let failure = Some("device lost".to_owned());
            assert_eq!(in_use.on_job("nvh264dec", failure, machine(&broken, &mut Vec::new())), None);
        }
        assert_eq!((in_use.choice.element, in_use.choice.passed_over.len()), ("nvh264dec", 0));
    }
}
