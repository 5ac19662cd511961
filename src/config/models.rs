//! `[models]`: which models look, by name or by file.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use gridwatch_inference::{EngineChoice, ModelSpec, Role};

use super::{Section, engine, path};
use crate::models::{Manifest, Named};

/// Which models look, and where models come from.
#[derive(Clone, Debug)]
pub struct Models {
    /// ONNX Runtime's library, if it is not to be looked for.
    pub runtime: Option<PathBuf>,
    /// The models that are known by name.
    pub manifest: Arc<Manifest>,
    /// Where the files of named models are.
    pub folder: PathBuf,
    /// Where model files are copied from instead of being downloaded.
    pub offline: Option<PathBuf>,
    /// What may do the models' work.
    pub engine: EngineChoice,
    /// Sees upright people.
    pub person: ModelSpec,
    /// Sees people in any orientation.
    pub fallen: ModelSpec,
    /// Counts people in crowd zones; the first of them does where it is not given.
    pub crowd: Option<ModelSpec>,
    /// Those of them that are named and not given as a file: their files are held against the manifest.
    pub named: Vec<Named>,
}

/// Reads `[models]`.
pub(super) fn read(section: &Section<'_>, folder: &Path) -> Models {
    let manifest = read_manifest(section, folder);
    let mut models = Models {
        runtime: section.text("runtime", "a path", |text| Some(folder.join(text))),
        folder: path(section, "folder", folder, "models"),
        offline: section.text("offline", "a folder", |text| (!text.is_empty()).then(|| folder.join(text))),
        engine: engine::read(section, folder),
        person: unnamed(Role::Person),
        fallen: unnamed(Role::Fallen),
        crowd: None,
        named: Vec::new(),
        manifest: Arc::new(manifest),
    };
    models.person = read_model(&section.section("person"), folder, Role::Person, &mut models);
    models.fallen = read_model(&section.section("fallen"), folder, Role::Fallen, &mut models);
    let crowd = section.section("crowd");
    models.crowd = crowd.is_given().then(|| read_model(&crowd, folder, Role::Crowd, &mut models));
    models
}

fn read_manifest(section: &Section<'_>, folder: &Path) -> Manifest {
    let file = section.text("manifest", "a path", |text| Some(folder.join(text)));
    let read = match &file {
        None => Manifest::built_in().map_err(|mistakes| ("the built-in manifest".to_owned(), mistakes)),
        Some(file) => match std::fs::read_to_string(file) {
            Ok(text) => Manifest::parse(&text).map_err(|mistakes| (file.display().to_string(), mistakes)),
            Err(error) => {
                let found = format!("{}, which cannot be read: {error}", file.display());
                section.contradiction(["manifest"], found, "a model manifest");
                return Manifest::default();
            }
        },
    };
    read.unwrap_or_else(|(file, mistakes)| {
        for mistake in mistakes {
            section.contradiction(
                ["manifest"],
                format!("in {file}: {mistake}"),
                "a manifest without mistakes",
            );
        }
        Manifest::default()
    })
}

/// What applies to a model that is given as a file, of which no manifest says how sure it has to be.
fn unnamed(role: Role) -> ModelSpec {
    let score_min = if role == Role::Fallen { 0.2 } else { 0.3 };
    let (sessions, engine) = (engine::sessions(role), EngineChoice::default());
    ModelSpec { file: PathBuf::new(), role, score_min, iou_max: 0.45, threads: 1, sessions, engine }
}

