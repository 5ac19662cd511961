//! Pages made from reports by hand.

use std::path::PathBuf;

use gridwatch_inference::{
    Phase,
    crowd::Spoke,
    eval::{ClipReport, FallScore, LabelledClip, Mark, Outcome, Shot, Shows, Truth, TruthKind},
    eval_crowd::{CountedPicture, CrowdScore, PictureReport, PictureScore},
    geometry::Rect,
};
use jiff::Timestamp;

use super::*;

/// A name that ends an attribute, an element and the title, and begins a script.
const NASTY: &str = r#"a"'></title></style><script>alert(1)</script><img src=x onerror=alert(2)>&amp;"#;

fn origin() -> Origin {
    let at: Timestamp = "2026-11-23T03:04:05.678Z".parse().unwrap();
    let command = ["gridwatch", "eval", NASTY].map(std::ffi::OsString::from);
    Origin::new(at, command.into_iter(), &[], vec![("fall.alert_after_s", "10".to_owned())]).unwrap()
}

fn shot(jpeg: Option<Vec<u8>>) -> Shot {
    Shot {
        at_s: 12.5,
        shows: Shows::Alert,
        size: (640, 360),
        jpeg,
        upright: vec![Rect::new(0.25, 0.5, 0.5, 1.0)],
        lying: Vec::new(),
        alert: Some(Rect::new(0.5, 0.5, 0.75, 0.75)),
    }
}

fn clip(name: &str, truth: &[f64], outcomes: Vec<Outcome>, shots: Vec<Shot>) -> ClipReport {
    let truth = truth.iter().map(|from_s| Truth { kind: TruthKind::Fall, from_s: *from_s, optional: false });
    let (file, note) = (PathBuf::from(name), Some(NASTY.to_owned()));
    let mark = |at_s, phase| Mark { incident: 1, at_s, phase };
    ClipReport {
        clip: LabelledClip { file, truth: truth.collect(), end_s: None, hold_last_s: 20.0, note },
        length_s: 40.0,
        outcomes,
        marks: vec![mark(5.0, Phase::Suspected), mark(12.5, Phase::Alert)],
        shots,
    }
}

fn page_of(language: Language, clips: &[ClipReport]) -> String {
    falls(language, &FallScore::default(), clips, &origin()).into_string()
}

#[test]
fn what_comes_from_outside_is_text_and_nothing_else() {
    let page = page_of(Language::En, &[clip(NASTY, &[], Vec::new(), Vec::new())]);
    // The name of the file, its note, and the command: each stands there, as text.
    assert_eq!(page.matches("&lt;script&gt;alert(1)&lt;/script&gt;&lt;img src=x").count(), 3);
    for smuggled in ["<script", "<img", "</title></style>"] {
        assert!(!page.contains(smuggled), "{smuggled}");
    }
    assert_eq!((page.matches("</title>").count(), page.matches("</style>").count()), (1, 1));
}

#[test]
fn the_page_stands_by_itself() {
    for page in [
        page_of(Language::Zh, &[clip("a.mp4", &[2.0], Vec::new(), vec![shot(Some(vec![0xFF, 0xD8, 0xFF]))])]),
        crowd(Language::En, &CrowdScore::default(), &[], &origin()).into_string(),
    ] {
        for fetched in ["<img", "url(", "@import", "<link", "http:", "https:", "<script"] {
            assert!(!page.contains(fetched), "{fetched}");
        }
        let other = page.matches("href=").count() - page.matches("href=\"data:image/jpeg;base64,").count();
        assert_eq!(other, 0, "no link leaves the page");
    }
}

/// A browser takes what follows a shape that is left open for its child, and does not draw it.
#[test]
fn every_shape_is_closed() {
    let page = page_of(Language::En, &[clip("a.mp4", &[2.0], Vec::new(), vec![shot(Some(vec![1]))])]);
    for shape in ["rect", "path", "image", "text", "svg"] {
        let opened = page.matches(&format!("<{shape} ")).count();
        assert_eq!((opened > 0, page.matches(&format!("</{shape}>")).count()), (true, opened), "{shape}");
    }
}

#[test]
fn each_outcome_has_its_verdict_and_its_times() {
    let fall = Truth { kind: TruthKind::Fall, from_s: 2.0, optional: false };
    let optional = Truth { optional: true, ..fall };
    for (outcome, said) in [
        (
            Outcome::Found { fall, alert_s: 12.5 },
            "<td>2.0 s</td><td>12.5 s</td><td>10.5 s</td><td><span class=\"verdict good\">✓ found",
        ),
        (Outcome::Late { fall, alert_s: 20.0 }, "<td>18.0 s</td><td><span class=\"verdict warn\">■ late"),
        (
            Outcome::Missed { fall },
            "<td>2.0 s</td><td>–</td><td>–</td><td><span class=\"verdict bad\">◆ missed",
        ),
        (
            Outcome::Duplicate { alert_s: 20.0 },
            "<td>–</td><td>20.0 s</td><td>–</td><td><span class=\"verdict warn\">■ duplicate",
        ),
        (
            Outcome::False { alert_s: 1.0 },
            "<td>–</td><td>1.0 s</td><td>–</td><td><span class=\"verdict bad\">◆ false",
        ),
        (Outcome::Missed { fall: optional }, "optional, not found"),
        (Outcome::Late { fall: optional, alert_s: 20.0 }, "optional, found"),
    ] {
        let page = page_of(Language::En, &[clip("a.mp4", &[2.0], vec![outcome], Vec::new())]);
        assert!(page.contains(said), "{outcome:?}");
    }
    assert!(page_of(Language::En, &[clip("a.mp4", &[], Vec::new(), Vec::new())]).contains("✓ quiet"));
}

