//! Access units as RTP packets in interleaved framing, made once when a clip is loaded.

use crate::{
    annexb::{NalInfo, nal_type},
    clip::Codec,
    random::Random,
};

/// Largest RTP payload in bytes (the usual camera's choice: fits one Ethernet frame).
const MAX_PAYLOAD: usize = 1400;
/// Interleaved framing (`$`, channel, 16-bit length) and the RTP header.
pub(crate) const PREFIX: usize = 4 + 12;
/// The dynamic payload type that the SDP names.
pub(crate) const PAYLOAD_TYPE: u8 = 96;

/// One access unit, packetised.
pub(crate) struct Frame {
    /// Wire bytes of all packets, with zeroed channel, sequence number, timestamp and SSRC.
    wire: Vec<u8>,
    /// Where each packet begins in `wire`.
    starts: Vec<usize>,
    /// Can be decoded alone.
    pub(crate) key: bool,
    /// How many pictures later than it is sent it is shown, against pictures that are shown as they are sent.
    pub(crate) shown_after: i64,
}

impl Frame {
    /// `nals` are the NAL units of one access unit, none of them empty.
    pub(crate) fn packetise(codec: Codec, nals: &[&[u8]], key: bool) -> Frame {
        let mut frame = Frame { wire: Vec::new(), starts: Vec::new(), key, shown_after: 0 };
        for (n, nal) in nals.iter().enumerate() {
            let last_nal = n + 1 == nals.len();
            if nal.len() <= MAX_PAYLOAD {
                frame.push(last_nal, &[], nal);
            } else {
                frame.push_fragments(codec, nal, last_nal);
            }
        }
        frame
    }

    /// Wire bytes of each packet, [`PREFIX`] included.
    pub(crate) fn packets(&self) -> impl Iterator<Item = &[u8]> {
        let ends = self.starts.iter().skip(1).copied().chain([self.wire.len()]);
        self.starts.iter().zip(ends).map(|(&start, end)| &self.wire[start..end])
    }

    /// Bytes on the wire.
    pub(crate) fn wire_len(&self) -> usize {
        self.wire.len()
    }

    /// Fragmentation units: FU-A (RFC 6184 5.8) or FU (RFC 7798 4.4.3).
    fn push_fragments(&mut self, codec: Codec, nal: &[u8], last_nal: bool) {
        let kind = nal_type(codec, nal);
        let (mut head, body) = match codec {
            Codec::H264 => (vec![(nal[0] & 0xe0) | 28], &nal[1..]),
            Codec::H265 => (vec![(nal[0] & 0x81) | (49 << 1), nal[1]], &nal[2..]),
        };
        let fu_at = head.len();
        head.push(kind);
        let chunk = MAX_PAYLOAD - head.len();
        let count = body.len().div_ceil(chunk);
        for (i, part) in body.chunks(chunk).enumerate() {
            let (first, last) = (i == 0, i + 1 == count);
            head[fu_at] = kind | if first { 0x80 } else { 0 } | if last { 0x40 } else { 0 };
            self.push(last_nal && last, &head, part);
        }
    }

    fn push(&mut self, marker: bool, head: &[u8], body: &[u8]) {
        self.starts.push(self.wire.len());
        let length = (PREFIX - 4 + head.len() + body.len()) as u16;
        self.wire.extend_from_slice(&[b'$', 0]);
        self.wire.extend_from_slice(&length.to_be_bytes());
        self.wire.extend_from_slice(&[0x80, PAYLOAD_TYPE | if marker { 0x80 } else { 0 }]);
        self.wire.extend_from_slice(&[0; 10]);
        self.wire.extend_from_slice(head);
        self.wire.extend_from_slice(body);
    }
}

/// Whether this packet holds a parameter set.
pub(crate) fn is_parameter_set(codec: Codec, packet: &[u8]) -> bool {
    packet.len() > PREFIX && NalInfo::of(codec, &packet[PREFIX..]).parameter_set
}

/// Makes the picture data in one RTP payload undecodable but leaves the framing, so that a client assembles
/// access units as ever and only its decoder finds out. Parameter sets and SEI stay as they are.
pub(crate) fn scramble(codec: Codec, payload: &mut [u8], random: &mut Random) {
    let Some(&fu) = payload.get(codec.nal_header_len()) else { return };
    let (start, first) = match (codec, nal_type(codec, payload)) {
        (Codec::H264, 28) | (Codec::H265, 49) => (codec.nal_header_len() + 1, fu & 0x80 != 0),
        (Codec::H264, 1..=5) | (Codec::H265, 0..=31) => (codec.nal_header_len(), true),
        _ => return,
    };
    let Some(body) = payload.get_mut(start..) else { return };
    random.fill(body);
    if first && body.len() >= 2 {
        // "First slice of a picture", then a number that no slice header may hold (slice type or parameter
        // set above 127): never decoded by chance, in either codec.
        body[..2].copy_from_slice(&[0x80, 0x40]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_packet_of_an_access_unit_has_the_marker() {
        let big = [&[0x65, 0x88][..], &[7; 3000]].concat();
        let frame = Frame::packetise(Codec::H264, &[&[0x67, 1], &[0x68, 2], &big], true);
        let markers: Vec<bool> = frame.packets().map(|p| p[5] & 0x80 != 0).collect();
        assert_eq!(markers, [false, false, false, false, true]);
        let sets: Vec<bool> = frame.packets().map(|p| is_parameter_set(Codec::H264, p)).collect();
        assert_eq!(sets, [true, true, false, false, false]);
        let fu: Vec<u8> = frame.packets().skip(2).map(|p| p[PREFIX + 1]).collect();
        assert_eq!(fu, [0x85, 0x05, 0x45]);
        assert!(frame.packets().all(|p| p.len() <= PREFIX + MAX_PAYLOAD));
    }

    #[test]
    fn scrambling_keeps_framing_and_parameter_sets() {
        let mut random = Random::new(1);
        let mut sps = [0x67, 1, 2, 3];
        scramble(Codec::H264, &mut sps, &mut random);
        assert_eq!(sps, [0x67, 1, 2, 3]);
        let mut slice = [0x65, 0x88, 1, 2, 3];
        scramble(Codec::H264, &mut slice, &mut random);
        assert_eq!(slice[..3], [0x65, 0x80, 0x40]);
        let mut later_fragment = [0x62, 1, 0x13, 5, 5, 5, 5, 5, 5, 5, 5];
        scramble(Codec::H265, &mut later_fragment, &mut random);
        assert_eq!(later_fragment[..3], [0x62, 1, 0x13]);
        assert_ne!(later_fragment[3..], [5; 8]);
    }
}
