//! Families of models: which one a file is of, told from its graph, and how its numbers become boxes.

mod boxes;
mod fastestdet;
#[cfg(test)]
mod footage;
mod graph;
#[cfg(test)]
mod references;
mod yolox;

pub(crate) use graph::Port;

use crate::{
    detection::{Detection, View},
    letterbox::{Fit, Input, InputSize},
    model::Role,
    turned::ALL_VIEWS,
};

/// What a model's output means. All take float32 `[N, 3, height, width]`, planes B, G, R, where N is open or 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// Contract A, person boxes, in input pixels, before suppression.
    PersonBoxes,
    /// Contract R, any orientation: the graph turns the picture by itself and says for each box how.
    AnyOrientation,
    /// YOLOX as its makers publish it, for the 80 classes of COCO.
    YoloxRaw,
    /// FastestDet as its makers publish it, for the 80 classes of COCO.
    FastestDet,
}

/// What was found out about a graph.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    pub(crate) family: Family,
    pub(crate) input_name: String,
    pub(crate) output_name: String,
    pub(crate) input: Input,
    /// The graph takes one row at a time.
    pub(crate) one_row: bool,
}

/// What a graph should have been, and what it is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Misfit {
    pub(crate) expected: String,
    pub(crate) found: String,
}

impl Family {
    const ALL: [Self; 4] = [Self::PersonBoxes, Self::AnyOrientation, Self::YoloxRaw, Self::FastestDet];

    /// Whether a model of this family can be used for `role`: a graph that turns every picture is too dear to look at
    /// all of them.
    fn serves(self, role: Role) -> bool {
        self != Self::AnyOrientation || role == Role::Fallen
    }

    /// What the family's output looks like, for people.
    fn output(self) -> &'static str {
        match self {
            Self::PersonBoxes => "`boxes`, float32 [N, boxes, 5]",
            Self::AnyOrientation => "`boxes_rot`, float32 [N, boxes, 6]",
            Self::YoloxRaw => "float32 [N, cells, 85] (YOLOX)",
            Self::FastestDet => "float32 [N, 85, height/16, width/16] (FastestDet)",
        }
    }

    /// Whether `output`, of a graph whose input has this size, is this family's. The exporter may leave a size open;
    /// then the first run shows it.
    fn is_of(self, output: &Port, size: InputSize) -> bool {
        let values = |wanted: i64| matches!(output.shape[..], [_, _, last] if last == wanted || last == -1);
        match self {
            Self::PersonBoxes => output.name == "boxes" && values(5),
            Self::AnyOrientation => output.name == "boxes_rot" && values(6),
            Self::YoloxRaw => {
                output.shape.get(1..) == Some(&[yolox::cells(size) as i64, yolox::VALUES as i64][..])
            }
            Self::FastestDet => output.shape.get(1..) == Some(&fastestdet::shape(size)[..]),
        }
    }

    /// How pictures get into a graph of this family.
    fn input(self, input_name: &str, size: InputSize, role: Role) -> Input {
        let fit = match self {
            Self::FastestDet => Fit::Stretch,
            // Both of the name `boxes`: those whose input is one `image` were trained on stretched pictures.
            Self::PersonBoxes if input_name == "image" => Fit::Stretch,
            _ => Fit::Letterbox,
        };
        let views = match role {
            Role::Fallen if self != Self::AnyOrientation => ALL_VIEWS,
            _ => &[View::Upright],
        };
        Input { size, fit, white: if self == Self::FastestDet { 1.0 } else { 255.0 }, views }
    }

    /// The boxes of one row that are at least as sure as `score_min`, in input pixels, before suppression. `shape` is
    /// that of one row's `values`.
    pub(crate) fn read(
        self,
        values: &[f32],
        shape: &[i64],
        size: InputSize,
        score_min: f32,
    ) -> Result<Vec<Detection>, String> {
        let mut detections = match (self, shape) {
            (Self::PersonBoxes, [_, 5]) => boxes::read(values, 5),
            (Self::AnyOrientation, [_, 6]) => boxes::read(values, 6),
            (Self::YoloxRaw, [_, 85]) => yolox::read(values, size),
            (Self::FastestDet, _) if shape == fastestdet::shape(size) => fastestdet::read(values, size),
            _ => return Err(format!("expected the output {}, got rows of {shape:?}", self.output())),
        };
        detections.retain(|d| d.score >= score_min);
        Ok(detections)
    }
}

