// Before the first paint, so that nobody sees the other theme flash by. A file of its own: the
// Content-Security-Policy allows no inline script.
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("solaris.theme");
  } catch {
    // Storage may be forbidden; the system's theme is used then.
  }
  const dark =
    chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", dark);
})();
