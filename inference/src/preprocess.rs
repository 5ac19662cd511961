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
    letterbox::{Channels, Input},
    turned::Placement,
};

/// What fills the part of the input that the picture does not cover; what YOLOX was trained with.
pub(crate) const GREY: f32 = 114.0;

/// Writes frames into rows of a tensor. Keeps its working memory.
#[derive(Default)]
pub(crate) struct Preprocessor {
    resizer: Resizer,
    /// The part of the picture at the size it is needed: luma, chroma of blue, chroma of red.
    scaled: [Vec<u8>; 3],
    /// One line of each, as the model sees it.
    lines: [Vec<u8>; 3],
    /// The same in the model's colours, blue first.
    values: [Vec<f32>; 3],
}

impl Preprocessor {
    /// Writes a part of a frame into `rows`, one after the other, each of `input.values()` values: a row for each of the
    /// input's views. Says where the frame is in each.
    pub(crate) fn write(
        &mut self,
        frame: &Frame,
        part: Part,
        input: &Input,
        rows: &mut [f32],
    ) -> Result<Vec<Placement>, String> {
        let mut scaled_to = None;
        let views = input.views.iter().zip(rows.chunks_exact_mut(input.values()));
        let placed = views.map(|(view, row)| {
            let placement = Placement::of(*view, part, input);
            // It is scaled as it came, and turned while it is written.
            let size = view.size(placement.letterbox.scaled_size(input.size));
            if scaled_to != Some(size) {
                self.scale(frame, part, size)?;
                scaled_to = Some(size);
            }
            self.fill(frame.colour, *view, size, placement.left as usize, input, row);
            Ok(placement)
        });
        placed.collect()
    }

    /// Scales a part of a frame to this width and height.
    fn scale(&mut self, frame: &Frame, part: Part, (width, height): (usize, usize)) -> Result<(), String> {
        let part = [part.x, part.y, part.width, part.height].map(f64::from);
        for ((plane, scaled), share) in frame.planes().iter().zip(&mut self.scaled).zip([1.0, 0.5, 0.5]) {
            // Bytes past a row's end are not looked at: they are outside of what is cut out.
            let (wide, high) = (plane.stride, plane.height);
            let source = padded(plane).ok_or("a plane is shorter than its picture")?;
            let source =
                ImageRef::new(wide as u32, high as u32, source, PixelType::U8).map_err(|e| e.to_string())?;
            scaled.resize(width * height, 0);
            let mut target = Image::from_slice_u8(width as u32, height as u32, scaled, PixelType::U8)
                .map_err(|e| e.to_string())?;
            let [x, y, w, h] = part.map(|side| side * share);
            // Half of an odd side is a part of a pixel that may not be there.
            let (w, h) = (w.min(plane.width as f64 - x), h.min(plane.height as f64 - y));
            // Of up to two pixels that become one, two neighbours on each side say all; of more, none is left out.
            let halved = w <= 2.0 * width as f64 && h <= 2.0 * height as f64;
            let bilinear = FilterType::Bilinear;
            let algorithm =
                if halved { ResizeAlg::Interpolation(bilinear) } else { ResizeAlg::Convolution(bilinear) };
            let options = ResizeOptions::new().resize_alg(algorithm).crop(x, y, w, h);
            self.resizer.resize(&source, &mut target, &options).map_err(|e| e.to_string())?;
        }
        Ok(())
    }

    /// Writes the scaled picture, of this width and height, into `row` as seen in `view`, beginning `left` pixels from
    /// the left.
    fn fill(
        &mut self,
        colour: Colour,
        view: View,
        scaled: (usize, usize),
        left: usize,
        input: &Input,
        row: &mut [f32],
    ) {
        let (width, height) = view.size(scaled);
        let pixels = &input.pixels;
        let channels = pixels.count();
        let plane = input.size.width * input.size.height;
        let grey = |channel: usize| GREY * pixels.scale[channel] + pixels.offset[channel];
        for y in 0..input.size.height {
            let covered = y < height;
            if covered {
                for (line, scaled_plane) in self.lines.iter_mut().zip(&self.scaled) {
                    line.resize(width, 0);
                    view.take_line(scaled_plane, scaled, y, line);
                }
                let values = &mut self.values;
                values.iter_mut().for_each(|value| value.resize(width, 0.0));
                if channels == 1 {
                    levels(colour, &self.lines[0], &mut values[0]);
                } else {
                    colours(colour, &self.lines, values);
                }
            }
            for channel in 0..channels {
                let (scale, offset) = (pixels.scale[channel], pixels.offset[channel]);
                let source = if pixels.channels == Channels::Rgb { 2 - channel } else { channel };
                let value = |x: usize| match x.checked_sub(left) {
                    Some(at) if covered && at < width => self.values[source][at] * scale + offset,
                    _ => grey(channel),
                };
                let start = y * input.size.width;
                if pixels.interleaved {
                    let line = row[start * channels..].iter_mut().skip(channel).step_by(channels);
                    line.take(input.size.width).enumerate().for_each(|(x, to)| *to = value(x));
                } else {
                    let line = &mut row[channel * plane + start..][..input.size.width];
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

/// All rows of a plane, each with its padding; the last may lack it.
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
fn colours(colour: Colour, [luma, u, v]: &[Vec<u8>; 3], [blue, green, red]: &mut [Vec<f32>; 3]) {
    let Colour { black, luma: gain, red_v, green_u, green_v, blue_u } = colour;
    let length = luma.len().min(u.len()).min(v.len());
    let (luma, u, v) = (&luma[..length], &u[..length], &v[..length]);
    let (blue, green, red) = (&mut blue[..length], &mut green[..length], &mut red[..length]);
    // Six slices of one length and an index: the compiler makes vector instructions of it, and leaves the checks out.
    for i in 0..length {
        let luma = (f32::from(luma[i]) - black) * gain;
        let (u, v) = (f32::from(u[i]) - 128.0, f32::from(v[i]) - 128.0);
        blue[i] = within(luma + blue_u * u);
        green[i] = within(luma - green_u * u - green_v * v);
        red[i] = within(luma + red_v * v);
    }
}

/// Cut to what a byte holds.
fn within(value: f32) -> f32 {
    value.clamp(0.0, 255.0)
}

#[cfg(test)]
mod tests;
