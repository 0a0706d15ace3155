/** A picture of values over time, drawn by uPlot. The words around it say the same for those who do not see it. */

import { html, type PropertyValues, type TemplateResult } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { clock, date, day, moment, number } from "../text/format";
import { Element } from "./element";

export interface Line {
  /** A token of styles/tokens.css, without its dashes. */
  color: string;
  values: (number | null)[];
  fill?: boolean;
  dashed?: boolean;
  width?: number;
  /** Drawn as steps from each point to the next; else as straight lines. */
  steps?: boolean;
  bars?: boolean;
  label: string;
}

export interface Drawing {
  /** Unix seconds, rising; for `numeric` any rising numbers. */
  times: number[];
  lines: Line[];
  unit: string;
  digits?: number;
  /** Left and right end; the data's own without. */
  span?: [number, number];
  /** Vertical marks, such as the expected end. */
  marks?: { at: number; color: string; label?: string }[];
  /** Horizontal ones, such as a threshold. */
  levels?: { at: number; color: string; label?: string }[];
  /** Shaded stretches of time. */
  shades?: { from: number; until: number; color: string }[];
  /** What the horizontal axis shows in place of time. */
  numeric?: (value: number) => string;
  /** Axes and a cursor; a small picture beside its own figures needs neither. */
  detailed?: boolean;
}

@customElement("kw-chart")
export class Chart extends Element {
  @property({ attribute: false }) drawing: Drawing | null = null;
  /** Called with Unix seconds when somebody drags over a stretch. */
  @property({ attribute: false }) zoom: ((from: number, until: number) => void) | null = null;
  @property() label = "";
  @query(".chart-canvas") private readonly place!: HTMLElement;
  @state() private tip = "";
  private plot: uPlot | null = null;
  private readonly sizes = new ResizeObserver(() => this.fit());
  private readonly scheme = matchMedia("(prefers-color-scheme: dark)");
  private readonly redraw = () => this.draw();

  override connectedCallback(): void {
    super.connectedCallback();
    this.classList.add("chart");
    this.scheme.addEventListener("change", this.redraw);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
    this.scheme.removeEventListener("change", this.redraw);
    this.plot?.destroy();
    this.plot = null;
  }