fn read_model(section: &Section<'_>, folder: &Path, role: Role, models: &mut Models) -> ModelSpec {
    let file = section.text("file", "a path", |text| (!text.is_empty()).then(|| folder.join(text)));
    let manifest = models.manifest.clone();
    let name = section.text("model", &format!("one of {}", manifest.names()), |name| manifest.get(name));
    let named = match (&file, name) {
        (Some(_), Some(_)) => {
            section.contradiction(["model", "file"], "model and file".to_owned(), "one of both");
            None
        }
        (Some(_), None) => None,
        (None, name) => name.or_else(|| manifest.default_of(role)),
    };
    let mut spec = ModelSpec { file: file.unwrap_or_default(), ..unnamed(role) };
    if let Some(entry) = named {
        if !entry.roles.contains(&role) {
            let serves: Vec<&str> = entry.roles.iter().copied().map(Role::name).collect();
            let found = format!("{}, which is for {}", entry.name, serves.join(", "));
            section.contradiction(["model"], found, &format!("a model for {}", role.name()));
        }
        spec.file = models.folder.join(&entry.file);
        (spec.score_min, spec.iou_max) = (entry.score_min(role), entry.iou_max);
        models.named.push(Named { entry: entry.clone(), file: spec.file.clone() });
    }
    let share = |key, range, default: f32| section.number(key, range, f64::from(default)) as f32;
    spec.score_min = share("score_min", 0.01..=1.0, spec.score_min);
    spec.iou_max = share("iou_max", 0.05..=1.0, spec.iou_max);
    spec.threads = section.whole("threads", 1..=64, 1) as usize;
    spec.sessions = section.whole("sessions", 1..=64, spec.sessions as i64) as usize;
    spec.engine = models.engine.clone();
    spec
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    fn models(text: &str) -> Models {
        Config::parse(text, Path::new("/etc/gridwatch")).unwrap().models
    }

    fn mistakes(text: &str) -> String {
        let mistakes = Config::parse(text, Path::new("/nowhere")).unwrap_err();
        mistakes.iter().map(|mistake| format!("{mistake}\n")).collect()
    }

    #[test]
    fn without_a_word_the_manifests_models_look_with_its_thresholds() {
        let models = models("");
        for (spec, role) in [(&models.person, Role::Person), (&models.fallen, Role::Fallen)] {
            let entry = models.manifest.default_of(role).unwrap();
            assert_eq!(spec.file, Path::new("/etc/gridwatch/models").join(&entry.file));
            assert_eq!(
                (spec.role, spec.score_min, spec.iou_max),
                (role, entry.score_min(role), entry.iou_max)
            );
        }
        assert_eq!(models.named.len(), 2);
    }

    #[test]
    fn a_model_is_named_or_given_as_a_file_and_thresholds_can_be_set_for_both() {
        let models = models(
            "[models]\nfolder = \"/srv/models\"\n[models.person]\nmodel = \"yolox-s\"\nscore_min = 0.5\n\
             [models.fallen]\nfile = \"own.onnx\"\niou_max = 0.6\n",
        );
        assert_eq!(models.person.file, Path::new("/srv/models/yolox_s.onnx"));
        assert_eq!((models.person.score_min, models.person.iou_max), (0.5, 0.45));
        assert_eq!(models.fallen.file, Path::new("/etc/gridwatch/own.onnx"));
        assert_eq!((models.fallen.score_min, models.fallen.iou_max), (0.2, 0.6));
        let named: Vec<&str> = models.named.iter().map(|named| named.entry.name.as_str()).collect();
        assert_eq!(named, ["yolox-s"], "a file that was given is the operator's own business");
    }

    #[test]
    fn what_cannot_be_meant_is_told() {
        let told = mistakes(
            "[models]\n[models.person]\nmodel = \"yolox\"\n[models.fallen]\nmodel = \"yolox-s\"\nfile = \"a.onnx\"\n",
        );
        assert!(told.contains("line 3: models.person.model: found \"yolox\"; allowed: one of "), "{told}");
        assert!(
            told.contains("line 5: models.fallen.model: found model and file; allowed: one of both"),
            "{told}"
        );
        let told = mistakes("[models.person]\nmodel = \"yolox-nano-person-rot3-640\"\n");
        assert!(told.contains("-rot3-640, which is for fallen; allowed: a model for person"), "{told}");
        let told = mistakes("[models]\nmanifest = \"no.toml\"\n");
        assert!(
            told.contains("line 2: models.manifest: found /nowhere/no.toml, which cannot be read"),
            "{told}"
        );
    }
}
