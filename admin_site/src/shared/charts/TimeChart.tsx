import { AxisBottom, AxisLeft } from "@visx/axis";
import { GridRows } from "@visx/grid";
import { Group } from "@visx/group";
import { scaleBand, scaleLinear } from "@visx/scale";
import { BarRounded } from "@visx/shape";
import {
  type MouseEvent,
  type PointerEvent,
  useEffect,
  useId,
  useMemo,
  useRef,
  useState,
} from "react";
import { useWidth } from "@/shared/hooks/width";
import { cn } from "@/shared/ui/cn";
import type { Wrap } from "@/shared/ui/links";
import { Lines } from "./Lines";

/** One bucket of time: an ISO time or day, and a value per series key; lines have gaps for none. */
export interface TimePoint {
  time: string;
  values: Record<string, number>;
}

export interface Series {
  key: string;
  label: string;
  /** A CSS colour; `seriesColour` gives the palette's. */
  colour: string;
}

const PALETTE = ["--chart-1", "--chart-2", "--chart-3", "--chart-4", "--chart-5"];
const OTHERS = "--chart-6";
const MODELS = [...PALETTE, "--chart-7", "--chart-8", "--chart-9"];
const LINES = 4;
const MARGIN = { top: 8, right: 4, bottom: 26, left: 58 };
const TICK = { fill: "var(--ink-faint)", fontSize: 11, fontFamily: "inherit" };

/** The n-th colour of the palette; whatever comes after the fifth is "others". */
export function seriesColour(index: number): string {
  return `var(${PALETTE[index] ?? OTHERS})`;
}

/** The place in the palette that each model has had since it was first shown. */
const places = new Map<string, number>();

/**
 * Colours of models, the same in every chart: a model keeps the one it was first shown in. Whoever
 * comes when the palette is out gets the colour of "others".
 */
export function modelColours(models: readonly string[]): (model: string) => string {
  for (const model of models) {
    if (!places.has(model)) places.set(model, places.size);
  }
  return (model) => `var(${MODELS[places.get(model) ?? MODELS.length] ?? OTHERS})`;
}

/**
 * Stacked bars over time, or lines beside each other, read by pointer, by keyboard (arrow keys) and, as a table, by screen
 * readers. The height is fixed, so that nothing moves when the data arrives.
 */
