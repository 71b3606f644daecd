"use strict";
{
  const collator = new Intl.Collator(document.documentElement.lang, { numeric: true, sensitivity: "base" });

  const byValue = (one, other) => {
    const [a, b] = [one.dataset.sort, other.dataset.sort];
    if (a === undefined) return collator.compare(one.textContent, other.textContent);
    return a - b;
  };

  const sort = (head) => {
    const table = head.closest("table");
    const column = [...head.parentNode.children].indexOf(head);
    const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    for (const other of head.parentNode.children) other.setAttribute("aria-sort", "none");
    head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => [row, row.cells[column]]);
    const missing = (cell) => cell.dataset.sort === "";
    rows.sort(([, a], [, b]) => missing(a) - missing(b) || (missing(a) ? 0 : sign * byValue(a, b)));
    body.append(...rows.map(([row]) => row));
    table.classList.add("sorted"); // each row has its own label now
    for (const cell of table.querySelectorAll("[rowspan]")) cell.removeAttribute("rowspan");
  };

  for (const button of document.querySelectorAll("thead button")) {
    button.addEventListener("click", () => sort(button.parentNode));
  }

  for (const button of document.querySelectorAll(".copy")) {
    button.addEventListener("click", async () => {
      const text = button.closest(".paste").querySelector("p");
      const range = document.createRange();
      range.selectNodeContents(text);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      try {
        await navigator.clipboard.writeText(text.textContent);
      } catch {
        document.execCommand("copy");
      }
      const told = button.parentNode.querySelector("[role=status]");
      told.textContent = told.dataset.copied;
    });
  }

  document.getElementById("contents").open = matchMedia("(min-width: 64rem)").matches;
}