#[test]
fn the_strip_shows_the_truth_and_the_steps_to_scale() {
    let page = page_of(Language::En, &[clip("a.mp4", &[2.0], Vec::new(), Vec::new())]);
    for drawn in [
        // Down from 2 s of 40 s to the end; held for the last 20 s.
        "<rect class=\"down\" x=\"5.00%\" width=\"95.00%\"",
        "<rect class=\"held\" x=\"50.00%\" width=\"50.00%\"",
        "<rect class=\"suspected\" x=\"12.50%\" width=\"18.75%\"",
        "<rect class=\"alert\" x=\"31.25%\" width=\"68.75%\"",
        "aria-label=\"5.0 s suspected, 12.5 s alert\"",
        "<text x=\"87.50%\" y=\"12\">35</text>",
    ] {
        assert!(page.contains(drawn), "{drawn}");
    }
}

#[test]
fn boxes_are_drawn_where_they_are_and_without_a_picture_that_may_not_be_shown() {
    let picture = |jpeg| page_of(Language::En, &[clip("a.mp4", &[], Vec::new(), vec![shot(jpeg)])]);
    let (shown, withheld) = (picture(Some(b"abc".to_vec())), picture(None));
    for page in [&shown, &withheld] {
        assert!(
            page.contains("<rect class=\"alert\" x=\"320.0\" y=\"180.0\" width=\"160.0\" height=\"90.0\"")
        );
        assert!(
            page.contains("<rect class=\"upright\" x=\"160.0\" y=\"180.0\" width=\"160.0\" height=\"180.0\"")
        );
    }
    assert!(shown.contains("href=\"data:image/jpeg;base64,YWJj\"") && !shown.contains("withheld"));
    assert!(
        withheld.contains("picture withheld: the clip lies in eval_only") && !withheld.contains("base64")
    );
}

#[test]
fn both_languages_are_said_and_named() {
    let clips = [clip("a.mp4", &[2.0], Vec::new(), Vec::new())];
    let (zh, en) = (page_of(Language::Zh, &clips), page_of(Language::En, &clips));
    assert!(zh.contains("<html lang=\"zh-CN\">") && en.contains("<html lang=\"en\">"));
    assert!(zh.contains("倒地检测评测") && !zh.contains("How well"));
    let chinese = |c: char| ('\u{4E00}'..='\u{9FFF}').contains(&c);
    let mut body = en.split_once("<body>").unwrap().1.chars().filter(|c| chinese(*c));
    assert_eq!((body.next(), body.next(), body.next()), (Some('格'), Some('哨'), None));
    assert!(en.contains("2026-11-23T03:04:06Z"), "to the second");
}

#[test]
fn a_count_has_its_error_with_its_sign() {
    for (counted, truth, error) in
        [(45, 45, "0 (0.0 %)"), (41, 50, "−9 (−18.0 %)"), (3, 2, "+1 (+50.0 %)"), (2, 0, "+2")]
    {
        let (picture, at_s) = (PathBuf::from(NASTY), 2.4);
        let score = PictureScore { picture, at_s, counted, truth, spoke: Spoke::Boxes, tiles: true };
        let picture = CountedPicture { file: NASTY.into(), at_s, people: truth, note: None };
        let report = PictureReport { counted: picture, score, shot: Some(shot(None)) };
        let page = crowd(Language::En, &CrowdScore::default(), &[report], &origin()).into_string();
        let row = format!(
            "<td>2.4 s</td><td>{truth}</td><td>{counted}</td><td>{error}</td><td>boxes</td><td>yes</td>"
        );
        assert!(page.contains(&row), "{row}");
        assert!(!page.contains("<script"));
    }
}

#[test]
fn a_report_that_could_not_be_written_is_refused_before_the_work() {
    let folder = tempfile::TempDir::new().unwrap();
    let refused = |file: &Path| check_place(file).map_err(|error| error.to_string());
    assert!(refused(&folder.path().join("report.html")).is_ok());
    assert!(refused(Path::new("report.html")).is_ok());
    assert!(refused(folder.path()).unwrap_err().ends_with("is a folder; name a file in it"));
    assert!(refused(&folder.path().join("no/report.html")).unwrap_err().ends_with("no is no folder"));
}
