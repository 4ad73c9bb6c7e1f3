// What is wrong with the page as it is shown; lists of short sentences and the texts themselves.
() => {
  const SLACK = 2;
  const MOST = 12;
  const short = (text) => text.replace(/\s+/g, " ").trim().slice(0, 60);
  const boxes = [];
  const hidden = new Map();

  // Seen by nobody: off, transparent, or kept for screen readers in a box of one pixel.
  function isHidden(element) {
    if (element === null) return false;
    const known = hidden.get(element);
    if (known !== undefined) return known;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const found =
      style.display === "none" ||
      style.visibility === "hidden" ||
      Number(style.opacity) < 0.05 ||
      (style.position === "absolute" && box.width <= 1 && box.height <= 1) ||
      isHidden(element.parentElement);
    hidden.set(element, found);
    return found;
  }

  function ancestors(element) {
    const all = [];
    for (let one = element; one !== null; one = one.parentElement) all.push(one);
    return all;
  }

  const clips = (style) => /hidden|clip/.test(style.overflowX + style.overflowY);
  const cuts = (style) => /hidden|clip|auto|scroll/.test(style.overflowX + style.overflowY);

  const texts = [];
  const clipped = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const text = node.nodeValue.trim();
    const element = node.parentElement;
    if (text === "" || isHidden(element) || /^(SCRIPT|STYLE|NOSCRIPT)$/.test(element.tagName)) continue;
    texts.push(text);
    const range = document.createRange();
    range.selectNodeContents(node);
    const chain = ancestors(element);
    const isTold = chain.some((one) => one.title || one.getAttribute("aria-label"));
    const hiding = chain.find((one) => {
      const style = getComputedStyle(one);
      if (!clips(style)) return false;
      return (
        (/hidden|clip/.test(style.overflowX) && one.scrollWidth > one.clientWidth + 1) ||
        (/hidden|clip/.test(style.overflowY) && one.scrollHeight > one.clientHeight + SLACK)
      );
    });
    if (hiding !== undefined && hiding.clientWidth > 0 && !isTold) {
      const cut = hiding.getBoundingClientRect();
      const outside = [...range.getClientRects()].some(
        (one) => one.right > cut.right + 1 || one.bottom > cut.bottom + SLACK || one.left < cut.left - 1,
      );
      if (outside) clipped.push(short(text));
    }
    // What stands over the page by design covers what is under it.
    if (chain.some((one) => /fixed|sticky/.test(getComputedStyle(one).position))) continue;
    for (const line of range.getClientRects()) {
      let { left, top, right, bottom } = line;
      for (const one of chain) {
        if (one === document.body || one === document.documentElement) break;
        if (!cuts(getComputedStyle(one))) continue;
        const edge = one.getBoundingClientRect();
        left = Math.max(left, edge.left);
        right = Math.min(right, edge.right);
        top = Math.max(top, edge.top);
        bottom = Math.min(bottom, edge.bottom);
      }
      if (right - left > SLACK && bottom - top > SLACK)
        boxes.push({ left, top, right, bottom, text: short(text), element });
    }
  }

  // Lines of one text stand closer than their boxes are high; two texts over one another are wrong.
  const overlapping = [];
  for (let first = 0; first < boxes.length; first += 1) {
    for (let second = first + 1; second < boxes.length; second += 1) {
      const [a, b] = [boxes[first], boxes[second]];
      if (a.element === b.element) continue;
      const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      const least = 0.3 * Math.min(a.bottom - a.top, b.bottom - b.top);
      if (width > SLACK && height > Math.max(SLACK, least)) overlapping.push(`${a.text} × ${b.text}`);
    }
  }

  for (const element of document.querySelectorAll("[placeholder], [aria-label], [title], img[alt]")) {
    if (isHidden(element)) continue;
    for (const name of ["placeholder", "aria-label", "title", "alt"]) {
      const text = element.getAttribute(name)?.trim();
      if (text) texts.push(text);
    }
  }
  texts.push(document.title);
  const page = document.documentElement;
  return {
    overflow: Math.max(0, page.scrollWidth - page.clientWidth),
    clipped: [...new Set(clipped)].slice(0, MOST),
    overlapping: [...new Set(overlapping)].slice(0, MOST),
    texts: [...new Set(texts)],
  };
};