export function TimeChart({
  points,
  series,
  label,
  formatValue,
  formatAxis = formatValue,
  formatTick,
  formatTime,
  onPick,
  shape = "bars",
  height = 260,
  className,
}: {
  points: readonly TimePoint[];
  series: readonly Series[];
  label: string;
  formatValue: (value: number) => string;
  /** Short, for the value axis, where the full form would not fit. */
  formatAxis?: (value: number) => string;
  /** Short, for the axis. */
  formatTick: (time: string) => string;
  /** Long, for the tooltip and the table. */
  formatTime: (time: string) => string;
  /** A bar was clicked, or Enter pressed on it; by touch the second time, as the first reads it. */
  onPick?: (time: string) => void;
  /** Lines are for what is no part of a whole: they are not stacked, and have no sum. */
  shape?: "bars" | "lines";
  height?: number;
  className?: string;
}) {
  const [parentRef, width] = useWidth();
  const [active, setActive] = useState<number | null>(null);
  const hint = useId();
  const sums = useMemo(
    () => points.map((point) => series.reduce((sum, one) => sum + (point.values[one.key] ?? 0), 0)),
    [points, series],
  );
  const isLines = shape === "lines";
  const heights = isLines ? points.flatMap((point) => Object.values(point.values)) : sums;
  const inner = {
    width: Math.max(0, width - MARGIN.left - MARGIN.right),
    height: height - MARGIN.top - MARGIN.bottom,
  };
  const x = scaleBand<string>({
    domain: points.map((point) => point.time),
    range: [0, inner.width],
    paddingInner: 0.28,
    paddingOuter: 0.1,
  });
  const y = scaleLinear<number>({
    // of less than its four lines an axis of whole numbers would say each twice
    domain: [0, Math.max(LINES, ...heights)],
    range: [inner.height, 0],
    nice: LINES,
  });
  const step = x.step() || 1;
  const every = Math.max(1, Math.ceil(points.length / Math.max(2, Math.floor(inner.width / 64))));
  const touched = useRef<number | null>(null);
  // Of the press: not every browser tells it of the click.
  const pressedBy = useRef<string | null>(null);
  const times = points.map((point) => point.time).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: other bars have other places
  useEffect(() => {
    touched.current = null;
    setActive(null);
  }, [times]);
  const under = (event: MouseEvent<SVGRectElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const index = Math.floor((event.clientX - box.left) / step);
    return Math.min(points.length - 1, Math.max(0, index));
  };
  const move = (event: PointerEvent<SVGRectElement>) => setActive(under(event));
  const leave = (event: PointerEvent<SVGRectElement>) => {
    // A finger leaves before its click.
    if (event.pointerType !== "touch") touched.current = null;
    setActive(null);
  };
  const pick = (index: number | null) => {
    const point = index === null ? undefined : points[index];
    if (point) onPick?.(point.time);
  };
  const click = (event: MouseEvent<SVGRectElement>) => {
    const index = under(event);
    if (pressedBy.current === "touch" && touched.current !== index) {
      touched.current = index;
      setActive(index);
    } else pick(index);
  };
  const shown = active === null ? undefined : points[active];

  return (
    <div className={cn("relative", className)}>
      <div ref={parentRef} style={{ height }}>
        {width > 0 ? (
          <svg
            width={width}
            height={height}
            role="img"
            aria-label={label}
            aria-describedby={hint}
            // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys read the bars one by one
            tabIndex={0}
            className="block touch-pan-y rounded-lg"
            onKeyDown={(event) => {
              const delta = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
              if (event.key === "Escape") setActive(null);
              if (event.key === "Enter") pick(active);
              if (delta === undefined || points.length === 0) return;
              event.preventDefault();
              setActive((now) =>
                Math.min(
                  points.length - 1,
                  Math.max(0, (now ?? (delta > 0 ? -1 : points.length)) + delta),
                ),
              );
            }}
            onBlur={() => setActive(null)}
          >
            <Group left={MARGIN.left} top={MARGIN.top}>
              <GridRows
                scale={y}
                width={inner.width}
                numTicks={LINES}
                stroke="var(--line)"
                strokeDasharray="2 4"
              />
              {isLines ? (
                <Lines
                  points={points}
                  series={series}
                  x={(time) => (x(time) ?? 0) + x.bandwidth() / 2}
                  y={y}
                  height={inner.height}
                  active={active}
                />
              ) : (
                points.map((point, index) => (
                  <Bars
                    key={point.time}
                    point={point}
                    series={series}
                    x={x(point.time) ?? 0}
                    width={x.bandwidth()}
                    y={y}
                    isDimmed={active !== null && active !== index}
                  />
                ))
              )}
              <AxisLeft
                scale={y}
                numTicks={LINES}
                hideAxisLine
                hideTicks
                tickFormat={(value) => formatAxis(Number(value))}
                tickLabelProps={{ ...TICK, textAnchor: "end", dx: -6, dy: 3 }}
              />
              <AxisBottom
                scale={x}
                top={inner.height}
                hideTicks
                stroke="var(--line)"
                tickValues={points.filter((_, n) => n % every === 0).map((point) => point.time)}
                tickFormat={(time) => formatTick(String(time))}
                tickLabelProps={{ ...TICK, textAnchor: "middle", dy: 2 }}
              />
              {/* biome-ignore lint/a11y/noStaticElementInteractions: the keyboard has the whole chart */}
              <rect
                width={inner.width}
                height={inner.height}
                fill="transparent"
                className={cn(onPick && "cursor-pointer")}
                onClick={onPick ? click : undefined}
                onPointerDown={(event) => {
                  pressedBy.current = event.pointerType;
                }}
                onPointerMove={move}
                onPointerLeave={leave}
              />
            </Group>
          </svg>
        ) : null}
      </div>
      {shown && active !== null ? (
        <Tooltip
          title={formatTime(shown.time)}
          left={MARGIN.left + (x(shown.time) ?? 0) + x.bandwidth() / 2}
          width={width}
          rows={series
            .filter((one) => !isLines || one.key in shown.values)
            .map((one) => ({ ...one, value: shown.values[one.key] ?? 0 }))
            .filter((one) => isLines || one.value > 0 || series.length === 1)}
          total={series.length > 1 && !isLines ? (sums[active] ?? 0) : null}
          formatValue={formatValue}
        />
      ) : null}
      <DataAsTable
        id={hint}
        label={label}
        points={points}
        series={series}
        formatTime={formatTime}
        formatValue={(value) => (value === undefined && isLines ? "—" : formatValue(value ?? 0))}
      />
    </div>
  );
}

