//! Which family a graph is of.

use super::*;

fn float(name: &str, shape: &[i64]) -> Port {
    Port { name: name.to_owned(), shape: shape.to_vec(), element: Element::Float32 }
}

fn graph(input: Port, outputs: Vec<Port>) -> Graph {
    Graph { inputs: vec![input], outputs, head: None }
}

/// A square picture of three planes.
fn images(name: &str, rows: i64, side: i64) -> Port {
    float(name, &[rows, 3, side, side])
}

fn known(role: Role, graph: &Graph) -> Layout {
    Layout::recognise(role, graph, None).unwrap()
}

/// What people call the family that it is of.
fn title(role: Role, graph: &Graph) -> &'static str {
    known(role, graph).family.title
}

#[test]
fn every_family_is_known_by_its_names_and_shapes() {
    let labels = Port { element: Element::Int64, ..float("labels", &[-1, 300]) };
    let all = [
        ("contract A", images("images", -1, 640), vec![float("boxes", &[-1, 8400, 5])], Fit::Letterbox),
        ("contract A, stretched", images("image", -1, 256), vec![float("boxes", &[-1, -1, 5])], Fit::Stretch),
        ("YOLOX", images("images", 1, 416), vec![float("output", &[1, 3549, 85])], Fit::Letterbox),
        ("YOLOX", images("images", 1, 416), vec![float("output", &[1, 3549, 6])], Fit::Letterbox),
        ("FastestDet", images("input.1", 1, 352), vec![float("758", &[1, 85, 22, 22])], Fit::Stretch),
        ("NanoDet-Plus", images("data", 1, 416), vec![float("output", &[1, 3598, 112])], Fit::Stretch),
        ("NanoDet-Plus", images("data", 1, 320), vec![float("output", &[1, 2125, 33])], Fit::Stretch),
        ("NanoDet", images("data", 1, 320), vec![float("output", &[1, 2100, 112])], Fit::Letterbox),
        ("YOLOv5", images("images", 1, 640), vec![float("output0", &[1, 25200, 85])], Fit::Letterbox),
        (
            "YOLOv8 to YOLO26",
            images("images", 1, 640),
            vec![float("output0", &[1, 84, 8400])],
            Fit::Letterbox,
        ),
        ("YOLOv8 to YOLO26", images("images", 1, 640), vec![float("output0", &[1, 5, 8400])], Fit::Letterbox),
        (
            "YOLO with suppression built in",
            images("images", 1, 640),
            vec![float("output0", &[1, 300, 6])],
            Fit::Letterbox,
        ),
        (
            "RT-DETR by Ultralytics",
            images("images", 1, 640),
            vec![float("output0", &[1, 300, 84])],
            Fit::Stretch,
        ),
    ];
    for (title, input, outputs, fit) in all {
        let one_row = input.shape[0] == 1;
        let output_name = outputs[0].name.clone();
        let graph = graph(input, outputs.into_iter().chain([float("other", &[-1])]).collect());
        let person = known(Role::Person, &graph);
        assert_eq!((person.family.title, person.input.fit, person.one_row), (title, fit, one_row));
        assert_eq!((person.input.views, &person.output_names), (&[View::Upright][..], &vec![output_name]));
        let fallen = known(Role::Fallen, &graph);
        assert_eq!((fallen.family.title, fallen.input.views), (title, TURNED_VIEWS));
        assert!(Layout::recognise(Role::Pose, &graph, None).is_err());
    }
    let sizes = Port { element: Element::Int64, ..float(SIZES, &[-1, 2]) };
    let outputs = vec![labels, float("boxes", &[-1, 300, 4]), float("scores", &[-1, 300])];
    let dfine = Graph { inputs: vec![images("images", -1, 640), sizes], outputs, head: None };
    assert_eq!(title(Role::Crowd, &dfine), "RT-DETR or D-FINE by their authors");
    let only_pictures = graph(images("images", -1, 640), dfine.outputs.clone());
    assert!(Layout::recognise(Role::Crowd, &only_pictures, None).is_err(), "nobody asks for the size");
}

#[test]
fn a_graph_that_turns_pictures_by_itself_is_for_the_fallen_only() {
    let turning = graph(images("image", -1, 640), vec![float("boxes_rot", &[-1, 25200, 6])]);
    let fallen = known(Role::Fallen, &turning);
    assert_eq!((fallen.family.title, fallen.input.views), ("contract R", &[View::Upright][..]));
    let misfit = Layout::recognise(Role::Person, &turning, None).unwrap_err();
    assert!(misfit.found.starts_with("contract R") && misfit.expected.contains("YOLOX"), "{misfit:?}");
}

