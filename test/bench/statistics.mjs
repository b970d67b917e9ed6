// What a row of samples comes to.

/** The value below which the share `fraction` of the sorted samples lies. */
export function quantile(samples, fraction) {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.max(0, Math.ceil(fraction * sorted.length) - 1))];
}

export function summarize(samples) {
  if (samples.length === 0) return undefined;
  return { n: samples.length, median: quantile(samples, 0.5), min: Math.min(...samples), max: Math.max(...samples) };
}

/**
 * How evenly packets came that should come every `intervalMs`.
 * @param stamps ns
 * @returns ms: the standard deviation and the longest of the intervals; how much later than the earliest schedule that
 *   fits them all the packets were
 */
export function pacing(stamps, intervalMs = 20) {
  const intervals = stamps.slice(1).map((at, index) => (at - stamps[index]) / 1e6);
  const mean = intervals.reduce((sum, value) => sum + value, 0) / intervals.length;
  const variance = intervals.reduce((sum, value) => sum + (value - mean) ** 2, 0) / intervals.length;
  const offsets = stamps.map((at, index) => (at - stamps[0]) / 1e6 - index * intervalMs);
  const earliest = Math.min(...offsets);
  const lateness = offsets.map((offset) => offset - earliest);
  return {
    packets: stamps.length,
    deviation: Math.sqrt(variance),
    longest: Math.max(...intervals),
    lateness: { p50: quantile(lateness, 0.5), p999: quantile(lateness, 0.999), max: Math.max(...lateness) },
  };
}
