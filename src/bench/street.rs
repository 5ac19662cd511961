//! What the cameras of `bench watch` show: an empty scene on most, people on some, and a fall on a few.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use anyhow::{Context, ensure};
use camera_farm::{Clip, Encoding};
use gridwatch_inference::eval::Labels;

use crate::bench::args::BenchStreetArgs;

/// A scene that nobody has entered yet is the first picture of this clip. In three lights and views, so that not every
/// quiet camera shows the same.
const EMPTY_SCENE: &str = "clips/intel/one-by-one-person-detection.mp4";
const EMPTY_VIEWS: [&str; 3] = ["null", "hflip", "eq=brightness=-0.08"];
/// How long the clip of an empty scene is until it begins again; its noise is drawn for each picture.
const EMPTY_S: f64 = 30.0;

/// People and no fall. Played there and back, so that nobody vanishes where the clip begins again,
const THERE_AND_BACK: [&str; 6] = [
    "clips/gmdcsa24/S1_ADL_10.mp4",
    "clips/gmdcsa24/S2_ADL_23.mp4",
    "clips/gmdcsa24/S3_ADL_07.mp4",
    "clips/gmdcsa24/S3_ADL_15.mp4",
    "clips/gmdcsa24/S3_ADL_19.mp4",
    "clips/intel/classroom.mp4",
];
/// or as it is, where the scene is empty at both ends.
const AS_IT_IS: &str = "clips/intel/one-by-one-person-detection.mp4";

/// The first fall begins so long after the measured time does, and no fall so shortly before its end.
const FIRST_FALL_S: f64 = 5.0;
const LAST_FALL_S: f64 = 40.0;
/// Who has fallen lies there until long after the end.
const HOLD_MORE_S: f64 = 60.0;

/// Noise of a sensor by daylight, in levels.
const NOISE: u32 = 4;
/// As a usual sub stream.
const HEIGHT: u32 = 360;
const KBIT_S: u32 = 313;

/// What one camera shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Shows {
    /// An empty scene.
    Nothing,
    /// People, and no fall.
    People,
    /// Somebody falls; the fallen state begins so long after the first client came.
    Fall(Duration),
}

/// One camera.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// Its path at the farm.
    pub path: String,
    /// What it shows.
    pub shows: Shows,
}

/// All cameras of a run, the same in the process that plays them and in the one that watches.
#[derive(Debug)]
pub struct Street {
    /// In the order of their numbers.
    pub places: Vec<Place>,
    falls: Vec<Fall>,
}

/// A clip with a fall in it, and for how long its first picture stands still before.
#[derive(Debug)]
struct Fall {
    file: PathBuf,
    lead_in_s: f64,
    /// From the clip's beginning to the fallen state.
    fallen_s: f64,
}

// === impl Street ===