impl Layout {
    /// Finds out what kind of graph this is, and whether it can do the `role`.
    pub(crate) fn recognise(role: Role, inputs: &[Port], outputs: &[Port]) -> Result<Self, Misfit> {
        let [input] = inputs else {
            return Err(Misfit::input(format!("{} inputs: {}", inputs.len(), graph::list(inputs))));
        };
        let (size, one_row) = match input.shape[..] {
            [rows @ (-1 | 1), 3, height, width] if input.float && height > 0 && width > 0 => {
                (InputSize { width: width as usize, height: height as usize }, rows == 1)
            }
            _ => return Err(Misfit::input(input.to_string())),
        };
        let serving = || Family::ALL.into_iter().filter(move |family| family.serves(role));
        let mut pairs = serving().flat_map(|family| outputs.iter().map(move |output| (family, output)));
        let found = pairs.find(|(family, output)| output.float && family.is_of(output, size));
        let Some((family, output)) = found else {
            let expected: Vec<&str> = serving().map(Family::output).collect();
            let expected = format!("an output {}", expected.join(", or "));
            return Err(Misfit { expected, found: format!("outputs {}", graph::list(outputs)) });
        };
        Ok(Self {
            family,
            input_name: input.name.clone(),
            output_name: output.name.clone(),
            input: family.input(&input.name, size, role),
            one_row,
        })
    }
}

impl Misfit {
    fn input(found: String) -> Self {
        let expected = "one input, float32 [N, 3, height, width], whose N is open or 1".to_owned();
        Self { expected, found }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn port(name: &str, shape: &[i64]) -> Port {
        Port { name: name.to_owned(), shape: shape.to_vec(), float: true }
    }

    fn recognised(role: Role, input: &Port, outputs: &[Port]) -> Result<Layout, Misfit> {
        Layout::recognise(role, std::slice::from_ref(input), outputs)
    }

    #[test]
    fn every_family_is_known_by_its_names_and_shapes() {
        for (input, output, family, fit, one_row) in [
            (
                port("images", &[-1, 3, 384, 640]),
                port("boxes", &[-1, 5040, 5]),
                Family::PersonBoxes,
                Fit::Letterbox,
                false,
            ),
            (
                port("image", &[-1, 3, 256, 256]),
                port("boxes", &[-1, 1344, 5]),
                Family::PersonBoxes,
                Fit::Stretch,
                false,
            ),
            (
                port("images", &[1, 3, 416, 416]),
                port("output", &[1, 3549, 85]),
                Family::YoloxRaw,
                Fit::Letterbox,
                true,
            ),
            (
                port("input.1", &[1, 3, 352, 352]),
                port("758", &[1, 85, 22, 22]),
                Family::FastestDet,
                Fit::Stretch,
                true,
            ),
        ] {
            let person = recognised(Role::Person, &input, std::slice::from_ref(&output)).unwrap();
            assert_eq!((person.family, person.input.fit, person.one_row), (family, fit, one_row));
            assert_eq!(person.input.views, [View::Upright]);
            let fallen = recognised(Role::Fallen, &input, &[port("other", &[-1]), output]).unwrap();
            assert_eq!((fallen.family, fallen.input.views), (family, ALL_VIEWS));
        }
        let (input, output) = (port("image", &[-1, 3, 640, 640]), port("boxes_rot", &[-1, 25200, 6]));
        let turns_by_itself = recognised(Role::Fallen, &input, std::slice::from_ref(&output)).unwrap();
        assert_eq!(turns_by_itself.family, Family::AnyOrientation);
        assert_eq!((turns_by_itself.input.fit, turns_by_itself.input.views.len()), (Fit::Letterbox, 1));
        assert!(recognised(Role::Person, &input, &[output]).is_err(), "too dear for every frame");
    }

    #[test]
    fn what_fits_no_family_is_told_all_of_them_and_what_it_is() {
        let input = port("images", &[-1, 3, 64, 64]);
        let misfit = recognised(Role::Fallen, &input, &[port("logits", &[-1, 1, 5])]).unwrap_err();
        for family in Family::ALL {
            assert!(misfit.expected.contains(family.output()), "{misfit:?}");
        }
        assert_eq!(misfit.found, "outputs `logits` [?, 1, 5]");
        let cells_of_another_size = port("output", &[1, 3549, 85]);
        assert!(recognised(Role::Person, &input, &[cells_of_another_size]).is_err());
        let whole_numbers = Port { float: false, ..port("boxes", &[-1, 9, 5]) };
        let misfit = recognised(Role::Person, &input, &[whole_numbers]).unwrap_err();
        assert_eq!(misfit.found, "outputs `boxes` [?, 9, 5] (not float32)");
        let two_at_a_time = port("images", &[2, 3, 64, 64]);
        let misfit = recognised(Role::Person, &two_at_a_time, &[port("boxes", &[2, 9, 5])]).unwrap_err();
        assert_eq!(misfit.found, "`images` [2, 3, 64, 64]");
    }

    #[test]
    fn an_output_whose_size_was_left_open_is_checked_when_it_comes() {
        let size = InputSize { width: 64, height: 64 };
        assert!(Family::PersonBoxes.read(&[0.0; 6], &[1, 6], size, 0.5).is_err());
        assert_eq!(Family::PersonBoxes.read(&[0.0; 5], &[1, 5], size, 0.5), Ok(Vec::new()));
    }
}
