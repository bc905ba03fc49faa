// Tables that sort by a click on their heading.
function compare(one, other, falling) {
  const missing = (value) => value === null || value === undefined || value === "";
  if (missing(one) || missing(other)) return missing(one) - missing(other);
  const order = typeof one === "number" ? one - other : String(one).localeCompare(String(other), "en");
  return falling ? -order : order;
}

function markSorted(heading, falling) {
  for (const other of heading.parentNode.children) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", falling ? "descending" : "ascending");
}

const nextFalls = (heading, first) =>
  heading.hasAttribute("aria-sort") ? heading.getAttribute("aria-sort") === "ascending" : first;

function cellValue(row, at) {
  const cell = row.children[at];
  if (cell.dataset.value === undefined) return cell.classList.contains("number") ? null : cell.textContent;
  return cell.dataset.value === "" ? null : Number(cell.dataset.value);
}

function startSorting(table) {
  for (const button of all("thead .sort", table)) {
    button.addEventListener("click", () => {
      const heading = button.parentNode;
      const at = [...heading.parentNode.children].indexOf(heading);
      const falling = nextFalls(heading, heading.classList.contains("number") && at > 0);
      const body = table.tBodies[0];
      const rows = [...body.rows].sort((one, other) => compare(cellValue(one, at), cellValue(other, at), falling));
      body.append(...rows);
      markSorted(heading, falling);
    });
  }
}
