// The table of trades: filter, sort, save.
const SHOWN = 500;

const TRADE_VIEW = [
  ["symbol", "Symbol", false], ["side", "Side", false], ["entry_at", "Entry", false], ["exit_at", "Exit", false],
  ["quantity", "Quantity", true], ["entry_price", "In", true], ["exit_price", "Out", true],
  ["pnl", "Profit", true], ["return", "Return", true], ["costs", "Costs", true],
  ["bars_held", "Bars", true], ["exit_reason", "Exit reason", false],
];

class Trades {
  constructor(section, packed, name, intraday) {
    Object.assign(this, { section, name, intraday, names: packed.names });
    this.columns = Object.fromEntries(packed.names.map((column, at) => [column, unpackColumn(packed.columns[at])]));
    this.total = packed.total;
    this.order = this.columns.symbol.map((_, at) => at);
    this.words = this.order.map((at) =>
      [this.columns.symbol[at], this.columns.side[at], this.columns.exit_reason[at]].join("\n").toLowerCase());
    this.find = section.querySelector("input");
    this.which = section.querySelector("select");
    this.count = section.querySelector(".trade-count");
    this.build();
    section.querySelector(".trade-tools").hidden = false;
    this.find.addEventListener("input", () => this.show());
    this.which.addEventListener("change", () => this.show());
    section.querySelector(".save").addEventListener("click", () => this.save());
    this.show();
  }

  build() {
    const table = el("table", { class: "wide sortable" });
    const headings = el("tr");
    for (const [column, label, numeric] of TRADE_VIEW) {
      const heading = el("th", { scope: "col", class: numeric ? "number" : "" });
      const button = el("button", { type: "button", class: "sort" }, label);
      button.addEventListener("click", () => this.sort(column, heading, numeric));
      heading.append(button);
      headings.append(heading);
    }
    const head = el("thead");
    head.append(headings);
    this.body = el("tbody");
    table.append(head, this.body);
    this.section.querySelector(".scroll").append(table);
  }

  sort(column, heading, numeric) {
    const falling = nextFalls(heading, numeric);
    const values = this.columns[column];
    this.order.sort((one, other) => compare(values[one], values[other], falling) || one - other);
    markSorted(heading, falling);
    this.show();
  }

  matches(at) {
    const { pnl, open } = this.columns;
    const kinds = { all: true, won: pnl[at] > 0, lost: pnl[at] < 0, open: open[at] };
    return kinds[this.which.value] && this.words[at].includes(this.find.value.trim().toLowerCase());
  }

  show() {
    const found = this.order.filter((at) => this.matches(at));
    this.body.replaceChildren(...found.slice(0, SHOWN).map((at) => this.row(at)));
    const shown = Math.min(found.length, SHOWN);
    const more = found.length - shown;
    this.count.textContent = `${number(shown, 0)} of ${number(this.order.length, 0)} shown` +
      (more ? `, ${number(more, 0)} more match` : "");
  }

  row(at) {
    const row = el("tr");
    for (const [column, , numeric] of TRADE_VIEW) {
      const value = this.columns[column][at];
      const cell = el("td", { class: numeric ? "number" : "" }, this.text(column, value));
      if (column === "pnl" || column === "return") cell.classList.add(value > 0 ? "up" : value < 0 ? "down" : "even");
      row.append(cell);
    }
    return row;
  }

  text(column, value) {
    if (column === "entry_at" || column === "exit_at") return when(value, this.intraday);
    if (column === "return") return percent(value, 2, true);
    if (column === "pnl") return number(value, 2, true);
    if (column === "costs") return number(value, 2);
    if (column === "quantity" || column === "bars_held") return plain(value, 0);
    return typeof value === "number" ? plain(value) : value;
  }

  // The CSV holds every packed trade in the order of the run, whatever the table shows.
  csv() {
    const lines = [this.names.join(",")];
    for (let at = 0; at < this.order.length; at += 1) {
      lines.push(this.names.map((name) => csvField(this.csvValue(name, at))).join(","));
    }
    return lines.join("\r\n") + "\r\n";
  }

  csvValue(name, at) {
    const value = this.columns[name][at];
    return name === "entry_at" || name === "exit_at" ? stamp(value, this.intraday) : value;
  }

  save() {
    const address = URL.createObjectURL(new Blob(["\ufeff", this.csv()], { type: "text/csv" }));
    const link = el("a", { href: address, download: `${this.name.replace(/[^\p{L}\p{N}]+/gu, "-")}-trades.csv` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(address), 10000);
  }
}

function unpackColumn(column) {
  return Array.isArray(column) ? column : column.at.map((at) => column.words[at]);
}

// Text that a spreadsheet would run as a formula gets a quote in front.
function csvField(value) {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
