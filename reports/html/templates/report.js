
// Comfort only: sort tables by a column, unfold everything at once. Without it the page is complete.
(() => {
  const said = document.getElementById("said");
  const keyOf = (row, index) => {
    const cell = row.cells[index];
    const text = (cell.dataset.sort ?? cell.textContent).trim();
    const number = Number.parseFloat(text.replaceAll(",", "").replaceAll("\u2212", "-"));
    return { text, number, isUnknown: Number.isNaN(number) };
  };
  const compare = (one, other, isText) => {
    if (isText) return one.text.localeCompare(other.text);
    return one.isUnknown || other.isUnknown ? 0 : one.number - other.number;
  };
  const sort = (table, header, index) => {
    const isDown = header.getAttribute("aria-sort") === "ascending";
    for (const each of table.tHead.rows[0].cells) each.removeAttribute("aria-sort");
    header.setAttribute("aria-sort", isDown ? "descending" : "ascending");
    const body = table.tBodies[0];
    const isText = !header.classList.contains("num");
    const rows = [...body.rows].map((row) => [row, keyOf(row, index)]);
    // What is unknown comes last, whichever way the rest is sorted.
    rows.sort(([, one], [, other]) =>
      (isText ? 0 : one.isUnknown - other.isUnknown) || compare(one, other, isText) * (isDown ? -1 : 1));
    body.append(...rows.map(([row]) => row));
    said.textContent = `Sorted by ${header.textContent.trim()}, ${header.getAttribute("aria-sort")}.`;
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((header, index) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      button.addEventListener("click", () => sort(table, header, index));
      header.append(button);
    });
  }
  const toggle = document.createElement("button");
  toggle.type = "button";
  toggle.className = "unfold";
  toggle.textContent = "Unfold everything";
  toggle.addEventListener("click", () => {
    const isOpen = toggle.textContent.startsWith("Unfold");
    document.querySelectorAll("details").forEach((details) => { details.open = isOpen; });
    toggle.textContent = isOpen ? "Fold everything" : "Unfold everything";
  });
  document.querySelector("nav").append(toggle);
})();