function Bars({
  point,
  series,
  x,
  width,
  y,
  isDimmed,
}: {
  point: TimePoint;
  series: readonly Series[];
  x: number;
  width: number;
  y: (value: number) => number;
  isDimmed: boolean;
}) {
  let below = 0;
  const present = series.filter((one) => (point.values[one.key] ?? 0) > 0);
  return (
    <g opacity={isDimmed ? 0.4 : 1} className="transition-opacity duration-100">
      {present.map((one, index) => {
        const from = below;
        below += point.values[one.key] ?? 0;
        const top = y(below);
        return (
          <BarRounded
            key={one.key}
            x={x}
            y={top}
            width={width}
            height={Math.max(0.5, y(from) - top)}
            radius={Math.min(4, width / 2)}
            top={index === present.length - 1}
            fill={one.colour}
          />
        );
      })}
    </g>
  );
}

function Tooltip({
  title,
  left,
  width,
  rows,
  total,
  formatValue,
}: {
  title: string;
  left: number;
  width: number;
  rows: readonly (Series & { value: number })[];
  total: number | null;
  formatValue: (value: number) => string;
}) {
  const isRight = left > width * 0.6;
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute top-2 z-10 min-w-40 rounded-xl border border-line bg-raised px-3 py-2 text-xs shadow-float"
      style={isRight ? { right: width - left + 14 } : { left: left + 14 }}
    >
      <p className="mb-1.5 font-medium text-ink">{title}</p>
      {rows.map((row) => (
        <p key={row.key} className="flex items-center gap-2 py-px text-ink-soft">
          <span className="size-2 rounded-[3px]" style={{ background: row.colour }} />
          <span className="flex-1 truncate pr-4">{row.label}</span>
          <span className="tabular font-medium text-ink">{formatValue(row.value)}</span>
        </p>
      ))}
      {total === null ? null : (
        <p className="mt-1.5 flex border-line border-t pt-1.5 text-ink">
          <span className="flex-1 pr-4">Σ</span>
          <span className="tabular font-semibold">{formatValue(total)}</span>
        </p>
      )}
    </div>
  );
}

function DataAsTable({
  id,
  label,
  points,
  series,
  formatTime,
  formatValue,
}: {
  id: string;
  label: string;
  points: readonly TimePoint[];
  series: readonly Series[];
  formatTime: (time: string) => string;
  formatValue: (value: number | undefined) => string;
}) {
  return (
    <div id={id} className="sr-only">
      <table>
        <caption>{label}</caption>
        <thead>
          <tr>
            <td />
            {series.map((one) => (
              <th key={one.key} scope="col">
                {one.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {points.map((point) => (
            <tr key={point.time}>
              <th scope="row">{formatTime(point.time)}</th>
              {series.map((one) => (
                <td key={one.key}>{formatValue(point.values[one.key])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What the colours mean. */
export function Legend({
  series,
  wrap = (_, label) => label,
}: {
  series: readonly Series[];
  /** A link to what is behind a colour. */
  wrap?: Wrap;
}) {
  return (
    <ul className="flex flex-wrap gap-x-4 gap-y-1.5 text-ink-soft text-xs">
      {series.map((one) => (
        <li key={one.key} className="flex items-center gap-1.5">
          <span className="size-2.5 rounded-[3px]" style={{ background: one.colour }} aria-hidden />
          {wrap(one.key, one.label)}
        </li>
      ))}
    </ul>
  );
}
