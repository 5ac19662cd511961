//! What a graph says of its inputs and outputs, and of itself.

use std::fmt;

use ort::{
    session::Session,
    value::{Outlet, TensorElementType, ValueType},
};

/// What is known of a graph before it was asked anything.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Graph {
    pub(crate) inputs: Vec<Port>,
    pub(crate) outputs: Vec<Port>,
    /// The last part of the network by its maker's name, where the file says it. Ultralytics' exporter does.
    pub(crate) head: Option<String>,
}

/// An input or output of a graph.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Port {
    pub(crate) name: String,
    /// Its sizes; -1 where the graph leaves one open. Empty when it is no tensor.
    pub(crate) shape: Vec<i64>,
    pub(crate) element: Element,
}

/// What a tensor is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    Float32,
    Int64,
    Uint8,
    /// Anything that no family has.
    Other,
}

impl Graph {
    /// What the graph of this session says.
    pub(crate) fn of(session: &Session) -> Self {
        let ports = |outlets: &[Outlet]| outlets.iter().map(Port::from).collect();
        Self {
            inputs: ports(session.inputs()),
            outputs: ports(session.outputs()),
            head: session.metadata().ok().and_then(|metadata| metadata.custom("head")),
        }
    }
}

impl From<&Outlet> for Port {
    fn from(outlet: &Outlet) -> Self {
        let name = outlet.name().to_owned();
        match outlet.dtype() {
            ValueType::Tensor { ty, shape, .. } => {
                let element = match ty {
                    TensorElementType::Float32 => Element::Float32,
                    TensorElementType::Int64 => Element::Int64,
                    TensorElementType::Uint8 => Element::Uint8,
                    _ => Element::Other,
                };
                Self { name, shape: shape.to_vec(), element }
            }
            _ => Self { name, shape: Vec::new(), element: Element::Other },
        }
    }
}

impl fmt::Display for Port {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = |size: &i64| if *size < 0 { "?".to_owned() } else { size.to_string() };
        let sizes: Vec<String> = self.shape.iter().map(size).collect();
        write!(f, "`{}`, {} [{}]", self.name, self.element, sizes.join(", "))
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Float32 => "float32",
            Self::Int64 => "int64",
            Self::Uint8 => "uint8",
            Self::Other => "of another type",
        })
    }
}

/// All of them in words.
pub(crate) fn list(ports: &[Port]) -> String {
    ports.iter().map(Port::to_string).collect::<Vec<_>>().join("; ")
}
