// Numbers and dates, written as the tables of the page write them.
const MISSING = "\u2013";
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

function number(value, digits, signed = false) {
  if (value === null || value === undefined) return MISSING;
  const text = Math.abs(value).toLocaleString("en-US", {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  });
  if (!/[1-9]/.test(text)) return text;
  return (value < 0 ? "\u2212" : signed ? "+" : "") + text;
}

const percent = (value, digits = 2, signed = false) =>
  value === null || value === undefined ? MISSING : `${number(value * 100, digits, signed)}%`;

// Prices and quantities keep the digits they have, up to six decimals.
function plain(value, least = 2) {
  if (value === null || value === undefined) return MISSING;
  const text = Math.abs(value).toLocaleString("en-US", {
    minimumFractionDigits: least,
    maximumFractionDigits: Math.abs(value) < 1 ? 6 : Math.max(least, 4),
  });
  return (value < 0 ? "\u2212" : "") + text;
}

function compact(value) {
  const size = Math.abs(value);
  for (const [unit, name] of [[1e9, "bn"], [1e6, "m"], [1e3, "k"]]) {
    if (size >= unit) return `${plain(Number((value / unit).toPrecision(6)), 0)}${name}`;
  }
  return plain(Number(value.toPrecision(6)), 0);
}

function when(seconds, intraday) {
  if (seconds === null || seconds === undefined) return MISSING;
  const at = new Date(seconds * 1000);
  const day = `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()]} ${at.getUTCFullYear()}`;
  return intraday ? `${day} ${at.toISOString().slice(11, 16)} UTC` : day;
}

function stamp(seconds, intraday) {
  if (seconds === null || seconds === undefined) return "";
  const text = new Date(seconds * 1000).toISOString();
  return intraday ? text.slice(0, 19) + "Z" : text.slice(0, 10);
}

// `axis` labels a scale, `read` the crosshair.
const UNITS = {
  money: { axis: compact, read: (value) => number(value, 0) },
  index: { axis: (value) => plain(Number(value.toPrecision(6)), 0), read: (value) => number(value, 1), base: 100 },
  percent: { axis: (value) => `${plain(Number((value * 100).toPrecision(6)), 0).replace(/^0$/, "0")}%`, read: (value) => percent(value), base: 0 },
  ratio: { axis: (value) => plain(Number(value.toPrecision(6)), 0), read: (value) => number(value, 2), base: 0 },
};
