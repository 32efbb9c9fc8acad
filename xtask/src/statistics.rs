//! Figures over many values.

/// The mean; 0 if there are no values.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// The value below which this share of all values lies; 0 if there are no values.
pub(crate) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len() as f64 * share) as usize;
    sorted.get(at).or(sorted.last()).copied().unwrap_or_default()
}

/// The slope of `of` over `over` by least squares.
pub(crate) fn slope(over: &[f64], of: &[f64]) -> f64 {
    let (middle, level) = (mean(over), mean(of));
    let both: f64 = over.iter().zip(of).map(|(x, y)| (x - middle) * (y - level)).sum();
    let square: f64 = over.iter().map(|x| (x - middle).powi(2)).sum();
    if square > 0.0 { both / square } else { 0.0 }
}
