// Keeps everything legible, whatever colour the company has.

const GROUNDS = { light: "#ffffff", dark: "#15191e" }; // --surface in chat.css
const TEXT_CONTRAST = 4.5; // WCAG 1.4.3
const DARK_CONTRAST = 7; // more is kinder to the eye there
const EDGE_CONTRAST = 3; // WCAG 1.4.11
const STEPS = 40;
const COLOUR = /^#[0-9a-f]{6}$/i;

function channels(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

function luminance(colour) {
  const [red, green, blue] = channels(colour).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

export function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

// Black or white: one of them always has 4.5:1.
export function on(colour) {
  return contrast(colour, "#ffffff") >= TEXT_CONTRAST ? "#ffffff" : "#000000";
}

function mixed(colour, other, share) {
  const parts = channels(other);
  return `#${channels(colour)
    .map((value, index) => Math.round(value + (parts[index] - value) * share).toString(16).padStart(2, "0"))
    .join("")}`;
}

// The colour, or the nearest shade of it that stands out enough from a ground.
function legible(colour, ground, least) {
  const end = on(ground);
  for (let step = 0; step < STEPS; step += 1) {
    const shade = mixed(colour, end, step / STEPS);
    if (contrast(shade, ground) >= least) return shade;
  }
  return end;
}

export function paint(element, colour) {
  if (!COLOUR.test(colour)) return;
  element.style.setProperty("--brand", colour);
  element.style.setProperty("--on-brand", on(colour));
  for (const [scheme, ground] of Object.entries(GROUNDS)) {
    const least = scheme === "dark" ? DARK_CONTRAST : TEXT_CONTRAST + 0.7; // also on the slight tint of --theirs
    element.style.setProperty(`--ink-${scheme}`, legible(colour, ground, least));
    element.style.setProperty(`--edge-${scheme}`, legible(colour, ground, EDGE_CONTRAST));
  }
}
