//! All families, with what tells them apart. The first whose layout a graph has is the graph's.

use super::{
    Family, boxes, crowd, detr, fastestdet,
    graph::Element,
    nanodet,
    output::{Output, Size},
    posenet, yolo, yolox,
};
use crate::{
    crowd::Spoke,
    detection::KEYPOINTS,
    letterbox::{Channels, Fit, Pixels},
    model::Role,
};

/// Boxes of upright people. Fallen ones are found by turning the picture.
const BOXES: &[Role] = &[Role::Person, Role::Fallen, Role::Crowd];
/// Boxes of upright people, and the points of their bodies.
const POSES: &[Role] = &[Role::Person, Role::Fallen, Role::Pose, Role::Crowd];

const BGR_SHARES: Pixels = Pixels { scale: [1.0 / 255.0; 3], ..Pixels::BGR };
const RGB_SHARES: Pixels = Pixels { channels: Channels::Rgb, ..BGR_SHARES };
const RGB_BYTES: Pixels = Pixels { channels: Channels::Rgb, interleaved: true, bytes: true, ..Pixels::BGR };
const GREY: Pixels = Pixels { channels: Channels::Grey, ..Pixels::BGR };
/// Less ImageNet's mean and by its deviation, blue first. All tools that do so have these numbers.
const BGR_IMAGENET: Pixels = normalised(Channels::Bgr, [103.53, 116.28, 123.675], [57.375, 57.12, 58.395]);
/// The same, red first.
const RGB_IMAGENET: Pixels = normalised(Channels::Rgb, [123.675, 116.28, 103.53], [58.395, 57.12, 57.375]);

/// Each channel less its mean, by its deviation.
const fn normalised(channels: Channels, mean: [f32; 3], deviation: [f32; 3]) -> Pixels {
    let ([a, b, c], [x, y, z]) = (mean, deviation);
    Pixels { channels, scale: [1.0 / x, 1.0 / y, 1.0 / z], offset: [-a / x, -b / y, -c / z], ..Pixels::BGR }
}

/// What most families have in common.
const USUAL: Family = Family {
    name: "",
    title: "",
    pixels: RGB_SHARES,
    fit: Fit::Letterbox,
    input_name: None,
    head: None,
    takes_sizes: false,
    outputs: &[],
    suppressed: false,
    counts_by: Spoke::Boxes,
    roles: BOXES,
    read: boxes::contract,
};

