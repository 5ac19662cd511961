//! A graph asked: pictures in, what is seen in each out.

use std::borrow::Cow;

use ort::{
    session::{Session, SessionInputValue, SessionOutputs},
    value::{Tensor, TensorRef},
};

use super::{Element, Graph, InputSize, Layout, Misfit, OPEN_SIZE, Output, Port, Row, SIZES, side};
use crate::{detection::Sighting, model::Role, nms::suppress};

/// What came out of one output, row after row.
struct Answer<'a> {
    shape: Vec<i64>,
    values: Cow<'a, [f32]>,
}

impl Layout {
    /// Finds out what kind of graph a session has, and whether it can do the `role`. `wanted` is how large its input
    /// should be where the graph leaves that open.
    ///
    /// # Errors
    /// When no family has it, or it cannot do the role.
    pub(crate) fn of(session: &mut Session, role: Role, wanted: Option<InputSize>) -> Result<Self, Misfit> {
        let graph = Graph::of(session);
        let found = Self::recognise(role, &graph, wanted);
        if found.is_ok() || !graph.outputs.iter().any(|port| port.shape.iter().skip(1).any(|size| *size < 0))
        {
            return found;
        }
        // A graph that cannot be tried stays what it is.
        let tried = graph.tried(session, wanted.unwrap_or(OPEN_SIZE));
        tried.map_or(found, |graph| Self::recognise(role, &graph, wanted))
    }

    /// Sends rows through the graph. `tensor` is the rows one after the other, each of `self.input.values()` values.
    ///
    /// # Errors
    /// When ONNX Runtime fails.
    pub(crate) fn infer<'s>(
        &self,
        session: &'s mut Session,
        tensor: &[f32],
    ) -> Result<SessionOutputs<'s>, String> {
        session.run(self.inputs(tensor, tensor.len() / self.input.values())?).map_err(|e| e.to_string())
    }

    /// What is seen in each of the `rows` rows that went through the graph, in input pixels: who is at least as sure as
    /// `score_min`, the surest first, but of boxes that overlap by more than `iou_max` only the surest.
    ///
    /// # Errors
    /// When what came out is no numbers, or not of the family's shape.
    pub(crate) fn read(
        &self,
        outputs: &SessionOutputs<'_>,
        rows: usize,
        score_min: f32,
        iou_max: f32,
    ) -> Result<Vec<Sighting>, String> {
        let named = self.family.outputs.iter().zip(&self.output_names);
        let answers = named.map(|(output, name)| Answer::of(outputs, output, name, rows));
        let answers = answers.collect::<Result<Vec<_>, String>>()?;
        // Where suppression is built in, nothing overlaps that is the same person.
        let iou_max = if self.family.suppressed { 1.0 } else { iou_max };
        let seen = (0..rows).map(|row| {
            let row: Vec<Row<'_>> = answers.iter().map(|answer| answer.row(row, rows)).collect();
            let seen = self.family.read(&row, self.input.size, score_min)?;
            Ok(if seen.poses.is_empty() {
                Sighting { detections: suppress(seen.detections, iou_max), ..seen }
            } else {
                suppress(seen.poses, iou_max).into_iter().collect()
            })
        });
        seen.collect()
    }

    /// The graph's inputs for these rows.
    fn inputs<'a>(
        &'a self,
        tensor: &'a [f32],
        rows: usize,
    ) -> Result<Vec<(&'a str, SessionInputValue<'a>)>, String> {
        let (pixels, InputSize { width, height }) = (self.input.pixels, self.input.size);
        let shape = if pixels.interleaved {
            [rows, height, width, pixels.count()]
        } else {
            [rows, pixels.count(), height, width]
        };
        let picture = if pixels.bytes {
            let bytes: Vec<u8> = tensor.iter().map(|value| value.round() as u8).collect();
            Tensor::from_array((shape, bytes)).map(SessionInputValue::from)
        } else {
            TensorRef::from_array_view((shape, tensor)).map(SessionInputValue::from)
        };
        let mut inputs = vec![(self.input_name.as_str(), picture.map_err(|e| e.to_string())?)];
        if self.family.takes_sizes {
            let sizes = [width as i64, height as i64].repeat(rows);
            let sizes = Tensor::from_array(([rows, 2], sizes)).map_err(|e| e.to_string())?;
            inputs.push((SIZES, sizes.into()));
        }
        Ok(inputs)
    }
}

impl<'a> Answer<'a> {
    fn of(outputs: &'a SessionOutputs<'_>, output: &Output, name: &str, rows: usize) -> Result<Self, String> {
        let value = outputs.get(name).ok_or_else(|| format!("the output `{name}` is missing"))?;
        let (shape, values) = if output.element == Element::Int64 {
            let (shape, values) = value.try_extract_tensor::<i64>().map_err(|e| e.to_string())?;
            (shape, values.iter().map(|value| *value as f32).collect())
        } else {
            let (shape, values) = value.try_extract_tensor::<f32>().map_err(|e| e.to_string())?;
            (shape, Cow::Borrowed(values))
        };
        match shape.split_first() {
            Some((found, _)) if *found == rows as i64 => {}
            _ => return Err(format!("{rows} rows went in, `{name}` came out as {shape:?}")),
        }
        if values.iter().any(|value| value.is_nan()) {
            return Err(format!("`{name}` holds values that are no numbers"));
        }
        Ok(Self { shape: shape[1..].to_vec(), values })
    }

    /// One of the `rows` rows.
    fn row(&self, row: usize, rows: usize) -> Row<'_> {
        let length = self.values.len() / rows;
        Row { shape: &self.shape, values: &self.values[row * length..][..length] }
    }
}

impl Graph {
    /// The same graph with the sizes that its outputs turn out to have when it is shown one picture of nothing. Exporters
    /// leave sizes open that are always the same.
    ///
    /// # Errors
    /// When its inputs are not one of float32, or ONNX Runtime fails.
    fn tried(&self, session: &mut Session, size: InputSize) -> Result<Self, String> {
        let [Port { name, shape, element: Element::Float32 }] = &self.inputs[..] else {
            return Err("it has more inputs than one of float32".to_owned());
        };
        let &[_, channels, height, width] = &shape[..] else {
            return Err("its input is no picture".to_owned());
        };
        let sides = [
            side(channels, 3).filter(|channels| *channels <= 3),
            side(height, size.height),
            side(width, size.width),
        ];
        let [Some(channels), Some(height), Some(width)] = sides else {
            return Err("its input is no picture".to_owned());
        };
        let (shape, zeros) = ([1, channels, height, width], vec![0f32; channels * height * width]);
        let zeros = TensorRef::from_array_view((shape, &zeros[..])).map_err(|e| e.to_string())?;
        let outputs = session.run(ort::inputs![name.as_str() => zeros]).map_err(|e| e.to_string())?;
        let shape_of =
            |name: &str| outputs.get(name).and_then(|value| value.dtype().tensor_shape().map(|s| s.to_vec()));
        let outputs = self.outputs.iter().map(|port| {
            let shape = shape_of(&port.name).unwrap_or_else(|| port.shape.clone());
            Port { shape, ..port.clone() }
        });
        Ok(Self { outputs: outputs.collect(), ..self.clone() })
    }
}
