// The chosen theme, put on the page before anything is painted; without a choice the system's holds (css/tokens.css).
{
  const chosen = localStorage.getItem("bidroom.theme");
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
}