pub(super) static FAMILIES: &[Family] = &[
    Family {
        name: "contract-a",
        title: "contract A, stretched",
        pixels: Pixels::BGR,
        // Those whose input is one `image` were trained on stretched pictures.
        fit: Fit::Stretch,
        input_name: Some("image"),
        outputs: &[Output::named("boxes", &[Size::Any("boxes"), Size::Is(5)])],
        ..USUAL
    },
    Family {
        name: "contract-a",
        title: "contract A",
        pixels: Pixels::BGR,
        outputs: &[Output::named("boxes", &[Size::Any("boxes"), Size::Is(5)])],
        ..USUAL
    },
    Family {
        name: "contract-r",
        title: "contract R",
        pixels: Pixels::BGR,
        outputs: &[Output::named("boxes_rot", &[Size::Any("boxes"), Size::Is(6)])],
        // It turns every picture by itself: too dear to look at all of them.
        roles: &[Role::Fallen],
        ..USUAL
    },
    Family {
        name: "posenet",
        title: "PoseNet",
        pixels: RGB_BYTES,
        outputs: &[
            Output::named(
                "float_heatmaps",
                &[Size::Any("lines"), Size::Any("columns"), Size::Is(KEYPOINTS as i64)],
            ),
            Output::named(
                "float_short_offsets",
                &[Size::Any("lines"), Size::Any("columns"), Size::Is(2 * KEYPOINTS as i64)],
            ),
            Output::named(
                "float_mid_offsets",
                &[Size::Any("lines"), Size::Any("columns"), Size::Is(posenet::ALONG)],
            ),
        ],
        suppressed: true,
        roles: &[Role::Pose],
        read: posenet::read,
        ..USUAL
    },
    Family {
        name: "density",
        title: "density map",
        pixels: GREY,
        outputs: &[Output::named("density", &[Size::Is(1), Size::Any("height"), Size::Any("width")])],
        counts_by: Spoke::DensityMap,
        roles: &[Role::Crowd],
        read: crowd::density,
        ..USUAL
    },
    Family {
        name: "p2pnet",
        title: "P2PNet",
        pixels: RGB_IMAGENET,
        outputs: &[
            Output::named("pred_logits", &[Size::Any("points"), Size::Is(2)]),
            Output::named("pred_points", &[Size::Any("points"), Size::Is(2)]),
        ],
        counts_by: Spoke::Points,
        roles: &[Role::Crowd],
        read: crowd::points,
        ..USUAL
    },
    Family {
        name: "detr",
        title: "RT-DETR or D-FINE by their authors",
        fit: Fit::Stretch,
        takes_sizes: true,
        outputs: &[
            Output { element: Element::Int64, ..Output::named("labels", &[Size::Any("boxes")]) },
            Output::named("boxes", &[Size::Any("boxes"), Size::Is(4)]),
            Output::named("scores", &[Size::Any("boxes")]),
        ],
        suppressed: true,
        read: detr::apart,
        ..USUAL
    },
    Family {
        name: "fastestdet",
        title: "FastestDet",
        pixels: BGR_SHARES,
        fit: Fit::Stretch,
        outputs: &[Output::shaped(&[
            Size::AndClasses(5),
            Size::Lines(fastestdet::STRIDE),
            Size::Columns(fastestdet::STRIDE),
        ])],
        read: fastestdet::read,
        ..USUAL
    },
    Family {
        name: "nanodet-plus",
        title: "NanoDet-Plus",
        pixels: BGR_IMAGENET,
        fit: Fit::Stretch,
        outputs: &[Output::shaped(&[Size::Cells(nanodet::PLUS_STRIDES), Size::AndClasses(nanodet::SIDES)])],
        read: nanodet::plus,
        ..USUAL
    },
    Family {
        // With COCO's 80 classes only: with others its shape is one that YOLOX can have.
        name: "nanodet",
        title: "NanoDet",
        pixels: BGR_IMAGENET,
        outputs: &[Output::shaped(&[Size::Cells(nanodet::STRIDES), Size::Is(80 + nanodet::SIDES)])],
        read: nanodet::first,
        ..USUAL
    },
    Family {
        name: "yolox",
        title: "YOLOX",
        pixels: Pixels::BGR,
        outputs: &[Output::shaped(&[Size::Cells(yolox::STRIDES), Size::AndClasses(5)])],
        read: yolox::read,
        ..USUAL
    },
    Family {
        name: "yolov5",
        title: "YOLOv5",
        outputs: &[Output::shaped(&[Size::Anchors(yolox::STRIDES), Size::AndClasses(5)])],
        read: yolo::with_something,
        ..USUAL
    },
    Family {
        // Before the next: 52 classes would have this shape too, and nobody trains those.
        name: "yolo-pose",
        title: "YOLO pose",
        outputs: &[Output::shaped(&[Size::Is(5 + 3 * KEYPOINTS as i64), Size::Cells(yolox::STRIDES)])],
        roles: POSES,
        read: yolo::pose,
        ..USUAL
    },
    Family {
        name: "yolov8",
        title: "YOLOv8 to YOLO26",
        outputs: &[Output::shaped(&[Size::AndClasses(4), Size::Cells(yolox::STRIDES)])],
        read: yolo::classes,
        ..USUAL
    },
    Family {
        name: "yolo-pose-nms",
        title: "YOLO pose with suppression built in",
        outputs: &[Output::shaped(&[Size::Any("people"), Size::Is(6 + 3 * KEYPOINTS as i64)])],
        suppressed: true,
        roles: POSES,
        read: yolo::pose_sorted_out,
        ..USUAL
    },
    Family {
        name: "rtdetr-sorted",
        title: "RT-DETR by Ultralytics, sorted out",
        fit: Fit::Stretch,
        head: Some("RTDETRDecoder"),
        outputs: &[Output::shaped(&[Size::Any("boxes"), Size::Is(6)])],
        suppressed: true,
        read: detr::sorted_out,
        ..USUAL
    },
    Family {
        name: "yolo-nms",
        title: "YOLO with suppression built in",
        outputs: &[Output::shaped(&[Size::Any("boxes"), Size::Is(6)])],
        suppressed: true,
        read: boxes::sorted_out,
        ..USUAL
    },
    Family {
        name: "rtdetr",
        title: "RT-DETR by Ultralytics",
        fit: Fit::Stretch,
        outputs: &[Output::shaped(&[Size::Is(300), Size::AndClasses(4)])],
        suppressed: true,
        read: detr::classes,
        ..USUAL
    },
];
