// Where the lines of a log scale stand.

// Round levels of a log scale that keep a distance from each other.
function logSplits(low, high, height) {
  const from = 10 ** low;
  const to = 10 ** high;
  const levels = to / from > 4 ? roundLevels(low, high) : evenLevels(from, to);
  const gap = ((high - low) / height) * 30;
  const kept = [];
  for (const level of levels.filter((value) => value >= from && value <= to).map(Math.log10)) {
    if (!kept.length || level - kept[kept.length - 1] >= gap) kept.push(level);
  }
  return kept;
}

function roundLevels(low, high) {
  const steps = high - low > 3 ? [1] : [1, 1.5, 2, 3, 5, 7];
  const levels = [];
  for (let power = Math.floor(low); power <= Math.ceil(high); power += 1) {
    for (const step of steps) levels.push(step * 10 ** power);
  }
  return levels;
}

function evenLevels(from, to) {
  const rough = (to - from) / 6;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((size) => size >= rough);
  const levels = [];
  for (let level = Math.ceil(from / step) * step; level <= to; level += step) levels.push(level);
  return levels;
}
