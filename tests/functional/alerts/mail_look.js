// What is wrong with a mail as it is shown: cut off at the side, hard to read, hard to press.
// It uses nothing but the DOM, so that every engine can be asked.
() => {
  const channels = (colour) => {
    const found = colour.match(/[\d.]+/g).map(Number);
    return found.length === 4 && found[3] === 0 ? null : found.slice(0, 3);
  };
  const luminance = (rgb) => {
    const [red, green, blue] = rgb.map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const found = channels(getComputedStyle(one).backgroundColor);
      if (found) return found;
    }
    return [255, 255, 255];
  };
  const faults = [];
  const width = document.documentElement.clientWidth;
  const wide = document.documentElement.scrollWidth;
  if (wide > width) faults.push(`${wide} px wide on ${width}`);
  let texts = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    const words = walker.currentNode.data.trim();
    const style = getComputedStyle(element);
    const isShown = words && element.getClientRects().length && style.fontSize !== "0px";
    if (!isShown || element.closest("[aria-hidden]")) continue;
    texts += 1;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    for (const box of range.getClientRects()) {
      if (box.right > width || box.left < 0) faults.push(`cut off: ${words.slice(0, 40)}`);
    }
    const [light, dark] = [luminance(channels(style.color)), luminance(behind(element))].sort(
      (one, other) => other - one,
    );
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < 4.5) faults.push(`${ratio.toFixed(2)}:1 ${words.slice(0, 40)}`);
  }
  if (!texts) faults.push("nothing is shown");
  for (const button of document.querySelectorAll("a")) {
    const box = button.getBoundingClientRect();
    if (box.height < 44 || box.width < 44) {
      faults.push(`${box.width} x ${box.height} px: ${button.textContent.slice(0, 40)}`);
    }
  }
  return [...new Set(faults)];
}
