use leptos::prelude::*;
use std::{f64::consts::TAU, fmt::Write as _};

/// Half of the width of the drawing, in its own units.
const RADIUS: f64 = 100.0;
/// Points of one curve.
const POINTS: u32 = 240;

/// The seal: a guilloché whose curves are drawn from the digest of a file's signature, so that two files have never the same.
///
/// `digest` are lower-case hexadecimal digits.
#[component]
pub fn Seal(#[prop(into)] digest: String, #[prop(into)] label: String) -> AnyView {
    let bytes: Vec<f64> = digest
        .as_bytes()
        .chunks_exact(2)
        .filter_map(|pair| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok()))
        .map(f64::from)
        .collect();
    let curves = bytes.chunks_exact(4).take(5).map(|of| view! { <path d=curve(of) /> }).collect_view();
    view! {
        <svg class="seal" viewBox="-104 -104 208 208" role="img" aria-label=label>
            <circle r="102" />
            <circle r="98" />
            {curves}
        </svg>
    }
    .into_any()
}

/// A closed curve around the centre: two waves, whose numbers, depths and phase the four bytes give.
fn curve(bytes: &[f64]) -> String {
    let &[first, second, depth, phase] = bytes else { return String::new() };
    let (first, second) = (5.0 + (first % 13.0), 11.0 + (second % 19.0));
    let (depth, phase) = (0.15 + depth / 255.0 * 0.35, phase / 255.0 * TAU);
    let mut path = String::with_capacity(POINTS as usize * 12);
    for point in 0..POINTS {
        let angle = TAU * f64::from(point) / f64::from(POINTS);
        let wave = (1.0 - depth) * (first * angle + phase).sin() + depth * (second * angle).cos();
        let distance = RADIUS * (0.62 + 0.33 * wave);
        let (x, y) = (distance * angle.cos(), distance * angle.sin());
        let _ = write!(path, "{}{x:.1} {y:.1}", if point == 0 { "M" } else { "L" });
    }
    path.push('Z');
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_signatures_have_two_seals_of_the_same_size() {
        let seal = |digest: &str| Seal(SealProps { digest: digest.into(), label: "Seal".into() }).to_html();
        let (one, other) = (seal(&"4f".repeat(32)), seal(&"a0".repeat(32)));
        assert_ne!(one, other);
        assert_eq!(one, seal(&"4f".repeat(32)));
        assert_eq!(one.matches("<path").count(), 5);
    }
}