impl Street {
    /// Plans the street that `args` ask for; the falls are those of the labels that must be found.
    ///
    /// # Errors
    /// When the labels cannot be read or have no such fall, or there are fewer cameras than are to show something.
    pub fn new(args: &BenchStreetArgs) -> anyhow::Result<Self> {
        let busy = args.active + args.falls;
        ensure!(busy <= args.cameras, "{} cameras cannot show {busy} things", args.cameras);
        let labels = Labels::read(&args.data.join("labels/falls.json"))?;
        let known: Vec<(PathBuf, f64)> = required_falls(&labels).collect();
        ensure!(args.falls == 0 || !known.is_empty(), "the labels have no fall that must be found");
        let span_s = f64::from(args.seconds) - FIRST_FALL_S - LAST_FALL_S;
        let falls: Vec<Fall> = (0..args.falls)
            .zip(known.iter().cycle())
            .map(|(n, (file, fallen_s))| Fall {
                file: file.clone(),
                lead_in_s: f64::from(args.settle)
                    + FIRST_FALL_S
                    + (span_s * f64::from(n) / f64::from(args.falls)).round(),
                fallen_s: *fallen_s,
            })
            .collect();
        // Spread evenly among the others, those with falls first.
        let shows = |n: u32| {
            let turn =
                |count: u32| count > 0 && (n * count) / args.cameras != ((n + 1) * count) / args.cameras;
            turn(busy).then_some((n * busy) / args.cameras)
        };
        let places = (0..args.cameras)
            .map(|n| {
                let number = n + 1;
                let fall = |which: u32| falls.get(which as usize).map(|fall| (which, fall));
                match shows(n).map(|which| (which, fall(which))) {
                    Some((_, Some((which, fall)))) => Place {
                        path: format!("/clip/fall{which}/{number}?once"),
                        shows: Shows::Fall(Duration::from_secs_f64(fall.lead_in_s + fall.fallen_s)),
                    },
                    Some((which, None)) => {
                        let clips = THERE_AND_BACK.len() as u32 + 1;
                        Place {
                            path: format!("/clip/people{}/{number}", which % clips),
                            shows: Shows::People,
                        }
                    }
                    None => {
                        let view = n as usize % EMPTY_VIEWS.len();
                        Place { path: format!("/clip/empty{view}/{number}"), shows: Shows::Nothing }
                    }
                }
            })
            .collect();
        Ok(Self { places, falls })
    }

    /// Makes the clips, or takes them from the cache.
    ///
    /// # Errors
    /// When ffmpeg or a recorded clip is missing, or the cache cannot be written.
    pub fn prepare(&self, args: &BenchStreetArgs) -> anyhow::Result<Vec<Clip>> {
        let (data, cache) = (&args.data, &args.cache);
        fs::create_dir_all(cache).with_context(|| format!("cannot make the folder {}", cache.display()))?;
        let usual = Encoding { height: Some(HEIGHT), kbit_s: KBIT_S, noise: NOISE, ..Encoding::default() };
        let clip = |name: String, file: &Path, encoding: Encoding| {
            Clip::from_video_cached(&name, file, &encoding, cache).with_context(|| name.clone())
        };
        let mut clips = Vec::new();
        for (n, view) in EMPTY_VIEWS.iter().enumerate() {
            let still = Made { filter: view, pictures: Some(1) }.of(&data.join(EMPTY_SCENE), cache)?;
            clips.push(clip(format!("empty{n}"), &still, Encoding { lead_in_s: EMPTY_S, ..usual.clone() })?);
        }
        let there_and_back = "split[a][b];[b]reverse[c];[a][c]concat";
        for (n, file) in THERE_AND_BACK.iter().enumerate() {
            let file = Made { filter: there_and_back, pictures: None }.of(&data.join(file), cache)?;
            clips.push(clip(format!("people{n}"), &file, usual.clone())?);
        }
        clips.push(clip(format!("people{}", THERE_AND_BACK.len()), &data.join(AS_IT_IS), usual.clone())?);
        for (n, Fall { file, lead_in_s, .. }) in self.falls.iter().enumerate() {
            let hold_s = f64::from(args.settle + args.seconds) - lead_in_s + HOLD_MORE_S;
            let encoding = Encoding { lead_in_s: *lead_in_s, hold_s, ..usual.clone() };
            clips.push(clip(format!("fall{n}"), &data.join(file), encoding)?);
        }
        Ok(clips)
    }
}

/// The falls that must be found: the clip, and when the fallen state begins in it.
fn required_falls(labels: &Labels) -> impl Iterator<Item = (PathBuf, f64)> {
    labels.clips.iter().filter_map(|clip| {
        let truth = clip.truth.iter().find(|truth| !truth.optional)?;
        Some((clip.file.clone(), truth.from_s))
    })
}

/// A video made of another one by an ffmpeg filter, with next to no loss.
struct Made<'a> {
    filter: &'a str,
    /// No more than so many pictures.
    pictures: Option<u32>,
}

