//! The published rules of signatures and encryption, restated without the code under test.

use sha2::{Digest, Sha256};

/// HMAC by its definition (RFC 2104): `H(K ^ opad, H(K ^ ipad, text))`.
pub fn hmac_sha256(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut block = [0u8; 64];
    if key.len() > 64 {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let pad = |with: u8| block.map(|byte| byte ^ with);
    let inner = Sha256::new().chain_update(pad(0x36)).chain_update(text).finalize();
    Sha256::new().chain_update(pad(0x5c)).chain_update(inner).finalize().into()
}

/// One block of HKDF (RFC 5869), which is all that Web Push takes.
pub fn hkdf_sha256(salt: &[u8], material: &[u8], info: &[u8], length: usize) -> Vec<u8> {
    assert!(length <= 32);
    let pseudo_random_key = hmac_sha256(salt, material);
    hmac_sha256(&pseudo_random_key, &[info, &[1]].concat())[..length].to_vec()
}

#[test]
fn the_restated_rules_are_those_of_the_standards() {
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    // RFC 4231, test case 6: a key that is longer than a block.
    let mac = hmac_sha256(&[0xaa; 131], b"Test Using Larger Than Block-Size Key - Hash Key First");
    assert_eq!(hex(&mac), "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    // RFC 5869, test case 1, the first 32 bytes.
    let salt: Vec<u8> = (0..=0x0c).collect();
    let info: Vec<u8> = (0xf0..=0xf9).collect();
    let okm = hkdf_sha256(&salt, &[0x0b; 22], &info, 32);
    assert_eq!(hex(&okm), "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}