  override render(): TemplateResult {
    return html`<div class="chart-canvas" role="img" aria-label=${this.label}></div>
      ${this.tip === "" ? "" : html`<div class="chart-tip">${this.tip}</div>`}`;
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has("drawing")) this.draw();
  }

  private draw(): void {
    this.plot?.destroy();
    this.plot = null;
    if (this.drawing === null || !this.place.isConnected || this.place.clientWidth === 0) {
      this.sizes.observe(this.place);
      return;
    }
    const { times, lines } = this.drawing;
    this.plot = new uPlot(
      this.options(this.drawing),
      [times, ...lines.map((each) => each.values)],
      this.place,
    );
    this.sizes.observe(this.place);
  }

  private fit(): void {
    const { clientWidth: width, clientHeight: height } = this.place;
    if (width === 0) return;
    if (this.plot === null) this.draw();
    else if (this.plot.width !== width || this.plot.height !== height) this.plot.setSize({ width, height });
  }

  private options(drawing: Drawing): uPlot.Options {
    const detailed = drawing.detailed ?? false;
    const font = `12px ${getComputedStyle(this).fontFamily}`;
    const axis: uPlot.Axis = {
      show: true,
      font,
      stroke: this.color("ink-soft"),
      grid: { stroke: this.color("line"), width: 1 },
      ticks: { show: false },
    };
    return {
      width: this.place.clientWidth,
      height: this.place.clientHeight,
      padding: detailed ? [12, 8, 0, 0] : [8, 4, 0, 4],
      legend: { show: false },
      cursor: {
        show: detailed,
        y: false,
        points: { size: 8 },
        drag: { x: this.zoom !== null, y: false, setScale: false },
      },
      scales: {
        x: { time: drawing.numeric === undefined, range: (_, from, until) => drawing.span ?? [from, until] },
        y: {
          range: (_, least, most) => [Math.min(0, least ?? 0), Math.max(this.top(drawing, most ?? 0), 0.001)],
        },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          space: 64,
          size: 28,
          values: (plot, splits, _, __, step) =>
            splits.map((each) => (inside(plot, each) ? this.tick(each, step) : "")),
        },
        {
          ...axis,
          show: detailed,
          size: 56,
          values: (_, splits) =>
            splits.map((each) => `${number(each, drawing.digits ?? (most(splits) < 5 ? 1 : 0))}`),
        },
      ],
      series: [{}, ...drawing.lines.map((each) => this.series(each))],
      hooks: {
        drawClear: [(plot) => this.drawBehind(plot, drawing)],
        draw: [(plot) => this.drawBefore(plot, drawing)],
        setCursor: [(plot) => this.tell(plot, drawing)],
        setSelect: [
          (plot) => {
            const { left, width } = plot.select;
            if (width > 4) this.zoom?.(plot.posToVal(left, "x"), plot.posToVal(left + width, "x"));
            plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
      },
    };
  }

  private series(line: Line): uPlot.Series {
    const color = this.color(line.color);
    const paths = line.bars
      ? uPlot.paths.bars?.({ size: [0.7, 48], radius: 0.25 })
      : line.steps
        ? uPlot.paths.stepped?.({ align: 1 })
        : undefined;
    return {
      stroke: color,
      width: line.bars ? 0 : (line.width ?? 2),
      dash: line.dashed ? [5, 4] : undefined,
      fill: line.bars ? color : line.fill ? this.fade(color) : undefined,
      points: { show: false },
      spanGaps: false,
      paths,
    };
  }

  private fade(color: string): (plot: uPlot) => CanvasGradient | string {
    return (plot) => {
      const { top, height } = plot.bbox;
      if (!Number.isFinite(top + height)) return "transparent";
      const gradient = plot.ctx.createLinearGradient(0, top, 0, top + height);
      gradient.addColorStop(0, `color-mix(in srgb, ${color} 30%, transparent)`);
      gradient.addColorStop(1, `color-mix(in srgb, ${color} 3%, transparent)`);
      return gradient;
    };
  }

  /** Above the highest line and level, with room for the eye. */
  private top(drawing: Drawing, most: number): number {
    return 1.12 * Math.max(most, ...(drawing.levels ?? []).map((each) => each.at));
  }

  private tick(value: number, step: number): string {
    const { numeric } = this.drawing ?? {};
    if (numeric) return numeric(value);
    if (step < 86_400) return clock(value * 1000);
    return step === 86_400 ? day(value * 1000) : date(value * 1000);
  }

  private drawBehind(plot: uPlot, drawing: Drawing): void {
    const { ctx, bbox } = plot;
    for (const { from, until, color } of drawing.shades ?? []) {
      const left = Math.max(plot.valToPos(from, "x", true), bbox.left);
      const right = Math.min(plot.valToPos(until, "x", true), bbox.left + bbox.width);
      if (right <= left) continue;
      ctx.fillStyle = this.color(color);
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
    }
  }

  private drawBefore(plot: uPlot, drawing: Drawing): void {
    const { bbox } = plot;
    for (const { at, color, label } of drawing.marks ?? []) {
      const x = plot.valToPos(at, "x", true);
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      this.rule(plot, color, [x, bbox.top], [x, bbox.top + bbox.height]);
      if (label) this.write(plot, label, color, x - 6 * devicePixelRatio, bbox.top, "right");
    }
    for (const { at, color, label } of drawing.levels ?? []) {
      const y = plot.valToPos(at, "y", true);
      this.rule(plot, color, [bbox.left, y], [bbox.left + bbox.width, y]);
      if (label) this.write(plot, label, color, bbox.left + bbox.width, y - 16 * devicePixelRatio, "right");
    }
  }

  private rule(plot: uPlot, color: string, from: [number, number], until: [number, number]): void {
    const { ctx } = plot;
    ctx.save();
    ctx.strokeStyle = this.color(color);
    ctx.lineWidth = 1.5 * devicePixelRatio;
    ctx.setLineDash([4 * devicePixelRatio, 4 * devicePixelRatio]);
    ctx.beginPath();
    ctx.moveTo(...from);
    ctx.lineTo(...until);
    ctx.stroke();
    ctx.restore();
  }

  private write(
    plot: uPlot,
    text: string,
    color: string,
    x: number,
    y: number,
    align: CanvasTextAlign,
  ): void {
    const { ctx } = plot;
    ctx.save();
    ctx.font = `600 ${12 * devicePixelRatio}px ${getComputedStyle(this).fontFamily}`;
    ctx.fillStyle = this.color(color);
    ctx.textAlign = align;
    ctx.textBaseline = "top";
    ctx.fillText(text, x, y);
    ctx.restore();
  }

  private tell(plot: uPlot, drawing: Drawing): void {
    const index = plot.cursor.idx;
    const at = index == null ? undefined : drawing.times[index];
    if (index == null || at === undefined || (plot.cursor.left ?? -1) < 0) {
      this.tip = "";
      return;
    }
    const values = drawing.lines
      .map((each) => ({ each, value: each.values[index] }))
      .filter(({ value }) => value != null)
      .map(({ each, value }) => {
        const shown = `${number(value ?? 0, drawing.digits ?? 1)} ${drawing.unit}`;
        return drawing.lines.length > 1 ? `${each.label} ${shown}` : shown;
      });
    this.tip = [drawing.numeric ? drawing.numeric(at) : moment(at * 1000), ...values].join(" · ");
  }

  private color(token: string): string {
    // A token may be light-dark(), which only the computed colour of an element resolves.
    this.place.style.color = `var(--${token})`;
    return getComputedStyle(this.place).color;
  }
}

/** Whether a label centred here would be whole. */
function inside(plot: uPlot, value: number): boolean {
  const half = 26;
  const left = plot.valToPos(value, "x") + plot.bbox.left / devicePixelRatio;
  return left > half && left < plot.width - half;
}

function most(values: number[]): number {
  return Math.max(...values.map(Math.abs));
}
