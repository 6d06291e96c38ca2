// A click on a heading sorts the rows of its table, a second one the other way round. What is no number comes last.
for (const table of document.querySelectorAll('table.sortable')) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => heading.querySelector('button').addEventListener('click', () => {
    const sign = heading.getAttribute('aria-sort') === 'ascending' ? -1 : 1;
    const text = row => row.cells[column].textContent;
    const compare = (a, b) => {
      if (column === 0) return sign * text(a).localeCompare(text(b));
      const [x, y] = [parseFloat(text(a)), parseFloat(text(b))];
      return isNaN(x) || isNaN(y) ? isNaN(x) - isNaN(y) : sign * (x - y);
    };
    headings.forEach(other => other.removeAttribute('aria-sort'));
    heading.setAttribute('aria-sort', sign === 1 ? 'ascending' : 'descending');
    table.tBodies[0].append(...[...table.tBodies[0].rows].sort(compare));
  }));
}
