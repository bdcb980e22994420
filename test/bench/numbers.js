/** Arithmetic of the bench. */

/** The value in the middle, or between the two there; NaN of nothing. @param {number[]} values */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** The value that a share of all does not exceed (nearest rank); NaN of nothing. @param {number[]} values @param {number} share */
export function quantile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

/** The slope of the least-squares line through points; 0 of fewer than two. @param {{ x: number, y: number }[]} points */
export function slope(points) {
  const mean = (/** @type {'x' | 'y'} */ key) =>
    points.reduce((sum, point) => sum + point[key], 0) / points.length;
  const [meanX, meanY] = [mean('x'), mean('y')];
  const spread = points.reduce((sum, { x }) => sum + (x - meanX) ** 2, 0);
  return spread > 0 ? points.reduce((sum, { x, y }) => sum + (x - meanX) * (y - meanY), 0) / spread : 0;
}

/** One list by the other, place by place: what the machine does to one system it mostly does to its neighbour in time, too. @param {number[]} over @param {number[]} under */
export function ratios(over, under) {
  return over.map((value, place) => value / under[place]);
}

/** To four digits that count. @param {number} value */
export function rounded(value) {
  return Number(value.toPrecision(4));
}

/** The monotonic clock that all processes of this machine share, ms. */
export function now() {
  return Number(process.hrtime.bigint()) / 1e6;
}
