//! Pixels into rows of a tensor, straight out of the decoder's planes: scaled once, plane by plane, then turned and made
//! into the model's colours while they are written where the session reads them.

use fast_image_resize::{
    FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer,
    images::{Image, ImageRef},
};
use gridwatch_ingest::{Colour, Frame, Plane};

use crate::{
    detection::View,
    geometry::Part,
    letterbox::{Channels, Input, InputSize},
    shrink::Interpolator,
    turned::Placement,
};

/// What fills the part of the input that the picture does not cover; what YOLOX was trained with.
pub(crate) const GREY: f32 = 114.0;

/// Writes frames into rows of a tensor. Keeps its working memory.
#[derive(Default)]
pub(crate) struct Preprocessor {
    interpolator: Interpolator,
    resizer: Resizer,
    /// The part of the picture at the size it is needed: luma, chroma of blue, chroma of red.
    scaled: [Vec<u8>; 3],
    /// The same, turned.
    turned: [Vec<u8>; 3],
    /// One line of it in the model's colours, blue first.
    values: [Vec<f32>; 3],
}

impl Preprocessor {
    /// Writes views of a part of a frame into their rows, each of `input.values()` values. All of the rows is written where the
    /// views have all of their columns.
    pub(crate) fn write(
        &mut self,
        frame: &Frame,
        views: &[Placement],
        input: &Input,
        rows: &mut [f32],
    ) -> Result<(), String> {
        let mut scaled_to = None;
        for placement in views {
            // It is scaled as it came, and turned while it is written.
            let columns = InputSize { width: placement.width, ..input.size };
            let size = placement.view.size(placement.letterbox.scaled_size(columns));
            if scaled_to != Some(size) {
                self.scale(frame, placement.part, size)?;
                scaled_to = Some(size);
            }
            let row =
                rows.chunks_exact_mut(input.values()).nth(placement.row).ok_or("there are fewer rows")?;
            self.fill(frame.colour, placement, size, input, row);
        }
        Ok(())
    }

    /// Scales a part of a frame to this width and height.
    fn scale(&mut self, frame: &Frame, part: Part, (width, height): (usize, usize)) -> Result<(), String> {
        let part = [part.x, part.y, part.width, part.height].map(f64::from);
        for ((plane, scaled), share) in frame.planes().iter().zip(&mut self.scaled).zip([1.0, 0.5, 0.5]) {
            // Bytes past a row's end are not looked at: they are outside of what is cut out.
            let (wide, high) = (plane.stride, plane.height);
            let source = padded(plane).ok_or("a plane is shorter than its picture")?;
            let [x, y, w, h] = part.map(|side| side * share);
            // Half of an odd side is a part of a pixel that may not be there.
            let (w, h) = (w.min(plane.width as f64 - x), h.min(plane.height as f64 - y));
            // Of up to two pixels that become one, two neighbours on each side say all; of more, none is left out.
            if w <= 2.0 * width as f64 && h <= 2.0 * height as f64 {
                self.interpolator.scale(plane, [x, y, w, h], (width, height), scaled);
                continue;
            }
            let source =
                ImageRef::new(wide as u32, high as u32, source, PixelType::U8).map_err(|e| e.to_string())?;
            scaled.resize(width * height, 0);
            let mut target = Image::from_slice_u8(width as u32, height as u32, scaled, PixelType::U8)
                .map_err(|e| e.to_string())?;
            let algorithm = ResizeAlg::Convolution(FilterType::Bilinear);
            let options = ResizeOptions::new().resize_alg(algorithm).crop(x, y, w, h);
            self.resizer.resize(&source, &mut target, &options).map_err(|e| e.to_string())?;
        }
        Ok(())
    }

    /// Writes the scaled picture, of this width and height, into its columns of `row`.
    fn fill(
        &mut self,
        colour: Colour,
        placement: &Placement,
        scaled: (usize, usize),
        input: &Input,
        row: &mut [f32],
    ) {
        let Placement { view, from, width: wide, left, .. } = *placement;
        let left = left as usize - from;
        let (width, height) = view.size(scaled);
        let pixels = &input.pixels;
        let channels = pixels.count();
        let plane = input.size.width * input.size.height;
        let grey = |channel: usize| GREY * pixels.scale[channel] + pixels.offset[channel];
        if view != View::Upright {
            for (plane, turned) in self.scaled.iter().zip(&mut self.turned) {
                view.turn(plane, scaled, turned);
            }
        }
        let planes = if view == View::Upright { &self.scaled } else { &self.turned };
        for y in 0..input.size.height {
            let covered = y < height;
            if covered {
                let lines = planes.each_ref().map(|plane| &plane[y * width..][..width]);
                let values = &mut self.values;
                values.iter_mut().for_each(|value| value.resize(width, 0.0));
                if channels == 1 {
                    levels(colour, lines[0], &mut values[0]);
                } else {
                    colours(colour, lines, values);
                }
            }
            for channel in 0..channels {
                let (scale, offset) = (pixels.scale[channel], pixels.offset[channel]);
                let source = if pixels.channels == Channels::Rgb { 2 - channel } else { channel };
                let value = |x: usize| match x.checked_sub(left) {
                    Some(at) if covered && at < width => self.values[source][at] * scale + offset,
                    _ => grey(channel),
                };
                let start = y * input.size.width + from;
                if pixels.interleaved {
                    let line = row[start * channels..].iter_mut().skip(channel).step_by(channels);
                    line.take(wide).enumerate().for_each(|(x, to)| *to = value(x));
                } else {
                    let line = &mut row[channel * plane + start..][..wide];
                    if !covered {
                        line.fill(grey(channel));
                        continue;
                    }
                    let (before, line) = line.split_at_mut(left);
                    let (line, after) = line.split_at_mut(width);
                    before.fill(grey(channel));
                    after.fill(grey(channel));
                    line.iter_mut()
                        .zip(&self.values[source])
                        .for_each(|(to, from)| *to = from * scale + offset);
                }
            }
        }
    }
}

/// All rows of a plane, each with its padding; `None` where the last lacks it.
fn padded<'a>(plane: &Plane<'a>) -> Option<&'a [u8]> {
    plane.data.get(..plane.stride * plane.height)
}

/// Luma alone, as levels from black to white.
fn levels(colour: Colour, line: &[u8], values: &mut [f32]) {
    for (value, luma) in values.iter_mut().zip(line) {
        *value = colour.level(*luma);
    }
}

/// Luma and chroma as blue, green and red, 0 to 255.
fn colours(colour: Colour, [luma, u, v]: [&[u8]; 3], [blue, green, red]: &mut [Vec<f32>; 3]) {
    let Colour { black, luma: gain, red_v, green_u, green_v, blue_u } = colour;
    let length = luma.len().min(u.len()).min(v.len());
    let (luma, u, v) = (&luma[..length], &u[..length], &v[..length]);
    let (blue, green, red) = (&mut blue[..length], &mut green[..length], &mut red[..length]);
    // Six slices of one length and an index: the compiler makes vector instructions of it, and leaves the checks out.
    for i in 0..length {
        let luma = (f32::from(luma[i]) - black) * gain;
        let (u, v) = (f32::from(u[i]) - 128.0, f32::from(v[i]) - 128.0);
        // Cut to what a byte holds.
        blue[i] = (luma + blue_u * u).clamp(0.0, 255.0);
        green[i] = (luma - green_u * u - green_v * v).clamp(0.0, 255.0);
        red[i] = (luma + red_v * v).clamp(0.0, 255.0);
    }
}

#[cfg(test)]
mod tests;
