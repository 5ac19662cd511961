use proptest::prelude::*;

use super::*;

const WIDTH: usize = 100;
const HEIGHT: usize = 60;
const MINUTE: SignedDuration = SignedDuration::from_secs(60);

fn blocks(luma: &[u8]) -> Blocks {
    Blocks::of(&Plane { data: luma, stride: WIDTH, width: WIDTH, height: HEIGHT })
}

fn at(s: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(s)
}

/// A scene of all greys from 40 to 200.
fn scene() -> Vec<u8> {
    (0..WIDTH * HEIGHT).map(|i| (40 + (i * 7919) % 161) as u8).collect()
}

#[test]
fn a_mean_is_that_of_its_block_also_at_the_edges() {
    let luma: Vec<u8> =
        (0..WIDTH * HEIGHT).map(|i| if i % WIDTH >= 96 { 200 } else { (i / WIDTH) as u8 }).collect();
    let blocks = blocks(&luma);
    assert_eq!((blocks.columns, blocks.means.len()), (13, 13 * 8));
    // 0 to 7, and the four rows 56 to 59 that are left over.
    assert_eq!((blocks.means[0], blocks.means[12], blocks.means[7 * 13]), (3, 200, 57));
}

#[test]
fn an_answer_stands_while_the_picture_does_and_for_as_long_as_it_is_kept() {
    let mut unchanged = Unchanged::new(MINUTE);
    let picture = blocks(&scene());
    assert_eq!(unchanged.answer(&picture, at(0)), None::<&u8>);
    unchanged.judged(picture.clone(), at(0), 7);
    assert_eq!(unchanged.answer(&picture, at(60)), Some(&7));
    assert_eq!(unchanged.answer(&picture, at(61)), None);
    assert_eq!(unchanged.answer(&picture, at(-1)), None);
    let other_size = Blocks::of(&Plane { data: &scene(), stride: WIDTH, width: WIDTH, height: HEIGHT - 8 });
    assert_eq!(unchanged.answer(&other_size, at(1)), None);
}

#[test]
fn what_changes_slowly_is_looked_at_in_the_end() {
    let mut unchanged = Unchanged::new(MINUTE);
    unchanged.judged(blocks(&scene()), at(0), 7);
    let darker = |by: u8| blocks(&scene().iter().map(|v| v - by).collect::<Vec<_>>());
    let looked_at = (1..20).find(|by| unchanged.answer(&darker(*by), at(i64::from(*by))).is_none());
    assert_eq!(looked_at, Some(DIFFERENCE_MAX + 1));
}

proptest! {
    /// Somebody of 5 by 12 pixels who differs from the ground by 18 levels, wherever they are.
    #[test]
    fn nobody_is_too_small_to_be_a_change(x in 0usize..95, y in 0usize..48, darker: bool) {
        let mut unchanged = Unchanged::new(MINUTE);
        unchanged.judged(blocks(&scene()), at(0), 7);
        let mut luma = scene();
        for (dx, dy) in (0..5).flat_map(|dx| (0..12).map(move |dy| (dx, dy))) {
            let pixel = &mut luma[(y + dy) * WIDTH + x + dx];
            *pixel = if darker { *pixel - 18 } else { *pixel + 18 };
        }
        prop_assert_eq!(unchanged.answer(&blocks(&luma), at(1)), None);
    }

    /// What encoding does to a still picture: every pixel off by up to three levels, each in its own way.
    #[test]
    fn noise_is_no_change(noise in prop::collection::vec(0u8..7, WIDTH * HEIGHT)) {
        let mut unchanged = Unchanged::new(MINUTE);
        unchanged.judged(blocks(&scene()), at(0), 7);
        let luma: Vec<u8> = scene().iter().zip(noise).map(|(v, noise)| v + noise - 3).collect();
        prop_assert_eq!(unchanged.answer(&blocks(&luma), at(1)), Some(&7));
    }
}
