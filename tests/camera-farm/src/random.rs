//! Repeatable pseudo-random numbers (splitmix64).

/// The `n`-th number of the series that `seed` names.
pub(crate) fn mix(seed: u64, n: u64) -> u64 {
    let mut z = seed.wrapping_add(n.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A number that depends on the text alone (FNV-1a).
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

/// A series of numbers, one after the other.
pub(crate) struct Random {
    seed: u64,
    n: u64,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        Random { seed, n: 0 }
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.n += 1;
        mix(self.seed, self.n)
    }

    /// Fills `bytes` with random bytes that are never 0 (no start code by chance) and never `$` (no RTP framing
    /// by chance).
    pub(crate) fn fill(&mut self, bytes: &mut [u8]) {
        for eight in bytes.chunks_mut(8) {
            for (to, from) in eight.iter_mut().zip(self.next().to_le_bytes()) {
                *to = if from == 0 || from == b'$' { 0xff } else { from };
            }
        }
    }
}
