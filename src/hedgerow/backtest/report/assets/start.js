// Draw what is in view; in a ranking, show one view at a time.
async function fill(section) {
  if (section.dataset.filled) return;
  section.dataset.filled = "yes";
  const id = section.dataset.run;
  const data = await unpack(id);
  for (const figure of all(`.chart[data-of="${id}"]`, section)) {
    const packed = data.charts[figure.dataset.chart];
    if (packed) new Chart(figure, packed, data.intraday);
  }
  const trades = section.querySelector(`[data-trades="${id}"]`);
  if (trades?.querySelector(".scroll")) new Trades(trades, data.trades, data.name, data.intraday);
  section.dataset.ready = "yes";
}

const able = typeof DecompressionStream !== "undefined";

function fillVisible() {
  if (!able) return;
  for (const section of all("[data-run]")) if (!section.closest("[hidden]")) fill(section);
}

function showView(moved) {
  const views = all("[data-view]");
  if (!views.length) return;
  const asked = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const view = asked?.closest("[data-view]") || views[0];
  for (const other of views) other.hidden = other !== view;
  fillVisible();
  if (!moved) return;
  if (asked && asked !== view) return asked.scrollIntoView();
  scrollTo(0, 0);
  view.querySelector("h1")?.focus({ preventScroll: true });
}

function warnTooOld() {
  const note = el("p", { class: "plain-note" }, "This browser is too old for the charts and the table of trades. All figures and the other tables are complete.");
  document.querySelector("main").before(note);
}

startTheme();
startPrint();
startTips();
all("table.sortable").forEach(startSorting);
if (!able) warnTooOld();
addEventListener("hashchange", () => showView(true));
showView(false);
fillVisible();
