// Theme, printing, explanations on hover and focus, and the data inside the page.
const root = document.documentElement;
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

function el(tag, attributes = {}, text = null) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== null) node.textContent = text;
  return node;
}

const unpacked = new Map();

function unpack(id) {
  if (!unpacked.has(id)) unpacked.set(id, inflate(document.getElementById(`data-${id}`).textContent));
  return unpacked.get(id);
}

async function inflate(text) {
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  return JSON.parse(await new Response(stream).text());
}

// A page opened from disk may be refused storage; the choice then lasts until it is closed.
function remembered(value) {
  try {
    if (value === undefined) return localStorage.getItem("hedgerow-theme");
    localStorage.setItem("hedgerow-theme", value);
  } catch {
    return null;
  }
  return value;
}

function setTheme(theme) {
  root.dataset.theme = theme;
  const button = document.getElementById("theme");
  button.textContent = theme === "dark" ? "Light" : "Dark";
  button.setAttribute("aria-label", `Switch to the ${theme === "dark" ? "light" : "dark"} theme`);
  redrawCharts();
}

function startTheme() {
  const wanted = matchMedia("(prefers-color-scheme: dark)");
  const system = () => (wanted.matches ? "dark" : "light");
  setTheme(remembered() || system());
  wanted.addEventListener("change", () => remembered() || setTheme(system()));
  const button = document.getElementById("theme");
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = root.dataset.theme === "dark" ? "light" : "dark";
    remembered(next);
    setTheme(next);
  });
}

function startPrint() {
  const button = document.getElementById("print");
  button.hidden = false;
  button.addEventListener("click", () => print());
  let before = null;
  addEventListener("beforeprint", () => {
    before = root.dataset.theme;
    root.dataset.theme = "light";
    redrawCharts({ paper: true });
  });
  addEventListener("afterprint", () => {
    root.dataset.theme = before || "light";
    redrawCharts();
  });
}

function startTips() {
  const tip = document.getElementById("tip");
  const hide = () => { tip.hidden = true; };
  const show = (event) => {
    const term = event.target.closest?.(".term");
    if (!term) return hide();
    tip.textContent = document.getElementById(term.getAttribute("aria-describedby")).textContent;
    tip.hidden = false;
    const box = term.getBoundingClientRect();
    const left = Math.min(box.left, root.clientWidth - tip.offsetWidth - 8);
    const below = box.bottom + 6 + tip.offsetHeight < innerHeight;
    const top = below ? box.bottom + 6 : box.top - tip.offsetHeight - 6;
    tip.style.left = `${Math.max(8, left) + scrollX}px`;
    tip.style.top = `${top + scrollY}px`;
  };
  document.addEventListener("mouseover", show);
  document.addEventListener("focusin", show);
  document.addEventListener("focusout", hide);
  document.addEventListener("keydown", (event) => event.key === "Escape" && hide());
}
