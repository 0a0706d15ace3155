/** Light or dark: as the system says; inside Home Assistant's frame, as Home Assistant shows itself. */

export function followTheme(): void {
  try {
    if (parent === window) return;
    // Ingress has the same origin as Home Assistant; elsewhere this throws.
    const root = parent.document.documentElement;
    apply(root);
    new MutationObserver(() => apply(root)).observe(root, { attributes: true, attributeFilter: ["style"] });
  } catch {
    // Somebody else's frame: the system decides.
  }
}

function apply(root: HTMLElement): void {
  const background = getComputedStyle(root).getPropertyValue("--primary-background-color").trim();
  const light = lightness(background);
  if (light !== null) document.documentElement.dataset.theme = light > 0.5 ? "light" : "dark";
}

function lightness(color: string): number | null {
  const probe = document.createElement("canvas").getContext("2d");
  if (probe === null || !CSS.supports("color", color)) return null;
  probe.fillStyle = color;
  probe.fillRect(0, 0, 1, 1);
  const [red = 0, green = 0, blue = 0] = probe.getImageData(0, 0, 1, 1).data;
  return (0.299 * red + 0.587 * green + 0.114 * blue) / 255;
}
