// Charts: thin glue between the data of the page and uPlot.
const charts = new Set();
const ink = (name) => getComputedStyle(root).getPropertyValue(`--${name}`).trim();
const DASHES = [[], [7, 4], [2, 3]];
const FONT = getComputedStyle(document.body).fontFamily;
const DAYS = 86400;

const TIME_LABELS = [
  [DAYS * 365, "{YYYY}", null, null, null, null, null, null, 1],
  [DAYS * 28, "{MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [DAYS, "{D} {MMM}", "\n{YYYY}", null, null, null, null, null, 1],
  [60, "{HH}:{mm}", "\n{D} {MMM} {YYYY}", null, "\n{D} {MMM}", null, null, null, 1],
];

const WHOLE_STEPS = [0, 1, 2, 3, 4, 5, 6].flatMap((power) => [1, 2, 5].map((step) => step * 10 ** power));

const twoLines = (labels) => labels?.some((label) => String(label).includes("\n"));

class Chart {
  constructor(figure, packed, intraday) {
    Object.assign(this, { figure, packed, intraday, log: false, times: 1, hidden: new Set(), plot: null });
    this.box = figure.querySelector(".plot");
    this.legend = figure.querySelector(".legend");
    this.reset = figure.querySelector(".reset");
    this.unit = UNITS[packed.unit];
    this.bars = packed.kind === "bars";
    this.lines = this.bars ? barLines(packed) : packed.series.map(withRole);
    this.x = this.bars ? packed.low.map((low, at) => (low + packed.high[at]) / 2) : running(packed.time);
    this.build();
    this.listen();
    new ResizeObserver(() => this.fit()).observe(this.box);
    charts.add(this);
  }

  build() {
    this.reset.hidden = true;
    this.buildLegend();
    this.draw();
  }

  // On paper a chart is drawn `times` larger and shrunk again, or its lines would be coarse.
  draw(width = this.box.clientWidth, times = 1) {
    this.plot?.destroy();
    this.box.textContent = "";
    this.box.style.zoom = times === 1 ? "" : 1 / times;
    this.times = times;
    if (!this.x.length || !this.lines.length || !width) return;
    this.plot = new uPlot(this.options(width), [this.x, ...this.lines.map((line) => this.scaled(line.values))], this.box);
    this.rest();
  }

  scaled(values) {
    return this.log ? values.map((value) => (value > 0 ? Math.log10(value) : null)) : values;
  }

  options(width) {
    const { times } = this;
    this.height = parseInt(getComputedStyle(this.box).minHeight, 10) || this.height || 220;
    return {
      width: width * times,
      height: this.height * times,
      padding: [10 * times, 12 * times, 0, 0],
      tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Etc/UTC"),
      legend: { show: false },
      focus: { alpha: 0.25 },
      cursor: {
        drag: { x: !this.bars, y: false },
        y: false,
        points: { size: 7 },
        sync: this.figure.dataset.of && !this.bars ? { key: this.figure.dataset.of } : undefined,
      },
      scales: {
        x: { time: !this.bars, range: (_, low, high) => (low === high ? [low - DAYS, high + DAYS] : [low, high]) },
        y: { range: (_, low, high) => this.range(low, high) },
      },
      axes: [this.xAxis(), this.yAxis()],
      series: [{}, ...this.lines.map((line, at) => this.seriesOf(line, at))],
      hooks: {
        drawAxes: [(plot) => this.baseline(plot)],
        setCursor: [(plot) => this.read(plot.cursor.idx)],
        setScale: [(plot, key) => key === "x" && this.zoomed(plot)],
        draw: [() => { this.figure.dataset.drawn = String(this.x.length); }],
      },
    };
  }

  seriesOf(line, at) {
    const { times } = this;
    const colour = ink(line.colour);
    const series = {
      label: line.label,
      show: !this.hidden.has(at),
      stroke: colour,
      width: (line.filled || line.colour === "benchmark" ? 1.25 : 1.75) * times,
      dash: DASHES[line.dash].map((length) => length * times),
      spanGaps: true,
      points: { show: this.x.length < 3, size: 7, fill: colour },
    };
    if (line.filled) Object.assign(series, { fill: `${colour}2e`, fillTo: 0 });
    if (this.bars) Object.assign(series, { fill: colour, width: 0, points: { show: false }, paths: uPlot.paths.bars({ size: [0.92, 60], align: 0 }) });
    return series;
  }

  xAxis() {
    const { times } = this;
    const axis = {
      stroke: ink("soft"), font: `${11 * times}px ${FONT}`, space: 62 * times, gap: 5 * times,
      size: (_, labels) => (twoLines(labels) ? 42 : 28) * times,
      grid: { show: false }, ticks: { stroke: ink("line"), width: times, size: 5 * times },
    };
    if (!this.bars) return { ...axis, values: TIME_LABELS };
    return { ...axis, values: (_, splits) => splits.map(this.unit.axis) };
  }

  yAxis() {
    const { times } = this;
    const label = this.bars ? (value) => number(value, 0) : this.unit.axis;
    return {
      stroke: ink("soft"), font: `${11 * times}px ${FONT}`, size: 56 * times, space: 34 * times, gap: 5 * times,
      grid: { stroke: ink("rule"), width: times }, ticks: { show: false },
      incrs: this.bars ? WHOLE_STEPS : undefined,
      splits: this.log ? (plot, _, low, high) => logSplits(low, high, plot.height / times) : undefined,
      values: (_, splits) => splits.map((value) => label(this.log ? 10 ** value : value)),
    };
  }

  range(low, high) {
    if (low === null || high === null) return [0, 1];
    if (this.bars) return [0, high * 1.06 || 1];
    const pad = (high - low) * 0.06 || Math.abs(high) * 0.01 || 0.01;
    const filled = this.lines.some((line) => line.filled);
    return [low - pad, filled ? Math.max(0, high) : high + pad];
  }

  baseline(plot) {
    const base = this.log && this.unit.base > 0 ? Math.log10(this.unit.base) : this.unit.base;
    const { min, max } = plot.scales.y;
    if (base === undefined || this.bars || base < min || base > max) return;
    const y = Math.round(plot.valToPos(base, "y", true)) + 0.5;
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = ink("soft");
    ctx.globalAlpha = 0.6;
    ctx.lineWidth = devicePixelRatio;
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }

  buildLegend() {
    this.legend.textContent = "";
    this.when = el("span", { class: "when" });
    this.legend.append(this.when);
    this.values = this.lines.map((line, at) => {
      const button = el("button", { type: "button", class: `role-${line.colour} dash-${line.dash}`, "aria-pressed": String(!this.hidden.has(at)), title: line.label });
      const value = el("span", { class: "value" });
      button.append(el("i"), el("span", { class: "name" }, line.label), value);
      button.addEventListener("click", () => this.toggle(at, button));
      button.addEventListener("mouseenter", () => this.plot?.setSeries(at + 1, { focus: true }));
      button.addEventListener("mouseleave", () => this.plot?.setSeries(null, { focus: true }));
      this.legend.append(button);
      return value;
    });
  }

  toggle(at, button) {
    const hide = !this.hidden.has(at);
    this.hidden[hide ? "add" : "delete"](at);
    button.setAttribute("aria-pressed", String(!hide));
    this.plot?.setSeries(at + 1, { show: !hide });
  }

  // Without a crosshair: the last values, or what all bars count.
  rest() {
    if (!this.bars) return this.read(this.x.length - 1);
    const sum = (counts) => counts.reduce((total, count) => total + (count || 0), 0);
    this.when.textContent = `Sessions: ${number(sum(this.packed.counts), 0)}`;
    for (const [at, line] of this.lines.entries()) this.values[at].textContent = number(sum(line.values), 0);
  }

  read(at) {
    if (at === null || at === undefined) return this.rest();
    if (this.bars) {
      this.when.textContent = `${percent(this.packed.low[at])} to ${percent(this.packed.high[at])}`;
    } else {
      this.when.textContent = when(this.x[at], this.intraday);
    }
    for (const [row, line] of this.lines.entries()) {
      const value = line.values[at];
      const missing = value === null || value === undefined;
      this.values[row].textContent = missing ? MISSING : this.bars ? number(value, 0) : this.unit.read(value);
    }
  }

  zoomed(plot) {
    const { min, max } = plot.scales.x;
    this.reset.hidden = this.bars || !(min > this.x[0] || max < this.x[this.x.length - 1]);
  }

  unzoom() {
    this.plot?.setScale("x", { min: this.x[0], max: this.x[this.x.length - 1] });
  }

  fit() {
    const width = this.box.clientWidth;
    if (this.times !== 1) return;
    if (!this.plot) this.draw();
    else if (width && width !== this.plot.width) this.plot.setSize({ width, height: this.height });
  }

  move(step) {
    const from = this.plot.cursor.idx ?? (step > 0 ? -1 : this.x.length);
    const to = Math.min(this.x.length - 1, Math.max(0, from + step));
    this.plot.setCursor({ left: this.plot.valToPos(this.x[to], "x"), top: 10 });
  }

  listen() {
    this.reset.addEventListener("click", () => this.unzoom());
    this.box.addEventListener("keydown", (event) => {
      const far = event.shiftKey ? 20 : 1;
      const steps = { ArrowLeft: -far, ArrowRight: far, Home: -Infinity, End: Infinity };
      if (!this.plot || !(event.key in steps || event.key === "Escape")) return;
      event.preventDefault();
      if (event.key === "Escape") this.unzoom();
      else this.move(steps[event.key]);
    });
    const touch = (event) => {
      const place = this.plot?.over.getBoundingClientRect();
      if (place) this.plot.setCursor({ left: event.touches[0].clientX - place.left, top: 10 });
    };
    this.box.addEventListener("touchstart", touch, { passive: true });
    this.box.addEventListener("touchmove", touch, { passive: true });
    for (const button of all("[data-scale]", this.figure)) this.listenScale(button);
  }

  listenScale(button) {
    const log = button.dataset.scale === "log";
    if (log && this.lines.some((line) => line.values.some((value) => value !== null && value <= 0))) {
      button.disabled = true;
      button.title = "A curve reaches zero, which a log scale cannot show";
    }
    button.addEventListener("click", () => {
      this.log = log;
      for (const other of all("[data-scale]", this.figure)) other.setAttribute("aria-pressed", String(other === button));
      this.draw();
    });
  }
}

function withRole(series) {
  const [colour, dash] = series.role.split("-");
  return { ...series, colour, dash: colour === "benchmark" ? 1 : Number(dash || 0) };
}

function barLines(packed) {
  const side = (keep) => packed.counts.map((count, at) => (keep(packed.low[at]) ? count : null));
  return [
    { label: "Below zero", colour: "loss", dash: 0, values: side((low) => low < 0) },
    { label: "Zero or above", colour: "gain", dash: 0, values: side((low) => low >= 0) },
  ];
}

function running(steps) {
  let sum = 0;
  return steps.map((step) => (sum += step));
}

// Widths that fit a sheet of A4 or Letter between its margins.
function redrawCharts({ paper = false } = {}) {
  const times = paper ? Math.max(1, 3 / devicePixelRatio) : 1;
  for (const chart of charts) {
    const narrow = chart.figure.closest(".pair");
    chart.draw(paper ? (narrow ? 318 : 668) : undefined, times);
  }
}
