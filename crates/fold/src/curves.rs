//! [`Curve`]: a monotone piecewise linear function with few knots.

/// A sum of ramps: from each knot to the next one, the value rises by that knot's weight. Before the first
/// knot it is 0, and after the last one it stays.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Curve {
    /// Where the ramps begin and end, in order.
    pub knots: &'static [f64],
    /// How much each ramp adds: one less than there are knots.
    pub weights: &'static [f64],
}

/// How much of the ramp from one knot to the next lies below `x`, 0 to 1.
#[must_use]
pub fn ramp(from: f64, to: f64, x: f64) -> f64 {
    ((x - from) / (to - from)).clamp(0.0, 1.0)
}

impl Curve {
    /// The value at `x`.
    #[must_use]
    pub fn at(&self, x: f64) -> f64 {
        let ramps = self.knots.windows(2).zip(self.weights);
        ramps.map(|(knots, weight)| weight * ramp(knots[0], knots[1], x)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_rises_from_knot_to_knot() {
        let curve = Curve { knots: &[1.0, 2.0, 4.0], weights: &[3.0, 1.0] };
        for (x, value) in [(0.0, 0.0), (1.5, 1.5), (2.0, 3.0), (3.0, 3.5), (9.0, 4.0)] {
            assert!((curve.at(x) - value).abs() < 1e-12, "{x}");
        }
    }
}
