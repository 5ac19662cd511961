//! What a graph says of its inputs and outputs.

use std::fmt;

use ort::value::{Outlet, TensorElementType, ValueType};

/// An input or output of a graph.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Port {
    pub(crate) name: String,
    /// Its sizes; -1 where the graph leaves one open. Empty when it is no tensor.
    pub(crate) shape: Vec<i64>,
    /// Whether it is a tensor of float32.
    pub(crate) float: bool,
}

impl From<&Outlet> for Port {
    fn from(outlet: &Outlet) -> Self {
        let name = outlet.name().to_owned();
        match outlet.dtype() {
            ValueType::Tensor { ty, shape, .. } => {
                Self { name, shape: shape.to_vec(), float: *ty == TensorElementType::Float32 }
            }
            _ => Self { name, shape: Vec::new(), float: false },
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = |size: &i64| if *size < 0 { "?".to_owned() } else { size.to_string() };
        let sizes: Vec<String> = self.shape.iter().map(size).collect();
        let kind = if self.float { "" } else { " (not float32)" };
        write!(f, "`{}` [{}]{kind}", self.name, sizes.join(", "))
    }
}

/// All of them in words.
pub(crate) fn list(ports: &[Port]) -> String {
    ports.iter().map(Port::to_string).collect::<Vec<_>>().join(", ")
}