#[test]
fn poses_heads_and_the_head_of_a_network_are_told_apart() {
    let pose = |shape| graph(images("images", 1, 640), vec![float("output0", shape)]);
    assert_eq!(title(Role::Pose, &pose(&[1, 56, 8400])), "YOLO pose");
    assert_eq!(title(Role::Pose, &pose(&[1, 300, 57])), "YOLO pose with suppression built in");
    let grids = [("float_heatmaps", 17), ("float_short_offsets", 34), ("float_mid_offsets", 64)];
    let grids = grids.map(|(name, values)| float(name, &[-1, 17, 17, values]));
    let input = Port { element: Element::Uint8, ..float("image_rgb_u8", &[-1, 257, 257, 3]) };
    let posenet = known(Role::Pose, &graph(input, grids.to_vec()));
    assert_eq!((posenet.family.title, posenet.output_names.len()), ("PoseNet", 3));
    let density = graph(
        float("gray", &[-1, 1, -1, -1]),
        vec![float("density", &[-1, 1, -1, -1]), float("count", &[-1])],
    );
    let density = known(Role::Crowd, &density);
    assert_eq!((density.family.title, density.input.size), ("density map", OPEN_SIZE));
    let points = [float("pred_logits", &[1, 96, 2]), float("pred_points", &[1, 96, 2])];
    assert_eq!(title(Role::Crowd, &graph(images("input", 1, 64), points.to_vec())), "P2PNet");
    let mut sorted_out = graph(images("images", 1, 640), vec![float("output0", &[1, 300, 6])]);
    sorted_out.head = Some("RTDETRDecoder".to_owned());
    assert_eq!(title(Role::Person, &sorted_out), "RT-DETR by Ultralytics, sorted out");
}

#[test]
fn what_fits_no_family_is_told_all_that_would_and_what_it_is() {
    let misfit = |graph: &Graph| Layout::recognise(Role::Fallen, graph, None).unwrap_err();
    let found = misfit(&graph(images("images", -1, 64), vec![float("logits", &[-1, 1, 5])]));
    for family in Family::serving(Role::Fallen) {
        assert!(found.expected.contains(&family.to_string()), "{found:?}");
    }
    assert!(found.expected.contains("contract A (`boxes`, float32 [N, boxes, 5])"), "{found:?}");
    assert!(found.expected.contains("YOLOX (float32 [N, cells, 5 + classes])"), "{found:?}");
    assert_eq!(found.found, "outputs `logits`, float32 [?, 1, 5]");
    misfit(&graph(images("images", 1, 64), vec![float("output", &[1, 3549, 85])]));
    let whole_numbers = Port { element: Element::Int64, ..float("boxes", &[-1, 9, 5]) };
    assert_eq!(
        misfit(&graph(images("images", -1, 64), vec![whole_numbers])).found,
        "outputs `boxes`, int64 [?, 9, 5]"
    );
    let two_at_a_time = misfit(&graph(images("images", 2, 64), vec![float("boxes", &[2, 9, 5])]));
    assert_eq!(two_at_a_time.expected, "one input float32 [N, 3, height, width], whose N is open or 1");
    assert_eq!(two_at_a_time.found, "inputs `images`, float32 [2, 3, 64, 64]");
}

#[test]
fn an_input_has_the_size_that_was_asked_for_or_is_refused() {
    let wanted = InputSize { width: 320, height: 192 };
    let open = graph(float("images", &[-1, 3, -1, -1]), vec![float("boxes", &[-1, -1, 5])]);
    let layout = Layout::recognise(Role::Person, &open, Some(wanted)).unwrap();
    assert_eq!((layout.input.size, layout.one_row), (wanted, false));
    let fixed = graph(images("images", -1, 64), vec![float("boxes", &[-1, 9, 5])]);
    let misfit = Layout::recognise(Role::Person, &fixed, Some(wanted)).unwrap_err();
    assert_eq!(
        (misfit.expected, misfit.found),
        ("an input 320 wide and 192 high".to_owned(), "one 64 wide and 64 high".to_owned())
    );
}

#[test]
fn boxes_in_shares_where_pixels_belong_are_an_error() {
    let family = FAMILIES.iter().find(|family| family.title == "YOLO with suppression built in").unwrap();
    let size = InputSize { width: 64, height: 64 };
    let read = |values: &[f32]| family.read(&[Row { shape: &[1, 6], values }], size, 0.3);
    assert!(read(&[0.1, 0.1, 0.6, 0.9, 0.8, 0.0]).unwrap_err().contains("shares"));
    assert_eq!(read(&[6.0, 6.0, 30.0, 60.0, 0.8, 0.0]).unwrap().detections.len(), 1);
    assert!(read(&[6.0, 6.0, 30.0, 60.0, 0.8, 2.0]).unwrap().detections.is_empty(), "another class");
    assert!(read(&[0.0; 6]).unwrap().detections.is_empty(), "the list's empty end");
}
