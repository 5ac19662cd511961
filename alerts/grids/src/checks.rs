//! Whether grids make a tree: every code once, every parent there and of a higher rank.

use std::collections::HashMap;

use crate::{
    error::{GridError, GridProblem, Place},
    fault::Fault,
    level::GridLevel,
};

/// How far up a circle of parents is followed. A longer one is reported by its ranks, which cannot fall all the way
/// round.
const CIRCLE_MAX: usize = 32;

/// A grid as far as it could be read.
#[derive(Clone, Copy)]
pub(crate) struct Node<'a> {
    pub(crate) place: Place,
    pub(crate) code: Option<&'a str>,
    pub(crate) level: Option<GridLevel>,
    pub(crate) parent: Option<&'a str>,
}

/// # Errors
/// Everything that keeps the grids from being a tree.
pub(crate) fn check_tree<'a>(nodes: impl Iterator<Item = Node<'a>>) -> Result<(), GridError> {
    GridError::from_problems(tree_problems(&nodes.collect::<Vec<_>>()))
}

pub(crate) fn tree_problems(nodes: &[Node<'_>]) -> Vec<GridProblem> {
    let mut problems = Vec::new();
    let mut by_code: HashMap<&str, Node<'_>> = HashMap::new();
    for node in nodes {
        let Some(code) = node.code else { continue };
        match by_code.get(code) {
            Some(first) => problems.push(node.problem(Fault::DuplicateCode { first: first.place })),
            None => {
                by_code.insert(code, *node);
            }
        }
    }
    problems.extend(nodes.iter().filter_map(|node| Some(node.problem(parent_fault(node, &by_code)?))));
    problems
}

fn parent_fault(node: &Node<'_>, by_code: &HashMap<&str, Node<'_>>) -> Option<Fault> {
    let code = node.parent?;
    let Some(parent) = by_code.get(code) else {
        return Some(Fault::UnknownParent { parent: code.to_owned() });
    };
    if let Some(codes) = circle_from(node, by_code) {
        return Some(Fault::Cycle { codes });
    }
    let (level, parent_level) = (node.level?, parent.level?);
    (level <= parent_level).then(|| Fault::LevelOutOfOrder { level, parent: code.to_owned(), parent_level })
}

/// The codes from the node up to where it meets itself again; none where the way up ends, or where the node only
/// hangs below a circle, which the circle's own members report.
fn circle_from(node: &Node<'_>, by_code: &HashMap<&str, Node<'_>>) -> Option<Vec<String>> {
    let own = node.code?;
    let above = |code: &&str| by_code.get(code).and_then(|node| node.parent);
    let mut way = vec![own.to_owned()];
    for code in std::iter::successors(node.parent, above).take(CIRCLE_MAX) {
        way.push(code.to_owned());
        if code == own {
            return Some(way);
        }
    }
    None
}

// === impl Node ===

impl Node<'_> {
    fn problem(&self, fault: Fault) -> GridProblem {
        GridProblem { place: self.place, grid: self.code.map(str::to_owned), fault }
    }
}