impl Made<'_> {
    /// The file in `cache`, made unless it is there.
    fn of(&self, file: &Path, cache: &Path) -> anyhow::Result<PathBuf> {
        let stem = file.file_stem().unwrap_or_default().to_string_lossy();
        let word: String = self.filter.chars().filter(char::is_ascii_alphanumeric).collect();
        let made = cache.join(format!("made-{stem}-{word}.mp4"));
        if made.is_file() {
            return Ok(made);
        }
        let part = made.with_extension(format!("{}.part", std::process::id()));
        let mut command = Command::new("ffmpeg");
        command.args(["-nostdin", "-v", "error", "-y", "-i"]).arg(file).args(["-an", "-vf", self.filter]);
        if let Some(pictures) = self.pictures {
            command.args(["-frames:v", &pictures.to_string()]);
        }
        command.args(["-c:v", "libx264", "-preset", "veryfast", "-qp", "8", "-f", "mp4"]).arg(&part);
        let status = command.stdin(Stdio::null()).status().context("ffmpeg does not start")?;
        ensure!(status.success(), "ffmpeg cannot make a clip of {}", file.display());
        fs::rename(&part, &made)?;
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(data: &Path, cameras: u32, active: u32, falls: u32) -> BenchStreetArgs {
        let cache = PathBuf::new();
        BenchStreetArgs { cameras, active, falls, seconds: 180, settle: 60, data: data.into(), cache }
    }

    fn labels(folder: &Path) {
        let clip =
            |file: &str, truth: &str| format!(r#"{{"file":"{file}","truth":[{truth}],"hold_last_s":20}}"#);
        let clips = [
            clip("a.mp4", r#"{"kind":"fall","from_s":2.0}"#),
            clip("b.mp4", r#"{"kind":"fall","from_s":1.0,"optional":true}"#),
            clip("c.mp4", r#"{"kind":"fall","from_s":3.5}"#),
            clip("d.mp4", ""),
        ];
        fs::create_dir_all(folder.join("labels")).unwrap();
        fs::write(folder.join("labels/falls.json"), format!(r#"{{"clips":[{}]}}"#, clips.join(","))).unwrap();
    }

    #[test]
    fn a_street_has_what_was_asked_for_and_falls_at_known_times() {
        let folder = tempfile::tempdir().unwrap();
        labels(folder.path());
        for (cameras, active, falls) in [(1000, 50, 5), (60, 50, 5), (10, 0, 3), (7, 7, 0), (55, 50, 5)] {
            let street = Street::new(&args(folder.path(), cameras, active, falls)).unwrap();
            let count = |shows: fn(&Shows) -> bool| {
                street.places.iter().filter(|place| shows(&place.shows)).count() as u32
            };
            assert_eq!(street.places.len() as u32, cameras);
            assert_eq!(count(|shows| *shows == Shows::People), active, "{cameras} {active} {falls}");
            assert_eq!(count(|shows| matches!(shows, Shows::Fall(_))), falls);
        }
        let street = Street::new(&args(folder.path(), 10, 0, 3)).unwrap();
        let fallen = |place: &Place| match place.shows {
            Shows::Fall(after) => Some((place.path.clone(), after.as_secs_f64())),
            _ => None,
        };
        let falls: Vec<(String, f64)> = street.places.iter().filter_map(fallen).collect();
        assert_eq!(
            falls.iter().map(|(_, at_s)| *at_s).collect::<Vec<_>>(),
            [65.0 + 2.0, 110.0 + 3.5, 155.0 + 2.0]
        );
        assert!(falls[0].0.starts_with("/clip/fall0/") && falls[0].0.ends_with("?once"));
    }

    #[test]
    fn too_few_cameras_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        labels(folder.path());
        let error = Street::new(&args(folder.path(), 5, 5, 5)).unwrap_err().to_string();
        assert_eq!(error, "5 cameras cannot show 10 things");
    }
}
