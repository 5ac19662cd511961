//! Links to an alert's picture for messages: they open it without signing in, for a while. The picture is the stored one, with
//! heads pixelated.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use rand::CryptoRng;
use url::Url;

use super::token::{KEY_BYTES, is_token, token};
use crate::alert::AlertId;

/// For how long a link opens its picture: whoever is called looks at once.
pub const PICTURE_LINK_VALID: SignedDuration = SignedDuration::from_mins(15);

/// Makes and opens links. The key is drawn at random, so that links end with the server at the latest. Cheap to clone.
#[derive(Clone)]
pub struct PictureLinks {
    /// Where people reach the server; without it no links are made.
    base: Option<Url>,
    key: [u8; KEY_BYTES],
}

impl PictureLinks {
    /// Links below an address, where there is one.
    pub fn new(base: Option<Url>, random: &mut impl CryptoRng) -> Self {
        let mut key = [0; KEY_BYTES];
        random.fill_bytes(&mut key);
        Self { base, key }
    }

    /// A link to an alert's picture.
    pub fn link(&self, alert: AlertId, now: Timestamp) -> Option<Url> {
        let until = (now + PICTURE_LINK_VALID).as_second();
        let token = token(&self.key, &link_of(alert, until))?;
        self.base.as_ref()?.join(&format!("api/media/links/{alert}/{until}/{token}")).ok()
    }

    /// Whether a link is one of ours and not too old.
    pub fn opens(&self, alert: AlertId, until: i64, token: &str, now: Timestamp) -> bool {
        now.as_second() <= until && is_token(&self.key, &link_of(alert, until), token)
    }
}

fn link_of(alert: AlertId, until: i64) -> String {
    format!("gridwatch picture link|{alert}|{until}")
}

impl fmt::Debug for PictureLinks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PictureLinks").field("base", &self.base).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use rand::{SeedableRng, rngs::StdRng};

    use super::*;

    #[test]
    fn a_link_opens_one_picture_for_a_while() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let base = Some(Url::parse("https://street.example/gridwatch/").unwrap());
        let links = PictureLinks::new(base, &mut StdRng::seed_from_u64(1));
        let link = links.link(AlertId(5), at(0)).unwrap();
        assert!(
            link.as_str().starts_with("https://street.example/gridwatch/api/media/links/5/900/"),
            "{link}"
        );
        let token = link.path_segments().unwrap().next_back().unwrap();
        assert!(links.opens(AlertId(5), 900, token, at(900)));
        for (alert, until, token, now) in [
            (6, 900, token, 0),
            (5, 901, token, 0),
            (5, 900, token, 901),
            (5, 900, &token[2..], 0),
            (5, 900, "", 0),
            (5, 900, "zz", 0),
            (5, 900, "网格", 0),
        ] {
            assert!(!links.opens(AlertId(alert), until, token, at(now)), "{alert} {until} {token} {now}");
        }
        let other = PictureLinks::new(None, &mut StdRng::seed_from_u64(2));
        assert!(!other.opens(AlertId(5), 900, token, at(0)), "another server's");
        assert_eq!(other.link(AlertId(5), at(0)), None);
    }
}
