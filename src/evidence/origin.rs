//! By what an alert was judged: models, rule and configuration, as its manifest tells them.

use std::{collections::HashMap, io, sync::Arc};

use gridwatch_alerts::{ModelUsed, Origin, RuleUsed};
use gridwatch_inference::{Finding, ModelSpec, Observation, Scene};
use gridwatch_ingest::CameraId;

use crate::{config::Config, models::Digest};

/// Everything that alerts are judged by, found out once at the start.
pub struct Origins {
    models: Vec<ModelUsed>,
    configuration: String,
    scenes: HashMap<CameraId, Arc<Scene>>,
}

impl Origins {
    /// What `config` judges by. Reads all of every model's file where models look.
    ///
    /// # Errors
    /// A model's file cannot be read.
    pub async fn read(config: &Config, with_models: bool) -> io::Result<Self> {
        let specs = [Some(&config.models.person), Some(&config.models.fallen), config.models.crowd.as_ref()];
        let specs: Vec<ModelSpec> = specs.into_iter().flatten().filter(|_| with_models).cloned().collect();
        let read = tokio::task::spawn_blocking(move || specs.iter().map(model).collect());
        let models = read.await.unwrap_or_else(|stopped| Err(io::Error::other(stopped)))?;
        Ok(Self { models, configuration: config.digest().to_string(), scenes: config.scenes() })
    }

    /// By what this was judged.
    pub fn of(&self, observation: &Observation) -> Origin {
        let scene = self.scenes.get(&observation.camera);
        let (name, settings) = match &observation.finding {
            Finding::Fall(_) => ("fall", scene.and_then(|scene| serde_json::to_value(scene.fall).ok())),
            Finding::Crowd(crowd) => {
                let zone =
                    scene.and_then(|scene| scene.crowd_zones.iter().find(|place| place.name == crowd.zone));
                ("crowd", zone.and_then(|place| serde_json::to_value(place.settings).ok()))
            }
        };
        Origin {
            generation: observation.generation.0,
            models: self.models.clone(),
            rule: RuleUsed { name: name.to_owned(), settings: settings.unwrap_or_default() },
            configuration: self.configuration.clone(),
            program: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }
}

fn model(spec: &ModelSpec) -> io::Result<ModelUsed> {
    let file = spec.file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    Ok(ModelUsed { role: spec.role.name().to_owned(), file, sha256: Digest::of(&spec.file)?.to_string() })
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use gridwatch_inference::{FallFinding, Phase, geometry::Rect};
    use gridwatch_ingest::Generation;
    use jiff::Timestamp;

    use super::*;

    #[tokio::test]
    async fn an_alert_is_judged_by_its_cameras_own_settings_and_these_very_models() {
        let folder = tempfile::tempdir().unwrap();
        for file in ["person.onnx", "fallen.onnx"] {
            std::fs::write(folder.path().join(file), "abc").unwrap();
        }
        let text = "[models.person]\nfile = \"person.onnx\"\n[models.fallen]\nfile = \"fallen.onnx\"\n\
                    [[camera]]\nid = \"gate\"\nname = \"gate\"\nurl = \"rtsp://10.0.0.1/1\"\n\
                    [camera.fall]\nalert_after_s = 20.0\n";
        let config = Config::parse(text, folder.path()).unwrap();
        let origins = Origins::read(&config, true).await.unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let observation = Observation {
            camera: CameraId::new("gate").unwrap(),
            generation: Generation(3),
            finding: Finding::Fall(FallFinding::default()),
            incident: 1,
            phase: Phase::Alert,
            since: now,
            at: now,
            place: Rect::default(),
            judged: None,
            recorded: None,
        };
        let origin = origins.of(&observation);
        assert_eq!((origin.generation, origin.rule.name.as_str()), (3, "fall"));
        assert_eq!(origin.rule.settings["alert_after"], "PT20S");
        assert_eq!(origin.configuration, config.digest().to_string());
        let models: Vec<_> =
            origin.models.iter().map(|model| (model.role.as_str(), model.file.as_str())).collect();
        assert_eq!(models, [("person", "person.onnx"), ("fallen", "fallen.onnx")]);
        // FIPS 180-2, appendix B.1.
        assert!(origin.models[0].sha256.starts_with("ba7816bf8f01cfea"));
        assert!(Origins::read(&Config::parse("", Path::new("/nowhere")).unwrap(), true).await.is_err());
    }
}
